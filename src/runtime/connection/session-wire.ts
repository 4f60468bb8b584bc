/** Connects one session to its stream: chunks in, replies out, verdicts to the connection. */
import type { Duplex } from "node:stream";
import type { Inspector } from "../../charts/inspector.ts";
import type { Passages } from "../../charts/passages.ts";
import type { SessionConfiguration } from "../../config/index.ts";
import type { EndCause } from "../../machines/causes.ts";
import { checkedSession, wrongAnswer } from "../../protocols/contract-error.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import {
  type ActorOptions,
  CONTINUE,
  type ConnectionFacts,
  close,
  type Notice,
  type Session,
  type SessionProtocol,
  type TlsFacts,
  type Verdict,
  WAIT,
  type Wire,
} from "../../protocols/protocol.ts";
import type { ProxyFacts } from "../../protocols/proxy-facts.ts";
import { isPending } from "../../protocols/session/question.ts";
import { forgetReader, type SocketReader, startReading, stopReading } from "../sockets/carried.ts";
import type { Clock } from "../time/clock.ts";
import { Deadlines, type Limit } from "../time/deadlines.ts";
import { isTimeForTurn } from "./turn-time.ts";

/** Output is held for one write a turn; beyond this many characters it is written at once. */
const outputLimit = 65_536;

/** The connection, as its session's wire sees it. */
export interface SessionOwner {
  readonly facts: ConnectionFacts;
  readonly hostname: string;
  readonly configured: SessionConfiguration;
  readonly clock: Clock;
  readonly canUpgrade: boolean;
  readonly inspect: Inspector | undefined;
  readonly passages: Passages;
  upgrade(): void;
  /** @param goodbye the client has said goodbye */
  ended(cause: EndCause, goodbye: boolean): void;
  sessionFailed(error: unknown): void;
  notice(notice: Notice): void;
}

type Turn = Exclude<keyof Session, "state" | "closed">;

/**
 * Whether input reaches the session: it does; or the session waits, and the stream is paused; or the stream's buffer is
 * full, and the session waits for `writable()`.
 */
type Flow = "flowing" | "held" | "blocked";

export class SessionWire implements Wire, SocketReader {
  readonly #owner: SessionOwner;
  readonly #deadlines: Deadlines;
  readonly #session: Session;
  /** What runs the session's chart; null where it runs none, or one of its own. */
  actor: object | null = null;
  #stream: Duplex | null = null;
  #verdict: Verdict = CONTINUE;
  #output = "";
  #flow: Flow = "flowing";
  #wakeAsked = false;
  /** The session is running. Events of its own making, such as a notice's, wait for the end of its turn. */
  #turning = false;
  #flushAsked = false;

  constructor(owner: SessionOwner, protocol: SessionProtocol) {
    this.#owner = owner;
    this.#deadlines = new Deadlines(this);
    this.#session = checkedSession("The answer of open()", protocol.open(this));
  }

  get sessionState(): string {
    try {
      return this.#session.state;
    } catch {
      return "unknown";
    }
  }

  /** The session uses this stream from here on: the socket, or after a handshake the TLS stream. */
  attach(stream: Duplex): void {
    this.#stream = stream;
    this.#flow = "flowing";
    startReading(stream, this);
  }

  /** Flushes, and stops listening to the stream. */
  detach(): void {
    this.#flush();
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = null;
    stopReading(stream);
  }

