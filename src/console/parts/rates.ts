/** Rates from counters that are read again and again: a short memory of each, for plots. */

export interface RatePoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Per second since the point before. */
  readonly accepted: number;
  readonly refused: number;
}

interface Counters {
  readonly accepted: number;
  readonly refused: number;
}

const longestMemory = 120;

export class Rates {
  #last: (Counters & { readonly at: number }) | null = null;
  #points: readonly RatePoint[] = [];

  get points(): readonly RatePoint[] {
    return this.#points;
  }

  get latest(): RatePoint | undefined {
    return this.#points.at(-1);
  }

  add(at: number, { accepted, refused }: Counters): void {
    const before = this.#last;
    this.#last = { at, accepted, refused };
    if (!before || at <= before.at) return;
    const seconds = (at - before.at) / 1_000;
    const point = {
      at,
      // A server that was started again counts from nothing.
      accepted: Math.max(0, accepted - before.accepted) / seconds,
      refused: Math.max(0, refused - before.refused) / seconds,
    };
    this.#points = [...this.#points, point].slice(-longestMemory);
  }
}

/** `0`, `0.4`, `12` */
export function rateText(rate: number): string {
  return rate > 0 && rate < 10 ? String(Math.round(rate * 10) / 10) : String(Math.round(rate));
}
