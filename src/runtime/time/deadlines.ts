/**
 * A session's timers: the limits on silence, on the whole session and on a peer that does not read, and its own
 * wake-ups.
 */
import { type Alarm, clearAlarm, setAlarm } from "./alarms.ts";
import type { Clock } from "./clock.ts";

/** How long a peer may take to read what fills the write buffer, in milliseconds. */
const writeTimeout = 300_000;

/** Which limit has passed. */
export type Limit = "idle" | "session" | "write";

export interface DeadlineOwner {
  readonly clock: Clock;
  expired(limit: Limit): void;
  /** The time set by `setWake` has come. */
  wakeDue(): void;
}

/** In mid-handshake, which has its own limit, nothing expires; what would have does so afterwards. */
type Stage = "talking" | "handshake" | "over";

/**
 * One alarm serves both silence and the whole session, and is set lazily: input only records the time, and an alarm
 * that fires too early waits for the rest. So a chunk costs no timer.
 *
 * Times are whole milliseconds, rounded up, which V8 stores without an object for each.
 */
export class Deadlines implements Alarm {
  due = 0;
  place: unknown;
  readonly #owner: DeadlineOwner;
  #stage: Stage = "talking";
  #idleLimit: number | null = null;
  #lastActivity = 0;
  #sessionDue: number | null = null;
  #writeTimer: unknown;
  #wakeTimer: unknown;

  constructor(owner: DeadlineOwner) {
    this.#owner = owner;
  }

  /** The peer has sent something, or was sent something. */
  activity(): void {
    this.#lastActivity = this.#inMilliseconds(0);
  }

  setIdle(milliseconds: number | null): void {
    if (this.#over) return;
    this.#idleLimit = milliseconds;
    this.#stage = "talking";
    if (milliseconds === null) return;
    this.activity();
    this.#arm();
  }

  handshakeBegins(): void {
    if (!this.#over) this.#stage = "handshake";
  }

  /** Counts silence from here on. `goOff()` finds out whether the session has lasted too long in the meantime. */
  handshakeEnded(): void {
    if (this.#over) return;
    this.#stage = "talking";
    this.activity();
  }

  setSession(milliseconds: number | null): void {
    if (this.#over) return;
    this.#sessionDue = milliseconds === null ? null : this.#inMilliseconds(milliseconds);
    this.#arm();
  }

  /** Replaces the time set before; null for none. */
  setWake(milliseconds: number | null): void {
    if (this.#over) return;
    const { clock } = this.#owner;
    if (this.#wakeTimer !== undefined) clock.clearTimeout(this.#wakeTimer);
    this.#wakeTimer = undefined;
    if (milliseconds === null) return;
    this.#wakeTimer = clock.setTimeout(() => {
      this.#wakeTimer = undefined;
      this.#owner.wakeDue();
    }, milliseconds);
  }

  /** The peer does not read, from now on. */
  startWrite(): void {
    if (this.#over || this.#writeTimer !== undefined) return;
    this.#writeTimer = this.#owner.clock.setTimeout(() => {
      this.#writeTimer = undefined;
      this.#owner.expired("write");
    }, writeTimeout);
  }

  endWrite(): void {
    if (this.#writeTimer !== undefined) this.#owner.clock.clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
  }

  /** Final: no timer is set any more. */
  end(): void {
    this.setWake(null);
    this.#stage = "over";
    clearAlarm(this.#owner.clock, this);
    this.endWrite();
  }

  /** Reports the limits that have passed. */
  goOff(): void {
    if (this.#stage !== "talking") return;
    const now = this.#owner.clock.now();
    const idle = now >= this.#idleDue;
    const session = this.#sessionDue !== null && now >= this.#sessionDue;
    if (idle) this.activity();
    if (session) this.#sessionDue = null;
    this.#arm();
    if (session) this.#owner.expired("session");
    if (idle && !this.#over) this.#owner.expired("idle");
  }

  get #over(): boolean {
    return this.#stage === "over";
  }

  get #idleDue(): number {
    if (this.#idleLimit === null) return Number.POSITIVE_INFINITY;
    return this.#lastActivity + this.#idleLimit;
  }

  /** An alarm that fires before the next limit may stay. */
  #arm(): void {
    const due = Math.min(this.#idleDue, this.#sessionDue ?? Number.POSITIVE_INFINITY);
    if (due === Number.POSITIVE_INFINITY || (this.place !== undefined && this.due <= due)) return;
    const { clock } = this.#owner;
    clearAlarm(clock, this);
    setAlarm(clock, this, due);
  }

  /** The time so many milliseconds from now. */
  #inMilliseconds(milliseconds: number): number {
    return Math.ceil(this.#owner.clock.now() + milliseconds);
  }
}
