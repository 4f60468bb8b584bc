/** Counts the connections inside, and hands out the permits to be one of them. */

/** Something that slots are taken from. */
export interface Counter {
  take(): void;
  giveBack(): void;
  /** All counters of a permit have been taken from, or given back to: whoever waits for that may be told. */
  settle(): void;
}

/** The right to one slot in every counter it was taken from. */
export interface Permit {
  /** Takes one slot more, which is given back with the others. Nothing is taken after `release()`. */
  add(counter: Counter): void;
  /** Gives the slot back. Only the first call counts. */
  release(): void;
}

/** Is told when the cap of a counter is reached, and when it is no longer. */
export interface SlotObserver {
  /** The last slot was taken. */
  full(): void;
  /** A slot is free again. */
  free(): void;
}

/**
 * A counter with a cap. Accepts run one after another on one event loop, so looking and taking cannot be interleaved.
 * The interface leaves room for counters that several event loops share.
 */
export class SlotCounter implements Counter {
  #taken = 0;
  #toldFull = false;
  /** In the order in which they are told. */
  readonly #observers = new Set<SlotObserver>();
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Nobody who is inside has to go; the new cap holds for the next one. */
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

  /** @returns what ends the observation. */
  observe(observer: SlotObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Tells the observers when the cap has been reached since they were last told, or is no longer. */
  settle(): void {
    if (this.full === this.#toldFull) return;
    this.#toldFull = this.full;
    if (this.full) for (const observer of this.#observers) observer.full();
    else this.#tellFree();
  }

  /** Whoever is told first comes last the next time: the first to accept again has the better of a single free slot. */
  #tellFree(): void {
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

/** Takes a slot in each counter. Ask their caps first: this does not. */
export function takeSlots(counters: readonly Counter[]): Permit {
  return new SlotPermit(counters);
}
