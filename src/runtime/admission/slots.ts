/** Counts the admitted connections, and hands out their permits. */

/** Something that slots are taken from. */
export interface Counter {
  /** @returns false where there is none left: several threads may take from it at once. */
  tryTake(): boolean;
  giveBack(): void;
  /** Every counter of a permit has been taken from, or given back to: observers may now be notified. */
  settle(): void;
}

/** The right to one slot in each of its counters. */
export interface Permit {
  /** Takes one more slot, which is given back with the others. @returns false where it had none, or after `release()`. */
  add(counter: Counter): boolean;
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

/** A counter with a cap, that may be changed, and observers. */
export interface SlotCounter extends Counter {
  /** No connection is closed for a lower one; it applies to the next. */
  limit: number;
  readonly taken: number;
  /** How many are taken, or set aside, wherever the cap holds: by other nodes of a fleet, too, as last heard. */
  readonly everywhere: number;
  readonly full: boolean;
  /** Where none is left here: asks elsewhere. @returns whether a client should wait for the answer */
  ask(): boolean;
  /** @returns a function that ends the observation. */
  observe(observer: SlotObserver): () => void;
}

/** Keeps account of the observers of a counter, and of what they were notified of last. */
export class SlotObservers {
  #reportedFull = false;
  /** In the order in which they are notified. */
  readonly #observers = new Set<SlotObserver>();

  get reportedFull(): boolean {
    return this.#reportedFull;
  }

  get size(): number {
    return this.#observers.size;
  }

  /** @returns a function that ends the observation. */
  add(observer: SlotObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Notifies them when the counter has become full, or has ceased to be, since the last notification. */
  settle(full: boolean): void {
    if (full === this.#reportedFull) return;
    this.#reportedFull = full;
    if (full) for (const observer of this.#observers) observer.full();
    else this.#notifyFree();
  }

  /** The observer notified first comes last the next time, since the first one may take a single free slot. */
  #notifyFree(): void {
    const [first] = this.#observers;
    for (const observer of [...this.#observers]) observer.free();
    if (first && this.#observers.delete(first)) this.#observers.add(first);
  }
}

/**
 * The slots of a process with one event loop. Accepts run one after another there, so checking and taking cannot be
 * interleaved.
 */
export class LocalSlots implements SlotCounter {
  #taken = 0;
  #limit: number;
  readonly #observers = new SlotObservers();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.settle();
  }

  get taken(): number {
    return this.#taken;
  }

  get everywhere(): number {
    return this.#taken;
  }

  get full(): boolean {
    return this.#taken >= this.#limit;
  }

  ask(): boolean {
    return false;
  }

  tryTake(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  giveBack(): void {
    this.#taken -= 1;
  }

  observe(observer: SlotObserver): () => void {
    return this.#observers.add(observer);
  }

  settle(): void {
    this.#observers.settle(this.full);
  }
}

class SlotPermit implements Permit {
  #counters: readonly Counter[] | null;

  constructor(counters: readonly Counter[]) {
    this.#counters = counters;
    for (let index = 0; index < counters.length; index++) counters[index]?.settle();
  }

  add(counter: Counter): boolean {
    if (!this.#counters || !counter.tryTake()) return false;
    this.#counters = [...this.#counters, counter];
    counter.settle();
    return true;
  }

  release(): void {
    const counters = this.#counters;
    if (!counters) return;
    this.#counters = null;
    for (let index = 0; index < counters.length; index++) counters[index]?.giveBack();
    for (let index = 0; index < counters.length; index++) counters[index]?.settle();
  }
}

/**
 * Takes a slot in each counter, or in none.
 * @returns the first counter that has none left, where there is one
 */
export function takeSlots<Taken extends Counter>(counters: readonly Taken[]): Permit | Taken {
  for (let index = 0; index < counters.length; index++) {
    const counter = counters[index];
    if (!counter || counter.tryTake()) continue;
    for (let taken = 0; taken < index; taken++) counters[taken]?.giveBack();
    for (let told = 0; told <= index; told++) counters[told]?.settle();
    return counter;
  }
  return new SlotPermit(counters);
}

/** A permit without a slot. */
export function noSlots(): Permit {
  return new SlotPermit([]);
}

export function isPermit(taken: Permit | Counter): taken is Permit {
  return taken instanceof SlotPermit;
}
