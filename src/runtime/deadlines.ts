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
 * The idle limit is armed lazily: input only notes the time, and a timer that fires too early waits for the rest. So a
 * chunk costs no timer.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #owner: DeadlineOwner;
  #idleLimit: number | null = null;
  #idleTimer: unknown;
  #idleTimerDue = Number.POSITIVE_INFINITY;
  #lastActivity = 0;
  #sessionTimer: unknown;
  #writeTimer: unknown;
  #wakeTimer: unknown;
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
    if (milliseconds === null) {
      this.#clearIdle();
      return;
    }
    this.activity();
    const due = this.#lastActivity + milliseconds;
    if (due >= this.#idleTimerDue) return;
    this.#clearIdle();
    this.#armIdle(milliseconds);
  }

  /** For the time of a handshake, which has a limit of its own. */
  suspendIdle(): void {
    this.#clearIdle();
  }

  resumeIdle(): void {
    this.setIdle(this.#idleLimit);
  }

  setSession(milliseconds: number | null): void {
    if (this.#over) return;
    if (this.#sessionTimer !== undefined) this.#clock.clearTimeout(this.#sessionTimer);
    this.#sessionTimer = undefined;
    if (milliseconds === null) return;
    this.#sessionTimer = this.#clock.setTimeout(() => {
      this.#sessionTimer = undefined;
      this.#owner.expired("session");
    }, milliseconds);
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
    this.setIdle(null);
    this.setSession(null);
    this.setWake(null);
    this.endWrite();
    this.#over = true;
  }

  #armIdle(milliseconds: number): void {
    this.#idleTimerDue = this.#clock.now() + milliseconds;
    this.#idleTimer = this.#clock.setTimeout(() => this.#onIdleTimer(), milliseconds);
  }

  #clearIdle(): void {
    if (this.#idleTimer !== undefined) this.#clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#idleTimerDue = Number.POSITIVE_INFINITY;
  }

  #onIdleTimer(): void {
    this.#idleTimer = undefined;
    this.#idleTimerDue = Number.POSITIVE_INFINITY;
    if (this.#idleLimit === null) return;
    // Timers may fire a fraction of a millisecond before their time.
    const remaining = this.#lastActivity + this.#idleLimit - this.#clock.now();
    if (remaining > 0.5) this.#armIdle(Math.ceil(remaining));
    else {
      this.#armIdle(this.#idleLimit);
      this.activity();
      this.#owner.expired("idle");
    }
  }
}
