import { RecencyMap } from "../../protocols/recency-map.ts";
import type { Clock } from "../time/clock.ts";

export interface RateLimit {
  readonly count: number;
  /** Milliseconds. */
  readonly interval: number;
}

/** Addresses remembered at once, for each listener. */
export const mostAddresses = 65_536;

/** Times remembered at once over all addresses, for each listener: 8 MB. */
export const mostTimes = 1_048_576;

/** How often each address has been admitted lately. */
export interface ConnectionRates {
  readonly limit: RateLimit;
  /** Whether `count` connections of this address were admitted within the last `interval`. */
  exhausted(key: string): boolean;
  /** How many connections of this address were admitted within the last `interval`; at most `count` are known. */
  recent(key: string): number;
  /** Records that a connection of this address is admitted now. @returns false, and records nothing, where it is exhausted */
  note(key: string): boolean;
  /** For another process. */
  pack(): PackedRates;
  unpack(packed: PackedRates): void;
}

/**
 * An exact sliding window for each address: no `interval`, wherever it begins, sees more than `count` connections
 * admitted. Refused ones do not count.
 *
 * An address costs as many times as it has connected, at most `count`, in a ring; checking and recording take constant
 * time. There is no timer: each record drops up to two addresses that have been quiet for an interval. Beyond
 * `mostAddresses` or `mostTimes` the address that was admitted least recently is forgotten, and has its whole allowance
 * again.
 */
export class LocalConnectionRates implements ConnectionRates {
  readonly limit: RateLimit;
  readonly #clock: Clock;
  readonly #addresses = new RecencyMap<RecentTimes>();
  #times = 0;

  constructor(limit: RateLimit, clock: Clock) {
    this.limit = limit;
    this.#clock = clock;
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Times remembered. */
  get times(): number {
    return this.#times;
  }

  exhausted(key: string): boolean {
    const oldest = this.#addresses.get(key)?.oldestOf(this.limit.count);
    return oldest !== undefined && this.#clock.now() - oldest < this.limit.interval;
  }

  recent(key: string): number {
    return this.#addresses.get(key)?.since(this.#clock.now() - this.limit.interval) ?? 0;
  }

  note(key: string): boolean {
    const now = this.#clock.now();
    this.#dropQuiet(now);
    const times = this.#addresses.get(key) ?? new RecentTimes();
    const before = times.length;
    if (times.newest <= now - this.limit.interval) times.clear();
    times.add(now, this.limit.count);
    this.#times += times.length - before;
    this.#addresses.set(key, times);
    while (this.#addresses.size > mostAddresses || (this.#times > mostTimes && this.#addresses.size > 1))
      this.#dropOldest();
    return true;
  }

  /** For another process, whose clock is another. */
  pack(): PackedRates {
    const now = this.#clock.now();
    return [...this.#addresses.entries()].map(([key, times]) => [key, times.ascending().map((time) => now - time)]);
  }

  /** Beside what is known here. */
  unpack(packed: PackedRates): void {
    const now = this.#clock.now();
    for (const [key, ages] of packed) {
      const times = this.#addresses.get(key) ?? new RecentTimes();
      const before = times.length;
      for (const age of ages) if (age < this.limit.interval) times.add(now - age, this.limit.count);
      this.#times += times.length - before;
      if (times.length > 0) this.#addresses.set(key, times);
    }
    while (this.#addresses.size > mostAddresses || (this.#times > mostTimes && this.#addresses.size > 1))
      this.#dropOldest();
  }

  #dropQuiet(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const { oldest } = this.#addresses;
      if (!oldest || now - oldest.newest < this.limit.interval) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    this.#times -= this.#addresses.oldest?.length ?? 0;
    this.#addresses.deleteOldest();
  }
}

/** By address, the oldest first: how long ago its connections were admitted, in milliseconds, the first one first. */
export type PackedRates = readonly (readonly [key: string, ages: readonly number[]])[];

/** A ring that grows only as far as it is used. */
class RecentTimes {
  newest = Number.NEGATIVE_INFINITY;
  #times: number[] = [];
  /** Where the oldest time is, once the ring is full. */
  #oldest = 0;

  get length(): number {
    return this.#times.length;
  }

  /** The oldest of the last `count` times; undefined while there are fewer. */
  oldestOf(count: number): number | undefined {
    return this.#times.length < count ? undefined : this.#times[this.#oldest];
  }

  /** How many came after this moment. */
  since(moment: number): number {
    return this.#times.filter((time) => time > moment).length;
  }

  add(now: number, count: number): void {
    this.newest = now;
    if (this.#times.length < count) {
      this.#times.push(now);
      return;
    }
    this.#times[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % count;
  }

  ascending(): number[] {
    return [...this.#times.slice(this.#oldest), ...this.#times.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#times = [];
    this.#oldest = 0;
  }
}
