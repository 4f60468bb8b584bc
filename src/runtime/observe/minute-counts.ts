/** How often something has happened in each of the last 60 minutes. Counting allocates nothing. */

export const countedMinutes = 60;

export const minuteInMilliseconds = 60_000;

/** The minute of a Unix time. */
export function minuteOf(time: number): number {
  return Math.floor(time / minuteInMilliseconds);
}

export class MinuteCounts {
  /** By minute modulo 60. */
  readonly #counts = new Uint32Array(countedMinutes);
  /** The minute that was counted last. */
  #latest: number;

  constructor(minute: number) {
    this.#latest = minute;
  }

  /** Whether nothing has happened for an hour. */
  isOver(minute: number): boolean {
    return minute - this.#latest >= countedMinutes;
  }

  add(minute: number): void {
    if (minute > this.#latest) this.#advance(minute);
    // A clock that is set back counts where it was before.
    const index = this.#latest % countedMinutes;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Of the hour that ends with this minute: the minutes in which something has happened, the oldest first. */
  *within(minute: number): Generator<readonly [minute: number, count: number]> {
    for (let each = Math.max(minute, this.#latest) - countedMinutes + 1; each <= this.#latest; each += 1) {
      const count = this.#counts[each % countedMinutes] ?? 0;
      if (count > 0) yield [each, count];
    }
  }

  #advance(minute: number): void {
    if (this.isOver(minute)) this.#counts.fill(0);
    else for (let each = this.#latest + 1; each <= minute; each += 1) this.#counts[each % countedMinutes] = 0;
    this.#latest = minute;
  }
}
