import { mostThreads } from "../shared/shared-counters.ts";
import { SharedTable, type TableMemory, tableMemory } from "../shared/shared-table.ts";
import type { AddressCounts } from "./address-counts.ts";
import type { Counter } from "./slots.ts";

/** Of a row: the sum, then the part of each thread. */
const SUM = 0;
const PARTS = 1;

/** Addresses with connections at once, for each listener. Memory that was never written to takes no room. */
const mostAddresses = 65_536;

export function addressCountsMemory(): TableMemory {
  return tableMemory({ rows: mostAddresses, width: PARTS + mostThreads });
}

/**
 * The connections of each address over all threads; each knows its own part, so that a dead thread's is given back. Where
 * no row is left, an address that has none yet gets none.
 */
export class SharedAddressCounts implements AddressCounts {
  readonly #table: SharedTable;
  readonly #thread: number;

  constructor(memory: TableMemory, thread: number) {
    this.#table = new SharedTable(memory, thread);
    this.#thread = thread;
  }

  get size(): number {
    return this.#table.size;
  }

  of(key: string): number {
    return this.#table.alone(() => this.#table.find(key)?.[SUM] ?? 0);
  }

  counter(key: string, cap: number | null): Counter {
    const part = PARTS + this.#thread;
    const table = this.#table;
    return {
      tryTake: () =>
        table.alone(() => {
          const before = table.find(key)?.[SUM] ?? 0;
          if (cap !== null && before >= cap) return false;
          const row = table.makeUnlessFull(key);
          if (!row) return false;
          row[part] = (row[part] ?? 0) + 1;
          row[SUM] = sumOf(row);
          return true;
        }),
      giveBack: () =>
        table.alone(() => {
          const row = table.find(key);
          if (!row) return;
          row[part] = Math.max(0, (row[part] ?? 0) - 1);
          row[SUM] = sumOf(row);
          if (row[SUM] === 0) table.remove(key);
        }),
      settle: () => {},
    };
  }

  /** Gives back all that a thread had taken, which has ended. */
  giveBackAllOf(thread: number): void {
    const table = this.#table;
    table.releaseOf(thread);
    table.alone(() => {
      const empty: string[] = [];
      table.forEach((row, key) => {
        row[PARTS + thread] = 0;
        row[SUM] = sumOf(row);
        if (row[SUM] === 0) empty.push(key);
      });
      for (const key of empty) table.remove(key);
    });
  }
}

/** The parts alone are true: a thread may have ended between a part and the sum. */
function sumOf(row: Float64Array): number {
  let sum = 0;
  for (let index = PARTS; index < row.length; index++) sum += row[index] ?? 0;
  return sum;
}
