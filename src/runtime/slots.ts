/** Counts the connections inside, and hands out the permits to be one of them. */

/** Something that slots are taken from. */
export interface Counter {
  take(): void;
  giveBack(): void;
}

/** The right to one slot in every counter it was taken from. */
export interface Permit {
  /** Takes one slot more, which is given back with the others. Nothing is taken after `release()`. */
  add(counter: Counter): void;
  /** Gives the slot back. Only the first call counts. */
  release(): void;
}

/**
 * A counter with a cap. Accepts run one after another on one event loop, so looking and taking cannot be interleaved.
 * The interface leaves room for counters that several event loops share.
 */
export class SlotCounter implements Counter {
  #taken = 0;
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  get full(): boolean {
    return this.#taken >= this.limit;
  }

  take(): void {
    this.#taken += 1;
  }

  giveBack(): void {
    this.#taken -= 1;
  }
}

class SlotPermit implements Permit {
  #counters: Counter[] | null;

  constructor(counters: Counter[]) {
    this.#counters = counters;
    for (const counter of counters) counter.take();
  }

  add(counter: Counter): void {
    if (!this.#counters) return;
    this.#counters.push(counter);
    counter.take();
  }

  release(): void {
    const counters = this.#counters;
    if (!counters) return;
    this.#counters = null;
    for (const counter of counters) counter.giveBack();
  }
}

/** Takes a slot in each counter. Ask their caps first: this does not. */
export function takeSlots(counters: readonly Counter[]): Permit {
  return new SlotPermit([...counters]);
}