  /** Flushes, and discards what the peer still sends. @returns false when there is no stream. */
  fallSilent(): boolean {
    this.#flush();
    const stream = this.#stream;
    if (!stream) return false;
    this.#leaveStream();
    if (this.#flow !== "flowing") stream.resume();
    return true;
  }

  /** The stream may outlive the session, and must not keep it alive. */
  #leaveStream(): void {
    if (this.#stream) forgetReader(this.#stream);
    this.#stream = null;
  }

  greet(): void {
    this.#deadlines.activity();
    this.#turn("greet");
  }

  secured(): void {
    this.#verdict = CONTINUE;
    this.#deadlines.handshakeEnded();
    this.#turn("secured");
    this.#deadlines.goOff();
  }

  drain(): void {
    if (this.#turning) queueMicrotask(() => this.drain());
    else this.#turn("drain");
  }

  closed(cause: EndCause): void {
    this.#output = "";
    // A destroyed stream emits nothing more: its listeners go with it.
    this.#leaveStream();
    this.#deadlines.end();
    if (this.#turning) queueMicrotask(() => this.#close(cause));
    else this.#close(cause);
  }

  #close(cause: EndCause): void {
    try {
      const done: unknown = this.#session.closed(cause);
      if (isPending(done)) Promise.resolve(done).catch((error: unknown) => this.#owner.sessionFailed(error));
    } catch (error) {
      this.#owner.sessionFailed(error);
    }
  }

  // The session's side.

  get id(): string {
    return this.#owner.facts.id;
  }

  get listener(): string {
    return this.#owner.facts.listener;
  }

  get generation(): number {
    return this.#owner.facts.generation;
  }

  get peer(): Endpoint {
    return this.#owner.facts.peer;
  }

  get local(): Endpoint {
    return this.#owner.facts.local;
  }

  get proxy(): ProxyFacts | null {
    return this.#owner.facts.proxy;
  }

  get tls(): TlsFacts | null {
    return this.#owner.facts.tls;
  }

  get hostname(): string {
    return this.#owner.hostname;
  }

  get configured(): SessionConfiguration {
    return this.#owner.configured;
  }

  get canUpgrade(): boolean {
    return this.#owner.canUpgrade;
  }

  get inspect(): Inspector | undefined {
    return this.#owner.inspect;
  }

  get actorOptions(): ActorOptions {
    const { id, inspect } = this;
    return inspect ? { id, inspect } : { id };
  }

  get passages(): Passages {
    return this.#owner.passages;
  }

  runs(actor: object): void {
    this.actor = actor;
  }

  write(data: string | Uint8Array): boolean {
    const stream = this.#stream;
    if (!stream) return false;
    if (typeof data === "string") {
      this.#output += data;
      if (this.#output.length >= outputLimit) this.#flush();
      else if (!this.#turning) this.#flushSoon();
    } else {
      this.#flush();
      stream.write(data);
    }
    if (stream.writableLength + this.#output.length < stream.writableHighWaterMark) return true;
    this.#flow = "blocked";
    this.#deadlines.startWrite();
    return false;
  }

  get clock(): Clock {
    return this.#owner.clock;
  }

  now(): number {
    return this.clock.now();
  }

  wake(): void {
    if (this.#wakeAsked) return;
    this.#wakeAsked = true;
    queueMicrotask(() => this.#woken());
  }

  wakeAfter(milliseconds: number | null): void {
    if (!this.#isTime("wakeAfter", milliseconds)) return;
    this.#deadlines.setWake(milliseconds === 0 ? null : milliseconds);
    if (milliseconds !== 0 || this.#wakeAsked) return;
    // Others have their turns in between, as with a timer, which would come a millisecond later.
    this.#wakeAsked = true;
    setImmediate(() => this.#woken());
  }

  setIdleTimeout(milliseconds: number | null): void {
    if (this.#isTime("setIdleTimeout", milliseconds)) this.#deadlines.setIdle(milliseconds);
  }

  setSessionTimeout(milliseconds: number | null): void {
    if (this.#isTime("setSessionTimeout", milliseconds)) this.#deadlines.setSession(milliseconds);
  }

  /**
   * Node would take anything else for a millisecond. Who sets it in a turn is told; elsewhere, in an embedder's timer, an
   * error would end the process in place of the connection.
   * @throws ProtocolContractError
   */
  #isTime(setter: string, milliseconds: unknown): boolean {
    if (milliseconds === null || Number.isFinite(milliseconds)) return true;
    const error = wrongAnswer(
      `What ${setter}() is given`,
      "be a number of milliseconds, or null for none",
      milliseconds,
    );
    if (this.#turning || !this.#session) throw error;
    if (this.#mayTurn()) this.#settle(this.#failed(error));
    return false;
  }

  notice(notice: Notice): void {
    this.#owner.notice(notice);
  }

  // The stream's side.

  received(chunk: Uint8Array): void {
    if (!this.#stream) return;
    this.#deadlines.activity();
    this.#takeTurn("receive", chunk);
  }

  ended(): void {
    this.#turn("ended");
  }

  drained(): void {
    if (!this.#stream) return;
    this.#deadlines.activity();
    if (this.#flow !== "blocked") return;
    this.#unblock();
    this.#turn("writable");
  }

  #woken(): void {
    if (!isTimeForTurn()) {
      setImmediate(() => this.#woken());
      return;
    }
    this.#wakeAsked = false;
    this.#turn("resume");
  }

  /** The time requested by `wakeAfter` has come. */
  wakeDue(): void {
    if (isTimeForTurn()) this.#turn("resume");
    else this.wake();
  }

  expired(limit: Limit): void {
    if (!this.#mayTurn()) return;
    // The session cannot judge the silence of a peer that does not read: no reply would reach it.
    if (limit === "write" || (limit === "idle" && this.#flow === "blocked")) {
      this.#settle(close("write-timeout"));
      return;
    }
    this.#takeTurn("expired", limit);
  }

  /** False after the last verdict, and while there is no stream. */
  #mayTurn(): boolean {
    return this.#stream !== null && this.#verdict.next !== "close" && this.#verdict.next !== "upgrade";
  }

  #turn(turn: Turn): void {
    if (this.#mayTurn()) this.#takeTurn(turn);
  }

  /** @param argument for `receive()` and `expired()` */
  #takeTurn(turn: Turn, argument?: Uint8Array | "idle" | "session"): void {
    let verdict: Verdict;
    this.#turning = true;
    try {
      verdict = checkedVerdict(this.#session[turn](argument as never), turn);
    } catch (error) {
      verdict = this.#failed(error);
    }
    this.#turning = false;
    this.#settle(verdict);
  }

  #settle(verdict: Verdict): void {
    // The connection ended during the turn, and has its cause already.
    if (!this.#stream) return;
    this.#verdict = verdict;
    this.#flush();
    switch (verdict.next) {
      case "continue":
      case "wait":
        this.#unblockFlushed();
        this.#letFlow(verdict.next === "continue");
        break;
      case "upgrade":
        this.#deadlines.handshakeBegins();
        this.#unblock();
        this.#owner.upgrade();
        break;
      case "close":
        this.#deadlines.end();
        this.#owner.ended(verdict.cause, verdict.goodbye === true);
        break;
    }
  }

  /** A write may have filled the buffer and emptied it again before anyone waited for `drain`. */
  #unblockFlushed(): void {
    if (this.#flow !== "blocked" || !this.#stream || this.#stream.writableNeedDrain) return;
    this.#unblock();
    queueMicrotask(() => this.#turn("writable"));
  }

  #unblock(): void {
    if (this.#flow === "blocked") this.#flow = "held";
    this.#deadlines.endWrite();
  }

  /** A session that continues although the buffer is full must not fill the memory: it stays blocked. */
  #letFlow(wanted: boolean): void {
    const before = this.#flow;
    if (before !== "blocked") this.#flow = wanted ? "flowing" : "held";
    if (this.#flow !== "flowing") this.#stream?.pause();
    else if (before !== "flowing") this.#stream?.resume();
  }

  /** For writes outside a turn of this session: from another session, or from an embedder's timer. */
  #flushSoon(): void {
    if (this.#flushAsked) return;
    this.#flushAsked = true;
    queueMicrotask(() => {
      this.#flushAsked = false;
      this.#flush();
      this.#unblockFlushed();
      if (this.#flow === "blocked") this.#stream?.pause();
    });
  }

  #flush(): void {
    if (this.#output === "") return;
    const output = this.#output;
    this.#output = "";
    this.#stream?.write(output);
  }

  #failed(error: unknown): Verdict {
    this.#owner.sessionFailed(error);
    return close("session-failed");
  }
}

const verdicts: ReadonlySet<unknown> = new Set(["continue", "wait", "upgrade", "close"]);

/** @throws ProtocolContractError for an answer that is no verdict. */
function checkedVerdict(answer: Verdict, turn: Turn): Verdict {
  if (answer === CONTINUE || answer === WAIT) return answer;
  const next: unknown = answer?.next;
  if (verdicts.has(next)) return answer;
  const awaiting = "or nothing, at once (what has to be awaited takes the form talk())";
  throw wrongAnswer(`The answer of ${turn}()`, `be a verdict, ${awaiting}`, answer);
}
