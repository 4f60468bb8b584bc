/** Counts the connections inside, and hands out the permits to be one of them. */

/** The right to one slot in every counter it was taken from. */
export interface Permit {
  /** Gives the slot back. Only the first call counts. */
  release(): void;
}

/**
 * A counter with a cap. Accepts run one after another on one event loop, so looking and taking cannot be interleaved.
 * The interface leaves room for counters that several event loops share.
 */
export class SlotCounter {
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
  #counters: readonly SlotCounter[] | null;

  constructor(counters: readonly SlotCounter[]) {
    this.#counters = counters;
    for (const counter of counters) counter.take();
  }

  release(): void {
    const counters = this.#counters;
    if (!counters) return;
    this.#counters = null;
    for (const counter of counters) counter.giveBack();
  }
}

/** Takes a slot in each counter. Ask their caps first: this does not. */
export function takeSlots(counters: readonly SlotCounter[]): Permit {
  return new SlotPermit(counters);
}
