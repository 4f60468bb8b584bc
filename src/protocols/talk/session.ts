/**
 * A session whose dialogue is one asynchronous generator: what it yields is sent, what it awaits holds nobody else up.
 * Back-pressure, time limits, drain and the end are seen to here.
 */
import type { EndCause } from "../../machines/causes.ts";
import { wrongAnswer } from "../contract-error.ts";
import {
  type Close,
  CONTINUE,
  close,
  type Session,
  UPGRADE,
  type Upgrade,
  type Verdict,
  WAIT,
  type Wire,
} from "../protocol.ts";
import { InputEndedError, type InputOptions, InputQueue, type TalkInput } from "./input.ts";

/** What `talk()` yields: words for the peer, or `UPGRADE` for the TLS handshake (only where `wire.canUpgrade`). */
export type Said = string | Uint8Array | Upgrade;

/** The connection of an asynchronous session, which has timers of its own and needs no turns. */
export type TalkWire = Omit<Wire, "wake" | "wakeAfter">;

/**
 * One dialogue with one peer. A yield goes on when the peer has room for more. What is returned ends the connection:
 * nothing for the regular end, or a verdict such as `GOODBYE` or `close("protocol-error")`. To throw ends the connection as
 * `session-failed`, and nobody else's. `finally` blocks run exactly once, however the connection ends.
 */
export type Talk = (
  wire: TalkWire,
  input: TalkInput,
) => AsyncGenerator<Said, Close | undefined, void> | AsyncGenerator<Said, void, void>;

/** Milliseconds for the last words after a time limit has passed. */
const lastWords = 5_000;
/** Replies to commands that came together leave together: so many microtasks without another yield send what there is. */
const patience = 16;
/** Characters that are sent at once. */
const mostHeldBack = 16_384;
/** How often silence is excused while it is the server that is at work. */
const excusedExpiries = 1;

/** What the generator waits for. */
type Stage = "reading" | "working" | "writing" | "securing" | "over";

/**
 * The session of an asynchronous dialogue, for `open` of a protocol or a `takeOver`. `defineProtocol({ talk })` makes one for
 * each connection.
 */
export function talkSession(wire: Wire, talk: Talk, options: InputOptions = {}): Session {
  return new TalkSession(wire, talk, options);
}

class TalkSession implements Session {
  readonly #wire: Wire;
  readonly #talk: Talk;
  readonly #input: InputQueue;
  /** Goes on with the generator, which waits for the peer to read, or for a handshake. */
  #goOn: (() => void) | null = null;
  #stage: Stage = "working";
  /** What was yielded and not yet sent. */
  #said = "";
  /** Microtasks after which it is sent; 0 when nothing is to be. */
  #hopsLeft = 0;
  /** The peer has no room for more. */
  #isFull = false;
  #end: Close | null = null;
  #failure: { readonly error: unknown } | null = null;
  #done: Promise<void> | null = null;
  #isHeld = false;
  #isOver = false;
  #excused = 0;
  /** When a dialogue beyond its time is cut short, by the clock of `wire.now()`. */
  #cutAt: number | null = null;

  constructor(wire: Wire, talk: Talk, options: InputOptions) {
    this.#wire = wire;
    this.#talk = talk;
    this.#input = new InputQueue(options, () => this.#askForMore());
  }

  get state(): string {
    return this.#stage === "working" && this.#input.isWaiting ? "reading" : this.#stage;
  }

  greet(): Verdict {
    const dialogue = this.#talk(this.#wire, this.#input);
    if (typeof dialogue?.next !== "function")
      throw wrongAnswer("talk()", "be an async function*, or give what one gives", dialogue);
    this.#done = this.#run(dialogue);
    return this.#verdict();
  }

  receive(chunk: Uint8Array): Verdict {
    this.#excused = 0;
    this.#input.push(chunk);
    return this.#verdict();
  }

  resume(): Verdict {
    const late = this.#cutAt !== null && this.#wire.now() >= this.#cutAt;
    return late && !this.#end && !this.#failure && !this.#isOver ? this.#cut("session-timeout") : this.#verdict();
  }

