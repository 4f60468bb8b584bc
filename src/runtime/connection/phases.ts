/** When a connection entered each part of its life. */
import type { ConnectionState } from "../../machines/connection.ts";
import type { PhaseDurations } from "../observe/lifecycle.ts";

type Phase = Exclude<keyof PhaseDurations, "total">;

const phaseOf: Readonly<Record<ConnectionState, Phase | null>> = {
  accepted: null,
  proxyHeader: "proxyHeader",
  admitting: "admission",
  handshaking: "handshake",
  active: "session",
  upgrading: "handshake",
  draining: "session",
  closing: "closing",
  closed: null,
};

type Spent = { [phase in Phase]: number | null };

/** Adds up the milliseconds spent in each phase; STARTTLS counts as handshake, not as session. */
export class Phases {
  readonly #start: number;
  #phase: Phase | null = null;
  /** When the current phase began; null for the first one, which began with the connection. */
  #since: number | null = null;
  /** Time spent in earlier phases; null in the first one. */
  #spent: Spent | null = null;

  constructor(now: number) {
    this.#start = now;
  }

  enter(state: ConnectionState, now: number): void {
    const next = phaseOf[state];
    if (next === this.#phase) return;
    if (this.#phase !== null) {
      this.#spent ??= { proxyHeader: null, admission: null, handshake: null, session: null, closing: null };
      this.#spent[this.#phase] = (this.#spent[this.#phase] ?? 0) + this.elapsed(now);
      this.#since = now;
    }
    this.#phase = next;
  }

  /** Milliseconds in the current phase. */
  elapsed(now: number): number {
    return now - (this.#since ?? this.#start);
  }

  /** Milliseconds since the first one began. */
  age(now: number): number {
    return now - this.#start;
  }

  durations(now: number): PhaseDurations {
    const {
      proxyHeader = null,
      admission = null,
      handshake = null,
      session = null,
      closing = null,
    } = this.#spent ?? {};
    return { proxyHeader, admission, handshake, session, closing, total: now - this.#start };
  }
}
