import type { Counter } from "./slots.ts";

/**
 * The number of admitted connections by address. An address without any takes no memory, so there are never more keys
 * than connections.
 */
export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** Addresses with at least one connection. */
  get size(): number {
    return this.#counts.size;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** The counter of one address. */
  counter(key: string): Counter {
    return {
      take: () => void this.#counts.set(key, this.of(key) + 1),
      giveBack: () => {
        const left = this.of(key) - 1;
        if (left > 0) this.#counts.set(key, left);
        else this.#counts.delete(key);
      },
      settle: () => {},
    };
  }
}