  writable(): Verdict {
    this.#isFull = false;
    if (this.#stage === "writing") this.#continue();
    return this.#verdict();
  }

  secured(): Verdict {
    // What was sent in clear after the request is never read (RFC 3207 section 4.2).
    this.#input.forget();
    this.#continue();
    return this.#verdict();
  }

  ended(): Verdict {
    this.#input.finish();
    return this.#verdict();
  }

  drain(): Verdict {
    this.#input.drain();
    return this.#verdict();
  }

  expired(limit: "idle" | "session"): Verdict {
    if (limit === "idle" && !this.#input.isWaiting) {
      this.#excused++;
      return this.#excused > excusedExpiries ? this.#cut("idle-timeout") : this.#verdict();
    }
    this.#input.end(limit === "idle" ? "idle-timeout" : "session-timeout");
    if (this.#cutAt === null) {
      this.#cutAt = this.#wire.now() + lastWords;
      this.#wire.wakeAfter(lastWords);
    }
    return this.#verdict();
  }

  /** What the generator throws from here on is reported by the promise. */
  closed(cause: EndCause): Promise<void> | undefined {
    this.#isOver = true;
    this.#input.close(cause);
    this.#continue();
    return this.#done?.then(() => this.#throwFailure());
  }

  #verdict(): Verdict {
    this.#throwFailure();
    if (this.#end) return this.#end;
    if (this.#stage === "securing") return UPGRADE;
    this.#isHeld = !this.#input.isHungry;
    return this.#isHeld ? WAIT : CONTINUE;
  }

  /** Ends a dialogue that is not at its end: nothing that it yields from here on is sent. */
  #cut(limit: EndCause): Close {
    this.#isOver = true;
    this.#input.close(limit);
    return close(this.#input.ended ?? limit);
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (!failure) return;
    this.#failure = null;
    throw failure.error;
  }

  #askForMore(): void {
    this.#send();
    if (this.#isHeld) this.#wire.wake();
  }

  async #run(generator: ReturnType<Talk>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await generator.next();
        if (done) {
          this.#finish(value || undefined);
          return;
        }
        if (!this.#isOver) await this.#say(value);
        if (this.#isOver) {
          await generator.return(undefined);
          return;
        }
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#send();
      this.#stage = "over";
      this.#wire.wake();
    }
  }

  /** @returns a promise where the generator has to wait. */
  #say(said: Said): Promise<void> | undefined {
    if (typeof said === "string") {
      this.#said += said;
      if (this.#said.length >= mostHeldBack) this.#send();
      else this.#sendSoon();
    } else if (said instanceof Uint8Array) {
      this.#send();
      if (!this.#wire.write(said)) this.#isFull = true;
    } else if (said === UPGRADE) {
      this.#send();
      const secured = this.#waitAs("securing");
      this.#wire.wake();
      return secured;
    } else throw wrongAnswer("What talk() yields", "be text, octets or UPGRADE", said);
    return this.#isFull ? this.#waitAs("writing") : undefined;
  }

  #send(): void {
    this.#hopsLeft = 0;
    if (this.#said === "") return;
    const said = this.#said;
    this.#said = "";
    if (!this.#wire.write(said)) this.#isFull = true;
  }

  #sendSoon(): void {
    const isHopping = this.#hopsLeft > 0;
    this.#hopsLeft = patience;
    if (!isHopping) queueMicrotask(() => this.#hop());
  }

  #hop(): void {
    if (this.#hopsLeft === 0) return;
    this.#hopsLeft -= 1;
    if (this.#hopsLeft === 0) this.#send();
    else queueMicrotask(() => this.#hop());
  }

  #waitAs(stage: "writing" | "securing"): Promise<void> {
    this.#stage = stage;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  #continue(): void {
    const goOn = this.#goOn;
    if (!goOn) return;
    this.#goOn = null;
    this.#stage = "working";
    goOn();
  }

  #finish(value: Close | undefined): void {
    if (value && value.next !== "close") {
      throw wrongAnswer("What talk() returns", "be nothing, GOODBYE or close(cause)", value);
    }
    this.#end = value ?? close(this.#input.ended ?? "quit");
  }

  #failed(error: unknown): void {
    if (error instanceof InputEndedError) this.#end = close(error.endCause);
    else this.#failure = { error };
  }
}
