/** One HTTP/2 connection (RFC 9113): its streams, its limits, and how it ends without losing a request. */
import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import type { EndCause } from "../../../machines/causes.ts";
import type { StreamSession } from "../../protocol.ts";
import { isPending } from "../../session/question.ts";
import { HttpRequestFacts, type Talk } from "../request-facts.ts";
import { FrameAllowance } from "./frame-allowance.ts";
import { FramedStream, type FrameWatch } from "./framed-stream.ts";
import { ErrorCode, type Frame, FrameFlag, FrameType, goAway, LAST_STREAM } from "./frames.ts";
import { StreamRequest, StreamResponse } from "./messages.ts";
import { expectsContinue, streamProblem } from "./request-problem.ts";

/** Fields of one request. Browsers send a field for each cookie. */
const MAX_FIELDS = 256;
/** Frames that `node:http2` finds invalid and goes on from. */
const MAX_INVALID_FRAMES = 100;
/** Handlers at work, as a multiple of the streams: those whose client has reset the stream go on. */
const HANDLERS_A_STREAM = 2;

export interface Http2Settings {
  readonly maxConcurrentStreams: number;
  /** Octets. */
  readonly maxHeaderSize: number;
  /** All in milliseconds, as of `http()`. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly drainIdleTimeout: number;
  readonly writeTimeout: number;
  /** Answers a request, now or later. */
  answer(request: StreamRequest, response: StreamResponse, facts: HttpRequestFacts): unknown;
}

/**
 * `open`: streams are taken. `announced`: the client has been asked to open no more (GOAWAY for the largest number), and
 * those that it has opened meanwhile are still taken. `leaving`: it has seen that, and knows the last stream that is
 * answered. `over`: nothing more is read or said.
 */
type Phase = "open" | "announced" | "leaving" | "over";

/** What the client has opened a stream with. */
type Opened = readonly [headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]];

/** A request and its answer. */
interface Exchange {
  readonly stream: ServerHttp2Stream;
  readonly response: StreamResponse;
  readonly facts: HttpRequestFacts;
  bodyTimer: NodeJS.Timeout | undefined;
}

