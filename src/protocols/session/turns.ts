import type { EndCause } from "../../machines/causes.ts";
import { CONTINUE, close, GOODBYE, UPGRADE, type Verdict, WAIT } from "../protocol.ts";
import type { Handover, PredecessorSession } from "../take-over.ts";
import type { AnyDialogue } from "./dialogue.ts";

/** The first octet of a TLS handshake (RFC 8446 section 5.1), which begins no command. */
const tlsHandshake = 0x16;
/** How many expiries are excused while it is the backend or the mailbox that is slow. */
const excusedExpiries = 1;
/** Milliseconds after which a turn ends with input left over. */
const longestTurn = 10;
/** Steps between two looks at the clock. */
const stepsUnlooked = 16;

/** The part of a log-in that is due in a later turn. */
interface LogInEnd<D> {
  conclude(dialogue: D): void;
}

/** The turns of a session: each does what the chart says is due, for as long as there is something, and ends with a verdict. */
export abstract class SessionTurns<D extends AnyDialogue> implements PredecessorSession {
  protected readonly dialogue: D;
  #excused = 0;

  constructor(dialogue: D) {
    this.dialogue = dialogue;
  }

  protected abstract get logIn(): LogInEnd<D>;

  /** The server's first words, and the first limits on time. */
  protected abstract begin(): void;

  /** The last words to a client that speaks TLS to a port that does not. */
  protected abstract get notTls(): string;

  /** Does what is next in a state of the protocol's own. @returns null when there may be more to do. */
  protected abstract step(state: D["state"]): Verdict | null;

  /** A limit on time has passed while the session goes on. */
  protected abstract timePassed(limit: "idle" | "session"): void;

  get state(): string {
    return this.dialogue.state;
  }

  get handover(): Handover | null {
    const { successor, reader } = this.dialogue;
    if (!successor || !this.dialogue.is("takenOver")) return null;
    return { session: successor, rest: reader.rest(), ended: reader.ended };
  }

  greet(): Verdict {
    this.begin();
    this.dialogue.send("greeting.sent");
    return this.turn();
  }

  receive(chunk: Uint8Array): Verdict {
    const { dialogue } = this;
    if (dialogue.over) return this.turn();
    this.#excused = 0;
    if (this.#beginsHandshake(chunk)) dialogue.quit(this.notTls, "protocol-error");
    dialogue.reader.push(chunk);
    return this.turn();
  }

  resume(): Verdict {
    this.#excused = 0;
    return this.goOn();
  }

  writable(): Verdict {
    this.dialogue.congested = false;
    return this.turn();
  }

  secured(): Verdict {
    this.dialogue.send("tls.secured");
    return this.turn();
  }

  ended(): Verdict {
    this.dialogue.reader.end();
    if (this.dialogue.is("upgrading")) this.dialogue.end("peer-ended");
    return this.turn();
  }

  drain(): Verdict {
    this.dialogue.send("drain");
    return this.turn();
  }

  expired(limit: "idle" | "session"): Verdict {
    if (!this.dialogue.over) this.timePassed(limit);
    return this.turn();
  }

  closed(cause: EndCause): void {
    this.dialogue.closed(cause);
  }

  /** Acts on answers that came meanwhile. */
  protected goOn(): Verdict {
    if (!this.dialogue.over) {
      this.dialogue.takeAnswer();
      this.logIn.conclude(this.dialogue);
    }
    return this.turn();
  }

  /** It is not the client's fault that nothing goes on. @returns false when it was excused often enough. */
  protected excuse(): boolean {
    this.#excused++;
    return this.#excused <= excusedExpiries;
  }

  protected turn(): Verdict {
    const verdict = this.#work();
    this.dialogue.flush();
    return verdict === CONTINUE && this.dialogue.congested ? WAIT : verdict;
  }

  #work(): Verdict {
    const { dialogue } = this;
    let began: number | null = null;
    for (let steps = 1; ; steps++) {
      if (dialogue.over) return dialogue.goodbye && dialogue.cause === "quit" ? GOODBYE : close(dialogue.cause);
      if (dialogue.is("waiting")) return WAIT;
      const verdict = this.step(dialogue.state);
      if (verdict) return verdict;
      if (dialogue.is("upgrading")) return UPGRADE;
      if (steps % stepsUnlooked > 0) continue;
      const now = dialogue.wire.now();
      began ??= now;
      if (now - began < longestTurn) continue;
      // A packet holds thousands of commands: others have their turn in between.
      dialogue.wire.wake();
      return WAIT;
    }
  }

  #beginsHandshake(chunk: Uint8Array): boolean {
    const { commands, reader, wire } = this.dialogue;
    return commands === 0 && reader.buffered === 0 && wire.tls === null && chunk[0] === tlsHandshake;
  }
}
