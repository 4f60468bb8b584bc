/** When a connection entered each part of its life. */
import type { ConnectionState } from "../machines/connection.ts";
import type { PhaseDurations } from "./lifecycle.ts";

type Phase = Exclude<keyof PhaseDurations, "total">;

const phaseOf: Readonly<Record<ConnectionState, Phase | null>> = {
  accepted: null,
  proxyHeader: "proxyHeader",
  handshaking: "handshake",
  active: "session",
  upgrading: "handshake",
  draining: "session",
  closing: "closing",
  closed: null,
};

/** Adds up the milliseconds spent in each phase; STARTTLS counts as handshake, not as session. */
export class Phases {
  readonly #start: number;
  #phase: Phase | null = null;
  #since: number;
  #proxyHeader: number | null = null;
  #handshake: number | null = null;
  #session: number | null = null;
  #closing: number | null = null;

  constructor(now: number) {
    this.#start = now;
    this.#since = now;
  }

  enter(state: ConnectionState, now: number): void {
    const next = phaseOf[state];
    if (next === this.#phase) return;
    this.#add(this.elapsed(now));
    this.#phase = next;
    this.#since = now;
  }

  /** Milliseconds in the phase under way. */
  elapsed(now: number): number {
    return now - this.#since;
  }

  durations(now: number): PhaseDurations {
    return {
      proxyHeader: this.#proxyHeader,
      handshake: this.#handshake,
      session: this.#session,
      closing: this.#closing,
      total: now - this.#start,
    };
  }

  #add(spent: number): void {
    switch (this.#phase) {
      case "proxyHeader":
        this.#proxyHeader = (this.#proxyHeader ?? 0) + spent;
        break;
      case "handshake":
        this.#handshake = (this.#handshake ?? 0) + spent;
        break;
      case "session":
        this.#session = (this.#session ?? 0) + spent;
        break;
      case "closing":
        this.#closing = (this.#closing ?? 0) + spent;
        break;
      case null:
        break;
    }
  }
}
