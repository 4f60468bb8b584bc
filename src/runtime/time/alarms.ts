/** Timers for many objects: one queue behind a single Node timer. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ActorClock } from "../../charts/lifecycle-logic.ts";
import { type Clock, systemClock } from "./clock.ts";

/**
 * Something that waits for one time at a time. It holds what the queue needs, where a timer of Node's would take
 * three more objects: the timer, the callback, and the callback's closure.
 */
export interface Alarm {
  /** When it goes off, in whole milliseconds by the clock, while it is set. */
  due: number;
  /** The clock's handle for it; undefined while it is not set. Managed by the clock. */
  place: unknown;
  goOff(): void;
}

/** @param due never early, and in whole milliseconds. The alarm must not be set. */
export function setAlarm(clock: Clock, alarm: Alarm, due: number): void {
  if (clock === systemClock) {
    systemAlarms.add(alarm, due);
    return;
  }
  // A clock provided by others gets each timer.
  alarm.due = due;
  alarm.place = clock.setTimeout(
    () => {
      alarm.place = undefined;
      alarm.goOff();
    },
    millisecondsTo(due, clock),
  );
}

/** Whole milliseconds; what is overdue is due now. */
function millisecondsTo(due: number, clock: Clock): number {
  return Math.max(0, Math.ceil(due - clock.now()));
}

/** Safe to call again. */
export function clearAlarm(clock: Clock, alarm: Alarm): void {
  if (alarm.place === undefined) return;
  if (clock === systemClock) systemAlarms.delete(alarm);
  else clock.clearTimeout(alarm.place);
  alarm.place = undefined;
}

class CallbackAlarm implements Alarm {
  due = 0;
  place: unknown;
  readonly #callback: () => void;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  goOff(): void {
    this.#callback();
  }
}

const alarmTimers: ActorClock = {
  setTimeout(callback, milliseconds) {
    const alarm = new CallbackAlarm(callback);
    setAlarm(systemClock, alarm, Math.ceil(systemClock.now() + milliseconds));
    return alarm;
  },
  clearTimeout(alarm) {
    if (alarm instanceof CallbackAlarm) clearAlarm(systemClock, alarm);
  },
};

/** The clock for the many actors of one chart: their timers are alarms, unless the clock is provided by others. */
export function actorClock(clock: Clock): ActorClock {
  return clock === systemClock ? alarmTimers : clock;
}

/** The longest timer that Node accepts; later ones wait for the rest afterwards. */
const longestTimeout = 2 ** 31 - 1;

/** Node's timer serves all: it must not run in the context of the connection that happened to set it. */
const inNobodysContext = AsyncLocalStorage.snapshot();

/**
 * A binary heap by due time; each alarm knows its place. Node's timer is set lazily: one that fires too
 * early, because its alarm has been cleared, is set again for the first that is left.
 */
class AlarmQueue {
  /** Up to `#size`. The array is never replaced: an outgrown one would hold on to alarms that are gone. */
  readonly #heap: (Alarm | undefined)[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerDue = Number.POSITIVE_INFINITY;

  add(alarm: Alarm, due: number): void {
    alarm.due = due;
    this.#size++;
    this.#rise(alarm, this.#size - 1);
    // Pending alarms keep the process alive; nothing else here does.
    if (this.#size === 1) this.#timer?.ref();
    this.#setTimer();
  }

  delete(alarm: Alarm): void {
    const { place } = alarm;
    if (typeof place !== "number") return;
    alarm.place = undefined;
    this.#size--;
    const last = this.#heap[this.#size];
    this.#heap[this.#size] = undefined;
    if (last && last !== alarm) this.#sink(last, this.#rise(last, place));
    if (this.#size === 0) this.#timer?.unref();
  }

  #setTimer(): void {
    const first = this.#heap[0];
    if (!first || first.due >= this.#timerDue) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerDue = first.due;
    const delay = Math.min(millisecondsTo(first.due, systemClock), longestTimeout);
    this.#timer = inNobodysContext(() => setTimeout(() => this.#timerWentOff(), delay));
  }

  #timerWentOff(): void {
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = systemClock.now();
    try {
      for (let first = this.#heap[0]; first && first.due <= now; first = this.#heap[0]) {
        this.delete(first);
        first.goOff();
      }
    } finally {
      this.#setTimer();
    }
  }

  /** Moves the alarm up from the place until nobody above it is due later. @returns its place. */
  #rise(alarm: Alarm, from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#heap[above];
      if (!other || other.due <= alarm.due) break;
      this.#put(other, place);
      place = above;
    }
    this.#put(alarm, place);
    return place;
  }

  /** Moves the alarm down from the place until nobody below it is due earlier. */
  #sink(alarm: Alarm, from: number): void {
    let place = from;
    for (;;) {
      const below = this.#earlierOf(2 * place + 1, 2 * place + 2);
      const other = this.#heap[below];
      if (!other || other.due >= alarm.due) break;
      this.#put(other, place);
      place = below;
    }
    this.#put(alarm, place);
  }

  #earlierOf(left: number, right: number): number {
    const [one, other] = [this.#heap[left], this.#heap[right]];
    return one && other && other.due < one.due ? right : left;
  }

  #put(alarm: Alarm, place: number): void {
    this.#heap[place] = alarm;
    alarm.place = place;
  }
}

const systemAlarms = new AlarmQueue();