export class Http2Session implements StreamSession, FrameWatch {
  readonly #socket: Duplex;
  readonly #talk: Talk;
  readonly #settings: Http2Settings;
  readonly #allowance: FrameAllowance;
  readonly #frames: FramedStream;
  readonly #session: ServerHttp2Session;
  readonly #exchanges = new Set<Exchange>();
  #phase: Phase = "open";
  /** Handlers that have not ended, those of streams that have been reset among them. */
  #handlers = 0;
  /** The last stream that the client has opened. */
  #lastStream = 0;
  /** The last one that is answered. */
  #lastAnswered = LAST_STREAM;
  #leavingFor: EndCause = "quit";
  #idleTimer: NodeJS.Timeout;
  #leaveTimer: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, talk: Talk, settings: Http2Settings) {
    this.#socket = stream;
    this.#talk = talk;
    this.#settings = settings;
    this.#allowance = new FrameAllowance(settings.maxHeaderSize, () => performance.now());
    this.#frames = new FramedStream(stream, this);
    this.#session = performServerHandshake(this.#frames, {
      maxHeaderListPairs: MAX_FIELDS,
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      settings: { maxConcurrentStreams: settings.maxConcurrentStreams, maxHeaderListSize: settings.maxHeaderSize },
    });
    this.#session.on("stream", (stream, ...opened) => this.#take(stream, opened));
    // What it means for the connection is in the GOAWAY that goes before.
    this.#session.on("error", ignore);
    this.#idleTimer = setTimeout(() => this.#idle(), settings.headersTimeout);
  }

  /** The first octets, where somebody else has read them. */
  begin(chunk: Buffer): void {
    this.#frames.begin(chunk);
  }

  /** No request is lost: those on their way are answered, and the client learns which were. */
  drain(): void {
    for (const { facts } of this.#exchanges) facts.drain();
    this.#retire("drained");
  }

  /** The connection is over, or is cut. */
  closed(): void {
    if (this.#phase === "over") return;
    this.#frames.inject(goAway(this.#lastStream, ErrorCode.noError));
    this.#stop();
  }

  received(frame: Frame): boolean {
    if (frame.type === FrameType.headers && frame.stream > this.#lastStream) this.#lastStream = frame.stream;
    if (this.#allowance.received(frame)) return true;
    this.#refuseMore();
    return false;
  }

  sent(frame: Frame): void {
    // Not in the middle of what `node:http2` writes.
    if (!this.#allowance.sent(frame)) setImmediate(() => this.#refuseMore());
  }

  finished(errorCode: number): void {
    this.#end(errorCode === ErrorCode.noError ? "quit" : "protocol-error");
  }

  #take(stream: ServerHttp2Stream, [headers, flags, rawHeaders]: Opened): void {
    const id = stream.id ?? 0;
    const crowded = this.#handlers >= this.#settings.maxConcurrentStreams * HANDLERS_A_STREAM;
    if (this.#phase === "over" || stream.destroyed || id > this.#lastAnswered || crowded) {
      stream.on("error", ignore);
      stream.close(ErrorCode.refusedStream);
      return;
    }
    const opening = { stream, headers, rawHeaders, socket: this.#socket };
    const request = new StreamRequest(opening);
    const response = new StreamResponse(opening);
    const facts = new HttpRequestFacts(request, this.#talk);
    const exchange: Exchange = { stream, response, facts, bodyTimer: undefined };
    this.#exchanges.add(exchange);
    if (this.#phase !== "open") facts.drain();
    stream.on("error", (error: NodeJS.ErrnoException) => this.#streamFailed(error));
    stream.on("close", () => this.#closed(exchange));
    stream.setTimeout(this.#settings.writeTimeout, () => this.#timedOut(exchange));
    if ((flags & FrameFlag.endStream) === 0) this.#awaitBody(exchange, request);
    this.#answer(exchange, request);
  }

  #answer(exchange: Exchange, request: StreamRequest): void {
    const { response, facts } = exchange;
    const problem = streamProblem(request, this.#settings.maxHeaderSize);
    if (problem !== null) {
      refuse(response, problem);
      return;
    }
    if (expectsContinue(request.headers)) response.writeContinue();
    try {
      const done = this.#settings.answer(request, response, facts);
      if (isPending(done)) this.#awaitHandler(exchange, done);
    } catch (error) {
      this.#failed(exchange, error);
    }
  }

  #awaitHandler(exchange: Exchange, done: PromiseLike<unknown>): void {
    this.#handlers++;
    Promise.resolve(done)
      .catch((error: unknown) => this.#failed(exchange, error))
      .finally(() => {
        this.#handlers--;
      });
  }

  /** The handler has: its stream ends, and no other. */
  #failed({ stream, response }: Exchange, error: unknown): void {
    this.#talk.wire.failed(error);
    if (stream.destroyed || response.writableFinished) return;
    if (response.headersSent) stream.close(ErrorCode.internalError);
    else response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\n");
  }

  /** Of a handler that writes after its end, and has no other way to learn of it; the rest is the client's doing. */
  #streamFailed(error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith("ERR_STREAM_")) this.#talk.wire.failed(error);
  }

  #awaitBody(exchange: Exchange, request: StreamRequest): void {
    exchange.bodyTimer = setTimeout(() => {
      const { stream, response } = exchange;
      if (request.complete) return;
      if (!response.headersSent)
        refuse(response, { status: 408, text: "The request has not come to its end in time." });
      else stream.close(ErrorCode.cancel);
    }, this.#settings.requestTimeout);
  }

  /**
   * Nothing has come or gone on this stream for `writeTimeout`. Whoever answers it may take its time; the client may not,
   * with what is there for it.
   */
  #timedOut({ stream }: Exchange): void {
    if (stream.writableLength === 0) stream.setTimeout(this.#settings.writeTimeout);
    else if (this.#frames.blocked) this.#end("write-timeout");
    else stream.close(ErrorCode.cancel);
  }

  #closed(exchange: Exchange): void {
    clearTimeout(exchange.bodyTimer);
    if (!exchange.response.writableEnded) exchange.facts.abort();
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size > 0 || this.#phase === "over") return;
    if (this.#phase === "leaving") this.#leaveIfDone();
    else this.#restartIdle();
  }

  #restartIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#idle(), this.#settings.keepAliveTimeout);
  }

  /** Signs of life are none of a use: PING is no request. */
  #idle(): void {
    if (this.#exchanges.size === 0) this.#retire("idle-timeout");
  }

  /** Asks the client to open no more streams, and to say that it has seen this (RFC 9113 section 6.8). */
  #retire(cause: EndCause): void {
    if (this.#phase === "over") return;
    this.#leavingFor = cause;
    if (this.#phase !== "open") return;
    this.#phase = "announced";
    this.#frames.inject(goAway(LAST_STREAM, ErrorCode.noError));
    this.#leaveTimer = setTimeout(() => this.#leave(), this.#settings.drainIdleTimeout);
    // Streams that came before the acknowledgement are taken in the same turn.
    if (!this.#session.destroyed) this.#session.ping(() => setImmediate(() => this.#leave()));
  }

  #leave(): void {
    if (this.#phase !== "announced") return;
    clearTimeout(this.#leaveTimer);
    this.#phase = "leaving";
    this.#lastAnswered = this.#lastStream;
    this.#frames.inject(goAway(this.#lastStream, ErrorCode.noError));
    this.#leaveIfDone();
  }

  /** The last frames of the last stream leave in this turn. */
  #leaveIfDone(): void {
    setImmediate(() => {
      if (this.#phase === "leaving" && this.#exchanges.size === 0) this.#end(this.#leavingFor);
    });
  }

  /** The client has made more work than a client may. */
  #refuseMore(): void {
    if (this.#phase === "over") return;
    this.#frames.inject(goAway(this.#lastStream, ErrorCode.enhanceYourCalm));
    this.#end("protocol-error");
  }

  #end(cause: EndCause): void {
    if (this.#phase === "over") return;
    this.#stop();
    // A client that goes because it was asked to has not gone by itself.
    this.#talk.wire.end(cause === "quit" ? this.#leavingFor : cause);
  }

  #stop(): void {
    this.#phase = "over";
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#leaveTimer);
    for (const { response, facts } of this.#exchanges) if (!response.writableEnded) facts.abort();
    // `node:http2` ends its session with its socket. Its own `destroy()` fails where a write is under way.
    this.#frames.fallSilent();
    this.#frames.destroy();
  }
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

function refuse(response: StreamResponse, { status, text }: Refusal): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

function ignore(): void {}
