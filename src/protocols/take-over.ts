/** An embedder's own session in place of the protocol's, after the log-in. */
import type { EndCause } from "../machines/causes.ts";
import type { Identity } from "./backend.ts";
import { type Session, type Verdict, WAIT, type Wire } from "./protocol.ts";

/**
 * Asked after each log-in that the backend has accepted, before the client has its reply. The session that it gives has every turn
 * from then on: first `greet()`, right behind the protocol's own words that the client is logged in, then `receive()` with
 * what the client has sent meanwhile. Time limits are off until it sets its own. Null leaves the dialogue to the protocol.
 * If it throws, the client gets a temporary failure, and `session.backendFailed` is sent.
 */
export type TakeOver = (identity: Identity, wire: Wire) => Session | null | Promise<Session | null>;

/** What the protocol's session leaves to the embedder's. */
export interface Handover {
  readonly session: Session;
  /** What the peer has sent and nobody has read; null for nothing. */
  readonly rest: Uint8Array | null;
  /** The peer has ended its side. */
  readonly ended: boolean;
}

/** A session that may leave its dialogue to another one. */
export interface PredecessorSession extends Session {
  /** Null until the turn in which it has said its last words. */
  readonly handover: Handover | null;
}

/** The protocol's session up to the log-in, and the embedder's afterwards. */
export class HandoverSession implements Session {
  readonly #wire: Wire;
  readonly #first: PredecessorSession;
  #current: Session;
  #rest: Uint8Array | null = null;
  #ended = false;
  #draining = false;

  constructor(wire: Wire, first: PredecessorSession) {
    this.#wire = wire;
    this.#first = first;
    this.#current = first;
  }

  get state(): string {
    return this.#current.state;
  }

  greet(): Verdict {
    return this.#settle(this.#current.greet());
  }

  receive(chunk: Uint8Array): Verdict {
    return this.#settle(this.#current.receive(chunk));
  }

  resume(): Verdict {
    return this.#settle(this.#current.resume());
  }

  writable(): Verdict {
    return this.#settle(this.#current.writable());
  }

  secured(): Verdict {
    return this.#settle(this.#current.secured());
  }

  ended(): Verdict {
    // What came before the end is delivered first.
    if (this.#rest) {
      this.#ended = true;
      return WAIT;
    }
    return this.#settle(this.#current.ended());
  }

  drain(): Verdict {
    this.#draining = true;
    return this.#settle(this.#current.drain());
  }

  expired(limit: "idle" | "session"): Verdict {
    return this.#settle(this.#current.expired(limit));
  }

  /** @returns a promise where the embedder's is asynchronous: what it rejects with is reported. */
  closed(cause: EndCause): unknown {
    this.#rest = null;
    return this.#current.closed(cause);
  }

  #settle(verdict: Verdict): Verdict {
    let current = verdict;
    const handover = this.#current === this.#first && verdict.next !== "close" ? this.#first.handover : null;
    if (handover) current = this.#handOver(handover);
    // What was sent in clear before a handshake is never looked at.
    if (current.next === "upgrade") this.#rest = null;
    while (current.next === "continue" && this.#rest) {
      const rest = this.#rest;
      this.#rest = null;
      current = this.#current.receive(rest);
    }
    if (current.next === "continue" && this.#ended) {
      this.#ended = false;
      current = this.#current.ended();
    }
    return current;
  }

  #handOver({ session, rest, ended }: Handover): Verdict {
    const wire = this.#wire;
    this.#current = session;
    this.#rest = rest;
    this.#ended = ended;
    this.#first.closed("quit");
    wire.wakeAfter(null);
    wire.setIdleTimeout(null);
    wire.setSessionTimeout(null);
    const verdict = session.greet();
    const goesOn = verdict.next === "continue" || verdict.next === "wait";
    return this.#draining && goesOn ? session.drain() : verdict;
  }
}
