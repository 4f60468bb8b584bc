/** Counts the admitted connections, and hands out their permits. */

/** Something that slots are taken from. */
export interface Counter {
  take(): void;
  giveBack(): void;
  /** Every counter of a permit has been taken from, or given back to: observers may now be notified. */
  settle(): void;
}

/** The right to one slot in each of its counters. */
export interface Permit {
  /** Takes one more slot, which is given back with the others. Does nothing after `release()`. */
  add(counter: Counter): void;
  /** Gives the slot back. Only the first call counts. */
  release(): void;
}

/** Notified when a counter reaches its cap, and when it has a free slot again. */
export interface SlotObserver {
  /** The last slot was taken. */
  full(): void;
  /** A slot is free again. */
  free(): void;
}

/**
 * A counter with a cap. Accepts run one after another on one event loop, so checking and taking cannot be interleaved.
 * The interface leaves room for counters that several event loops share.
 */
export class SlotCounter implements Counter {
  #taken = 0;
  #reportedFull = false;
  /** In the order in which they are notified. */
  readonly #observers = new Set<SlotObserver>();
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** No connection is closed for it; the new cap applies to the next one. */
  set limit(limit: number) {
    this.#limit = limit;
    this.settle();
  }

  get taken(): number {
    return this.#taken;
  }

  get full(): boolean {
    return this.#taken >= this.#limit;
  }

  take(): void {
    this.#taken += 1;
  }

  giveBack(): void {
    this.#taken -= 1;
  }

  /** @returns a function that ends the observation. */
  observe(observer: SlotObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Notifies the observers when the counter has become full, or has ceased to be, since the last notification. */
  settle(): void {
    if (this.full === this.#reportedFull) return;
    this.#reportedFull = this.full;
    if (this.full) for (const observer of this.#observers) observer.full();
    else this.#notifyFree();
  }

  /** The observer notified first comes last the next time, since the first one may take a single free slot. */
  #notifyFree(): void {
    const [first] = this.#observers;
    for (const observer of [...this.#observers]) observer.free();
    if (first && this.#observers.delete(first)) this.#observers.add(first);
  }
}

class SlotPermit implements Permit {
  #counters: readonly Counter[] | null;

  constructor(counters: readonly Counter[]) {
    this.#counters = counters;
    for (let index = 0; index < counters.length; index++) counters[index]?.take();
    for (let index = 0; index < counters.length; index++) counters[index]?.settle();
  }

  add(counter: Counter): void {
    if (!this.#counters) return;
    this.#counters = [...this.#counters, counter];
    counter.take();
    counter.settle();
  }

  release(): void {
    const counters = this.#counters;
    if (!counters) return;
    this.#counters = null;
    for (let index = 0; index < counters.length; index++) counters[index]?.giveBack();
    for (let index = 0; index < counters.length; index++) counters[index]?.settle();
  }
}

/** Takes a slot in each counter. Check their caps first: this function does not. */
export function takeSlots(counters: readonly Counter[]): Permit {
  return new SlotPermit(counters);
}
