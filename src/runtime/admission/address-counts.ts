import type { Counter } from "./slots.ts";

/** The number of admitted connections by address. */
export interface AddressCounts {
  /** Addresses with at least one connection. */
  readonly size: number;
  of(key: string): number;
  /** The counter of one address. @param cap at which nothing more is taken; null for none */
  counter(key: string, cap: number | null): Counter;
}

/**
 * Those of one event loop. An address without any takes no memory, so there are never more keys
 * than connections.
 */
export class LocalAddressCounts implements AddressCounts {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  counter(key: string, cap: number | null): Counter {
    return {
      tryTake: () => {
        const before = this.of(key);
        if (cap !== null && before >= cap) return false;
        this.#counts.set(key, before + 1);
        return true;
      },
      giveBack: () => {
        const left = this.of(key) - 1;
        if (left > 0) this.#counts.set(key, left);
        else this.#counts.delete(key);
      },
      settle: () => {},
    };
  }
}
