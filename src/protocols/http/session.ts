/** One HTTP connection: what of it is under way, and how it ends. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { EndCause } from "../../machines/causes.ts";
import type { StreamSession, StreamWire } from "../protocol.ts";
import { isPending } from "../session/question.ts";
import { type Fault, faultAnswer, upgradeFailed } from "./faults.ts";
import { Intake } from "./intake.ts";
import type { HttpRequestFacts } from "./request-facts.ts";
import { handOver, type Upgrade } from "./upgrade.ts";

/** The header that announces the end of a connection (RFC 9112 9.6). */
const closeHeader = ["Connection", "close"] as const;

/** A request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: HttpRequestFacts;
  /** Answers it, now or later. */
  answer(): unknown;
}

/** Milliseconds. */
export interface SessionTimes {
  readonly drainIdleTimeout: number;
  readonly writeTimeout: number;
}

/** What sockets and TLS streams have beyond a stream. */
type SocketStream = Duplex & {
  /** What the peer has sent. */
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
  /** Milliseconds without anything coming or going until `timeout`; `node:http` sets it between requests alone. */
  setTimeout?(milliseconds: number): void;
  /** By which `node:http` closes. */
  destroySoon?: () => void;
};

export class HttpSession implements StreamSession {
  readonly #stream: SocketStream;
  readonly #wire: StreamWire;
  readonly #times: SessionTimes;
  readonly #intake: Intake;
  /** The one that is being answered. */
  #current: Exchange | null = null;
  /** Answers the next one, where its header came together with the end of a body. */
  #next: (() => void) | null = null;
  /** The one that has made another protocol of the connection. */
  #upgraded: Upgrade | null = null;
  /** What cannot be read behind the request that is being answered. */
  #fault: Fault | null = null;
  #draining = false;
  #over = false;
  /** What the peer had sent when it was last seen idle. */
  #readWhenIdle = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param stream one that `node:http` has just begun to listen to. */
  constructor(stream: Duplex, wire: StreamWire, times: SessionTimes) {
    this.#stream = stream;
    this.#wire = wire;
    this.#times = times;
    this.#intake = new Intake(stream, () => this.#wantsMore);
    // It would destroy the socket with what the peer has sent meanwhile unread, which resets the connection.
    this.#stream.destroySoon = () => this.end("quit");
    stream.once("close", () => this.#stop());
  }

  /** The first octets, where somebody else has read them. */
  begin(chunk: Buffer): void {
    this.#intake.begin(chunk);
  }

  /** A request's header has come. */
  take(exchange: Exchange): void {
    if (this.#over) return;
    if (this.#current) this.#next = () => this.#answer(exchange);
    else this.#answer(exchange);
  }

  /** The connection speaks another protocol from here on. */
  upgrade(upgrade: Upgrade, head: Buffer): void {
    if (this.#over) return;
    if (this.#current) this.#next = () => this.#leave(upgrade, head);
    else this.#leave(upgrade, head);
  }

  /** Nothing more can be read: that is said, after what is due before it. */
  reject(fault: Fault): void {
    if (this.#over) return;
    this.#intake.stop();
    const current = this.#current;
    if (current?.request.complete) {
      this.#fault = fault;
      return;
    }
    if (!current?.response.headersSent) this.#stream.write(faultAnswer(fault));
    this.end(fault.cause);
  }

  /**
   * Nothing has come or gone for `keepAliveTimeout`, or for `writeTimeout` while a request is under way. Whoever answers it
   * may take its time; the peer may not, with what is there for it.
   */
  timedOut(): void {
    if (this.#over) return;
    if (!this.#current) this.end("idle-timeout");
    else if (this.#stream.writableLength > 0) this.end("write-timeout");
    else this.#stream.setTimeout?.(this.#times.writeTimeout);
  }

  /** The request handler has failed. */
  failed({ response }: Exchange, error: unknown): void {
    this.#wire.failed(error);
    if (this.#over || response.writableFinished) return;
    // What was written before leaves in the next tick.
    if (response.headersSent) process.nextTick(() => this.end("session-failed"));
    else response.writeHead(500, { Connection: "close", "Content-Type": "text/plain" }).end("Internal Server Error\n");
  }

  /** What was written leaves, and what still comes is dropped. */
  end(cause: EndCause): void {
    if (this.#over) return;
    this.#stop();
    this.#wire.end(cause === "quit" && this.#draining ? "drained" : cause);
  }

  /**
   * A response under way says that it is the last one. An idle client may have a request on its way that FIN would cross,
   * and not every request can be sent again (RFC 9112 9.5): its next response says so, unless it stays idle.
   */
  drain(): void {
    this.#draining = true;
    this.#current?.facts.drain();
    this.#upgraded?.facts.drain();
    if (this.#upgraded) return;
    const response = this.#current?.response;
    if (!response) this.#awaitRequest();
    else if (!response.headersSent) response.setHeader(...closeHeader);
  }

  /** The connection is over, or is cut. */
  closed(): void {
    this.#stop();
  }

  #stop(): void {
    this.#over = true;
    this.#next = null;
    if (this.#current?.response.writableEnded === false) this.#current.facts.abort();
    this.#upgraded?.facts.abort();
    this.#intake.stop();
    clearTimeout(this.#idleTimer);
    this.#stream.setTimeout?.(0);
  }

  #answer(exchange: Exchange): void {
    const { response } = exchange;
    this.#current = exchange;
    if (this.#draining) {
      response.setHeader(...closeHeader);
      exchange.facts.drain();
    }
    response.on("close", () => this.#answered());
    // Of a handler that writes after its end: nobody else listens.
    response.on("error", (error) => this.failed(exchange, error));
    this.#stream.setTimeout?.(this.#times.writeTimeout);
    try {
      const done = exchange.answer();
      if (isPending(done)) Promise.resolve(done).catch((error: unknown) => this.failed(exchange, error));
    } catch (error) {
      this.failed(exchange, error);
    }
  }

  /** The answer has left. Others have their turn before the next request of the same client. */
  #answered(): void {
    this.#current = null;
    if (this.#over) return;
    if (this.#next || this.#fault || !this.#intake.empty) setImmediate(() => this.#goOn());
    else this.#goOn();
  }

  #goOn(): void {
    if (this.#over || this.#current) return;
    const next = this.#next;
    this.#next = null;
    if (next) next();
    else if (this.#fault) this.reject(this.#fault);
    else if (this.#draining) this.#awaitRequest();
    this.#intake.goOn();
  }

  /** Leaves the stream to the handler. */
  #leave(upgrade: Upgrade, head: Buffer): void {
    this.#upgraded = upgrade;
    clearTimeout(this.#idleTimer);
    this.#stream.setTimeout?.(0);
    // The socket's own again.
    delete this.#stream.destroySoon;
    const behind = Buffer.concat([head, this.#intake.release()]);
    if (this.#draining) upgrade.facts.drain();
    const written = this.#stream.bytesWritten;
    handOver(upgrade, behind, (error) => {
      this.#wire.failed(error);
      if (!this.#over && this.#stream.bytesWritten === written) this.#stream.write(faultAnswer(upgradeFailed));
      this.end("session-failed");
    });
  }

  #awaitRequest(): void {
    clearTimeout(this.#idleTimer);
    if (this.#over) return;
    this.#readWhenIdle = this.#read;
    this.#idleTimer = setTimeout(() => this.#endIfIdle(), this.#times.drainIdleTimeout);
  }

  /** A request that has begun to arrive has `headersTimeout` to arrive. */
  #endIfIdle(): void {
    if (this.#current) return;
    if (this.#read === this.#readWhenIdle) this.end("quit");
    else this.#awaitRequest();
  }

  /** The body of the request that is under way, or another request. */
  get #wantsMore(): boolean {
    return this.#current ? !this.#current.request.complete : !this.#next && !this.#fault;
  }

  get #read(): number {
    return this.#stream.bytesRead ?? 0;
  }
}
