import { SharedTable, type TableMemory, tableMemory } from "../shared/shared-table.ts";
import type { Clock } from "../time/clock.ts";
import {
  type ConnectionRates,
  mostAddresses,
  mostTimes,
  type PackedRates,
  type RateLimit,
} from "./connection-rates.ts";

/** Of a row: how many times it holds, and where the oldest is; then the times, in a ring. */
const LENGTH = 0;
const OLDEST = 1;
const TIMES = 2;

export function ratesMemory({ count }: RateLimit): TableMemory {
  const rows = Math.max(1, Math.min(mostAddresses, Math.floor(mostTimes / count)));
  return tableMemory({ rows, width: TIMES + count });
}

/**
 * An exact sliding window for each address over all threads, as of one. Where every row is in use, of some addresses the
 * one that was admitted least recently is forgotten.
 */
export class SharedRates implements ConnectionRates {
  readonly limit: RateLimit;
  readonly #table: SharedTable;
  readonly #clock: Clock;

  /** @param options.clock the same in all threads */
  constructor(
    limit: RateLimit,
    options: { readonly memory: TableMemory; readonly thread: number; readonly clock: Clock },
  ) {
    this.limit = limit;
    this.#table = new SharedTable(options.memory, options.thread);
    this.#clock = options.clock;
  }

  exhausted(key: string): boolean {
    return this.#table.alone(() => this.#isExhausted(this.#table.find(key)));
  }

  recent(key: string): number {
    const since = this.#clock.now() - this.limit.interval;
    return this.#table.alone(() => {
      const row = this.#table.find(key);
      if (!row) return 0;
      return row.subarray(TIMES, TIMES + (row[LENGTH] ?? 0)).filter((time) => time > since).length;
    });
  }

  note(key: string): boolean {
    const now = this.#clock.now();
    const { count } = this.limit;
    return this.#table.alone(() => {
      if (this.#isExhausted(this.#table.find(key))) return false;
      const row = this.#table.make(key, now);
      const [length = 0, oldest = 0] = row;
      row[TIMES + ((oldest + length) % count)] = now;
      if (length < count) row[LENGTH] = length + 1;
      else row[OLDEST] = (oldest + 1) % count;
      return true;
    });
  }

  pack(): PackedRates {
    const now = this.#clock.now();
    const packed: [string, number[]][] = [];
    const pack = (row: Float64Array, key: string): void => {
      packed.push([key, ascending(row).map((time) => now - time)]);
    };
    this.#table.alone(() => this.#table.forEach(pack));
    return packed;
  }

  unpack(packed: PackedRates): void {
    const now = this.#clock.now();
    const { count, interval } = this.limit;
    for (const [key, ages] of packed) {
      const times = ages.filter((age) => age < interval).map((age) => now - age);
      this.#table.alone(() => {
        // A predecessor's came before all that came here.
        const all = [...times, ...ascending(this.#table.find(key))].slice(-count);
        if (all.length === 0) return;
        const row = this.#table.make(key, now);
        row[LENGTH] = all.length;
        row[OLDEST] = 0;
        row.set(all, TIMES);
      });
    }
  }

  #isExhausted(row: Float64Array | null): boolean {
    const [length = 0, oldest = 0] = row ?? [];
    if (!row || length < this.limit.count) return false;
    return this.#clock.now() - (row[TIMES + oldest] ?? 0) < this.limit.interval;
  }
}

/** The times of a row, the first one first. */
function ascending(row: Float64Array | null): number[] {
  const [length = 0, oldest = 0] = row ?? [];
  const times = Array.from(row?.subarray(TIMES, TIMES + length) ?? []);
  return [...times.slice(oldest), ...times.slice(0, oldest)];
}
