/** A session's timers: the limits on silence, on the whole dialogue and on a peer that does not read, and its own waiting. */
import type { Clock } from "./clock.ts";

/** How long a peer may take to read what fills the write buffer, in milliseconds. */
const writeTimeout = 300_000;

/** Which limit has passed. */
export type Limit = "idle" | "session" | "write";

export interface DeadlineOwner {
  expired(limit: Limit): void;
  /** The time has come that `setWake` set. */
  wakeDue(): void;
}

/**
 * One timer serves the silence and the whole dialogue, and is armed lazily: input only notes the time, and a timer that
 * fires too early waits for the rest. So a chunk costs no timer.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #owner: DeadlineOwner;
  #idleLimit: number | null = null;
  #lastActivity = 0;
  #sessionDue = Number.POSITIVE_INFINITY;
  #timer: unknown;
  #timerDue = Number.POSITIVE_INFINITY;
  #writeTimer: unknown;
  #wakeTimer: unknown;
  /** In mid-handshake, which has a limit of its own, silence is not looked at. */
  #idleSuspended = false;
  #over = false;

  constructor(clock: Clock, owner: DeadlineOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Something came from the peer, or went to it. */
  activity(): void {
    this.#lastActivity = this.#clock.now();
  }

  setIdle(milliseconds: number | null): void {
    if (this.#over) return;
    this.#idleLimit = milliseconds;
    this.#idleSuspended = false;
    if (milliseconds === null) return;
    this.activity();
    this.#arm(this.#lastActivity);
  }

  /** For the time of a handshake, which has a limit of its own. */
  suspendIdle(): void {
    this.#idleSuspended = true;
  }

  resumeIdle(): void {
    this.setIdle(this.#idleLimit);
  }

  setSession(milliseconds: number | null): void {
    if (this.#over) return;
    const now = this.#clock.now();
    this.#sessionDue = milliseconds === null ? Number.POSITIVE_INFINITY : now + milliseconds;
    this.#arm(now);
  }

  /** In place of the time that was set before; null for none. */
  setWake(milliseconds: number | null): void {
    if (this.#over) return;
    if (this.#wakeTimer !== undefined) this.#clock.clearTimeout(this.#wakeTimer);
    this.#wakeTimer = undefined;
    if (milliseconds === null) return;
    this.#wakeTimer = this.#clock.setTimeout(() => {
      this.#wakeTimer = undefined;
      this.#owner.wakeDue();
    }, milliseconds);
  }

  /** The peer does not read, from now on. */
  startWrite(): void {
    if (this.#over || this.#writeTimer !== undefined) return;
    this.#writeTimer = this.#clock.setTimeout(() => {
      this.#writeTimer = undefined;
      this.#owner.expired("write");
    }, writeTimeout);
  }

  endWrite(): void {
    if (this.#writeTimer !== undefined) this.#clock.clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
  }

  /** For good: nothing is armed any more. */
  end(): void {
    this.setWake(null);
    this.#over = true;
    this.#disarm();
    this.endWrite();
  }

  get #idleDue(): number {
    if (this.#idleLimit === null || this.#idleSuspended) return Number.POSITIVE_INFINITY;
    return this.#lastActivity + this.#idleLimit;
  }

  /** A timer that fires before the next limit stays: it will find out. */
  #arm(now: number): void {
    const due = Math.min(this.#idleDue, this.#sessionDue);
    if (due >= this.#timerDue) return;
    this.#disarm();
    this.#timerDue = due;
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), Math.ceil(due - now - 0.01));
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
    // Timers may fire a fraction of a millisecond before their time.
    const now = this.#clock.now() + 0.5;
    const idle = now >= this.#idleDue;
    const session = now >= this.#sessionDue;
    if (idle) this.activity();
    if (session) this.#sessionDue = Number.POSITIVE_INFINITY;
    this.#arm(this.#clock.now());
    if (session) this.#owner.expired("session");
    if (idle && !this.#over) this.#owner.expired("idle");
  }
}
