/** Which version of HTTP a client speaks in clear: HTTP/2 begins with words of its own (RFC 9113 section 3.3). */
import type { Duplex } from "node:stream";
import type { EndCause } from "../../machines/causes.ts";
import type { StreamSession, StreamWire } from "../protocol.ts";

/** No method of HTTP/1.1 begins so. */
const HTTP2_BEGINNING = Buffer.from("PRI ", "latin1");

export interface VersionChoiceOptions {
  readonly wire: StreamWire;
  /** Milliseconds for the first octets. */
  readonly headersTimeout: number;
  /** Milliseconds for the first octets once the connection is drained. */
  readonly drainIdleTimeout: number;
  /** Each takes the stream over, with what was read of it. */
  http1(first: Buffer): StreamSession;
  http2(first: Buffer): StreamSession;
  /** Tells the client that it has been too slow. */
  timedOut(): void;
}

export class VersionChoice implements StreamSession {
  readonly #stream: Duplex;
  readonly #options: VersionChoiceOptions;
  #first: Buffer | null = null;
  #session: StreamSession | null = null;
  #draining = false;
  #timer: NodeJS.Timeout;
  readonly #onData = (chunk: Buffer) => this.#read(chunk);
  readonly #onEnd = () => this.#end("quit");

  constructor(stream: Duplex, options: VersionChoiceOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    this.#timer = setTimeout(() => {
      this.#leave();
      options.timedOut();
    }, options.headersTimeout);
  }

  drain(): void {
    if (this.#session) {
      this.#session.drain();
      return;
    }
    this.#draining = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end("drained"), this.#options.drainIdleTimeout);
  }

  closed(cause: EndCause): void {
    this.#leave();
    this.#session?.closed?.(cause);
  }

  #read(chunk: Buffer): void {
    const first = this.#first ? Buffer.concat([this.#first, chunk]) : chunk;
    const compared = Math.min(first.length, HTTP2_BEGINNING.length);
    const isHttp2 = first.subarray(0, compared).equals(HTTP2_BEGINNING.subarray(0, compared));
    if (isHttp2 && compared < HTTP2_BEGINNING.length) {
      this.#first = first;
      return;
    }
    this.#leave();
    const session = isHttp2 ? this.#options.http2(first) : this.#options.http1(first);
    this.#session = session;
    if (this.#draining) session.drain();
  }

  #end(cause: EndCause): void {
    this.#leave();
    this.#options.wire.end(cause);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#stream.off("data", this.#onData);
    this.#stream.off("end", this.#onEnd);
  }
}
