/** Time that stands still until it is advanced: for the runtime, for XState's actors, and for both at once. */
import type { Clock } from "../runtime/time/clock.ts";

/** A running timer. */
export interface PendingTimer {
  /** When it fires, on the scale of `now()`. */
  readonly due: number;
  /** Its duration, in milliseconds. */
  readonly delay: number;
}

interface Timer extends PendingTimer {
  readonly callback: () => void;
}

/**
 * Replaces `systemClock`, and the `clock` of `createActor()`. Timers fire within `advance()`, in the order in
 * which they are due, and those due together in the order in which they were set; one that is set meanwhile fires
 * too if it is due by then.
 *
 * @example const clock = new TestClock(); const gatehouse = createGatehouse({ config, clock }); clock.advance(59_999);
 *   // nothing yet clock.advance(1); // the handshake has taken a minute
 */
export class TestClock implements Clock {
  #now = 0;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, milliseconds: number): number {
    const delay = Math.max(0, milliseconds);
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { due: this.#now + delay, delay, callback });
    return this.#lastId;
  }

  clearTimeout(id: unknown): void {
    if (typeof id === "number") this.#timers.delete(id);
  }

  /** The running timers, the next one first. */
  get pending(): readonly PendingTimer[] {
    return [...this.#timers.values()]
      .toSorted((one, other) => one.due - other.due)
      .map(({ due, delay }) => ({ due, delay }));
  }

  /**
   * Lets time pass.
   * @param milliseconds not less than 0
   * @throws RangeError
   */
  advance(milliseconds: number): void {
    const until = this.#now + checked(milliseconds);
    for (let next = this.#next(until); next; next = this.#next(until)) {
      const [id, { due, callback }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, due);
      callback();
    }
    this.#now = until;
  }

  /**
   * Much time passes at once, as on a machine that was suspended: what is due by its end fires then, in the order in which
   * it was due. What that sets counts from the end on, so something periodic happens once.
   * @param milliseconds not less than 0
   * @throws RangeError
   */
  leap(milliseconds: number): void {
    this.#now += checked(milliseconds);
    const due = [...this.#timers].filter(([, timer]) => timer.due <= this.#now);
    for (const [id, { callback }] of due.toSorted(([, one], [, other]) => one.due - other.due)) {
      if (this.#timers.delete(id)) callback();
    }
  }

  /** The first that is due by then; a Map keeps the order in which they were set. */
  #next(until: number): [number, Timer] | undefined {
    let first: [number, Timer] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].due <= until && (!first || entry[1].due < first[1].due)) first = entry;
    }
    return first;
  }
}

function checked(milliseconds: number): number {
  if (milliseconds >= 0) return milliseconds;
  throw new RangeError(`Time does not pass by ${milliseconds} ms: give 0 or more.`);
}

/**
 * A `TestClock` with a date that passes with its time, for what goes by the calendar: certificates, blocks, tokens.
 *
 * @example const clock = new TestCalendar(new Date("2030-01-31T12:00:00Z")); clock.advance(86_400_000); // a day later
 */
export class TestCalendar extends TestClock {
  readonly #begin: number;

  constructor(begin: Date) {
    super();
    this.#begin = begin.getTime();
  }

  date(): number {
    return this.#begin + this.now();
  }
}
