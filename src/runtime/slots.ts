/** Counts the connections inside, and hands out the permits to be one of them. */

/** The right to one slot in every counter it was taken from. */
export interface Permit {
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
export class SlotCounter {
  #taken = 0;
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
    const wasFull = this.full;
    this.#limit = limit;
    if (wasFull === this.full) return;
    if (wasFull) this.tellFree();
    else this.tellFull();
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

  tellFull(): void {
    for (const observer of this.#observers) observer.full();
  }

  /** Whoever is told first comes last the next time: the first to accept again has the better of a single free slot. */
  tellFree(): void {
    const [first] = this.#observers;
    for (const observer of [...this.#observers]) observer.free();
    if (first && this.#observers.delete(first)) this.#observers.add(first);
  }
}

class SlotPermit implements Permit {
  #counters: readonly SlotCounter[] | null;

  constructor(counters: readonly SlotCounter[]) {
    this.#counters = counters;
    for (const counter of counters) counter.take();
    for (const counter of counters) if (counter.full) counter.tellFull();
  }

  release(): void {
    const counters = this.#counters;
    if (!counters) return;
    this.#counters = null;
    const freed = counters.filter((counter) => counter.taken === counter.limit);
    for (const counter of counters) counter.giveBack();
    for (const counter of freed) counter.tellFree();
  }
}

/** Takes a slot in each counter. Ask their caps first: this does not. */
export function takeSlots(counters: readonly SlotCounter[]): Permit {
  return new SlotPermit(counters);
}
