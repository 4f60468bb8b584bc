import { addressKey } from "./address-key.ts";
import { RecencyMap } from "./recency-map.ts";

/** Addresses remembered at once. */
const mostAddresses = 65_536;

/** How long failed log-ins of one address hold up the next. Times are milliseconds. */
export interface LoginDelays {
  /** After the first failure; doubled by each further one. Default: 1000. */
  readonly first: number;
  /** No delay is longer. Default: 16000. */
  readonly longest: number;
  /** Without a failure for so long, an address begins again. Default: 900000. */
  readonly forgetAfter: number;
}

export const defaultLoginDelays: LoginDelays = Object.freeze({ first: 1000, longest: 16_000, forgetAfter: 900_000 });

export interface Failures {
  count: number;
  /** When the last failure was. */
  last: number;
  /** When the next log-in may be looked at. */
  until: number;
}

/** By address, the oldest first: the count, how long ago the last failure was, how long the next log-in has to wait. */
export type PackedFailures = readonly (readonly [key: string, count: number, ago: number, remaining: number])[];

/** Where failures are remembered: in this thread, or in what all threads share. */
export interface FailureMemory {
  /** Addresses remembered. */
  readonly size: number;
  find(key: string): Readonly<Failures> | null;
  /** Those remembered, the oldest first where there is an order. */
  entries(): Iterable<readonly [string, Readonly<Failures>]>;
  /** Changes what is remembered of an address, with nobody in between. @param change gets null where it is nothing */
  change(key: string, now: number, change: (failures: Readonly<Failures> | null) => Failures): void;
  /** Others who remember failures hear of another one. Absent where there are none. */
  tell?(key: string): void;
}

/**
 * The failed log-ins of each client address, over all connections that share this object, so that reconnecting does not
 * shorten the delay: 1, 2, 4, 8 and then 16 seconds. An address is counted as admission counts it: IPv4 by itself, IPv6
 * by its /64. There is no timer, and beyond 65,536 addresses the one whose last failure is the oldest is forgotten.
 */
export class LoginFailures {
  readonly #delays: LoginDelays;
  readonly #isExempt: (address: string) => boolean;
  readonly #memory: FailureMemory;

  /** @param isExempt whose failures hold nothing up; nobody's unless given. */
  constructor(
    delays: Partial<LoginDelays> = {},
    isExempt: (address: string) => boolean = () => false,
    memory: FailureMemory | null = null,
  ) {
    this.#delays = { ...defaultLoginDelays, ...delays };
    this.#isExempt = isExempt;
    this.#memory = memory ?? new LocalFailures(this.#delays.forgetAfter);
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#memory.size;
  }

  /** How long a log-in from this address has to wait before it is looked at; 0 for not at all. */
  remaining(address: string, now: number): number {
    const failures = this.#memory.find(addressKey(address));
    if (!failures || this.#isExempt(address)) return 0;
    return Math.max(0, failures.until - now);
  }

  /** A log-in from this address has failed. @returns how long its answer is to be held back. */
  failed(address: string, now: number): number {
    if (this.#isExempt(address)) return 0;
    const { first, longest, forgetAfter } = this.#delays;
    let delay = 0;
    const key = addressKey(address);
    this.#memory.change(key, now, (before) => {
      const known = before && now - before.last < forgetAfter ? before.count : 0;
      delay = Math.min(first * 2 ** known, longest);
      return { count: known + 1, last: now, until: Math.max(before?.until ?? now, now + delay) };
    });
    this.#memory.tell?.(key);
    return delay;
  }

  /** For another process, whose clock is another: times as milliseconds from now. */
  pack(now: number): PackedFailures {
    return [...this.#memory.entries()].map(([key, { count, last, until }]) => [key, count, now - last, until - now]);
  }

  /** Beside what is known here. */
  unpack(packed: PackedFailures, now: number): void {
    for (const [key, count, ago, remaining] of packed)
      if (ago < this.#delays.forgetAfter)
        this.#memory.change(key, now, () => ({ count, last: now - ago, until: now + remaining }));
  }
}

/** Those of one event loop. */
export class LocalFailures implements FailureMemory {
  readonly #forgetAfter: number;
  readonly #addresses = new RecencyMap<Failures>();

  constructor(forgetAfter: number) {
    this.#forgetAfter = forgetAfter;
  }

  get size(): number {
    return this.#addresses.size;
  }

  find(key: string): Readonly<Failures> | null {
    return this.#addresses.get(key) ?? null;
  }

  change(key: string, now: number, change: (failures: Readonly<Failures> | null) => Failures): void {
    this.#dropQuiet(now);
    this.#addresses.set(key, change(this.find(key)));
    if (this.#addresses.size > mostAddresses) this.#addresses.deleteOldest();
  }

  entries(): Iterable<readonly [string, Readonly<Failures>]> {
    return this.#addresses.entries();
  }

  #dropQuiet(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const { oldest } = this.#addresses;
      if (!oldest || now - oldest.last < this.#forgetAfter) return;
      this.#addresses.deleteOldest();
    }
  }
}
