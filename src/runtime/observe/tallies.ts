/** Counts by labels, and durations in buckets: plain numbers, so that counting needs no metrics library. */
import type { EndCause } from "../../machines/causes.ts";

export type Labels = Readonly<Record<string, string>>;

/** How often something has happened, by labels. */
export class Tally {
  readonly #counts = new Map<string, { readonly labels: Labels; count: number }>();

  inc(labels: Labels): void {
    const key = JSON.stringify(Object.values(labels));
    const found = this.#counts.get(key);
    if (found) found.count += 1;
    else this.#counts.set(key, { labels, count: 1 });
  }

  [Symbol.iterator](): Iterator<{ readonly labels: Labels; readonly count: number }> {
    return this.#counts.values();
  }
}

interface Distribution {
  /** For each bound the durations up to it that no smaller bound has. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How long something took, in seconds, by listener. */
export class DurationTally {
  readonly bounds: readonly number[];
  readonly #byListener = new Map<string, Distribution>();

  /** @param bounds rising */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  observe(listener: string, seconds: number): void {
    let distribution = this.#byListener.get(listener);
    if (!distribution) {
      distribution = { counts: this.bounds.map(() => 0), sum: 0, count: 0 };
      this.#byListener.set(listener, distribution);
    }
    const bucket = this.bounds.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) distribution.counts[bucket] = (distribution.counts[bucket] ?? 0) + 1;
    distribution.sum += seconds;
    distribution.count += 1;
  }

  [Symbol.iterator](): Iterator<[listener: string, distribution: Readonly<Distribution>]> {
    return this.#byListener.entries();
  }
}

/** Counts of connections and messages: plain numbers, which get their labels on collection. */
export class ConnectionTotals {
  accepted = 0;
  refused = 0;
  bytesRead = 0;
  bytesWritten = 0;
  readonly closed = new Map<EndCause, number>();
  readonly messages = { accepted: 0, rejected: 0 };
}

/** What is counted beside the totals of each listener. */
export class Tallies {
  readonly refused = new Tally();
  readonly pauses = new Tally();
  readonly handshakeFailures = new Tally();
  readonly proxyFailures = new Tally();
  readonly authentications = new Tally();
  readonly notices = new Tally();
  readonly orders = new Tally();
  readonly workerRestarts = new Tally();
  readonly handshakes = new DurationTally([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60]);
}
