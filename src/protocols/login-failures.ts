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

interface Failures {
  count: number;
  /** When the last failure was. */
  last: number;
  /** When the next log-in may be looked at. */
  until: number;
}

/** By address, the oldest first: the count, how long ago the last failure was, how long the next log-in has to wait. */
export type PackedFailures = readonly (readonly [key: string, count: number, ago: number, remaining: number])[];

/**
 * The failed log-ins of each client address, over all connections that share this object, so that reconnecting does not
 * shorten the delay: 1, 2, 4, 8 and then 16 seconds. An address is counted as admission counts it: IPv4 by itself, IPv6
 * by its /64. There is no timer, and beyond 65,536 addresses the one whose last failure is the oldest is forgotten.
 */
export class LoginFailures {
  readonly #delays: LoginDelays;
  readonly #isExempt: (address: string) => boolean;
  readonly #addresses = new RecencyMap<Failures>();

  /** @param isExempt whose failures hold nothing up; nobody's unless given. */
  constructor(delays: Partial<LoginDelays> = {}, isExempt: (address: string) => boolean = () => false) {
    this.#delays = { ...defaultLoginDelays, ...delays };
    this.#isExempt = isExempt;
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#addresses.size;
  }

  /** How long a log-in from this address has to wait before it is looked at; 0 for not at all. */
  remaining(address: string, now: number): number {
    const failures = this.#addresses.get(addressKey(address));
    if (!failures || this.#isExempt(address)) return 0;
    return Math.max(0, failures.until - now);
  }

  /** A log-in from this address has failed. @returns how long its answer is to be held back. */
  failed(address: string, now: number): number {
    if (this.#isExempt(address)) return 0;
    this.#dropQuiet(now);
    const key = addressKey(address);
    const failures = this.#addresses.get(key) ?? { count: 0, last: now, until: now };
    if (now - failures.last >= this.#delays.forgetAfter) failures.count = 0;
    const delay = Math.min(this.#delays.first * 2 ** failures.count, this.#delays.longest);
    failures.count++;
    failures.last = now;
    failures.until = Math.max(failures.until, now + delay);
    this.#addresses.set(key, failures);
    if (this.#addresses.size > mostAddresses) this.#addresses.deleteOldest();
    return delay;
  }

  /** For another process, whose clock is another: times as milliseconds from now. */
  pack(now: number): PackedFailures {
    return [...this.#addresses.entries()].map(([key, { count, last, until }]) => [key, count, now - last, until - now]);
  }

  /** Beside what is known here. */
  unpack(packed: PackedFailures, now: number): void {
    for (const [key, count, ago, remaining] of packed) {
      if (ago < this.#delays.forgetAfter) this.#addresses.set(key, { count, last: now - ago, until: now + remaining });
      if (this.#addresses.size > mostAddresses) this.#addresses.deleteOldest();
    }
  }

  #dropQuiet(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const { oldest } = this.#addresses;
      if (!oldest || now - oldest.last < this.#delays.forgetAfter) return;
      this.#addresses.deleteOldest();
    }
  }
}
