/** One HTTP connection: what of it is under way, and how it ends when the server drains. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { StreamSession } from "../protocol.ts";

/** The header that announces the end of a connection (RFC 9112 9.6). */
const closeHeader = ["Connection", "close"] as const;

/** Sockets and TLS streams count what their peer has sent. */
type CountingStream = Duplex & { readonly bytesRead?: number };

export class HttpSession implements StreamSession {
  readonly #stream: CountingStream;
  readonly #drainIdleTimeout: number;
  /** The newest one; those before it are answered before it. */
  #response: ServerResponse | null = null;
  #draining = false;
  /** What the peer had sent when it was last seen idle. */
  #readWhenIdle = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param drainIdleTimeout milliseconds. */
  constructor(stream: Duplex, drainIdleTimeout: number) {
    this.#stream = stream;
    this.#drainIdleTimeout = drainIdleTimeout;
    stream.once("close", () => clearTimeout(this.#timer));
  }

  answering(response: ServerResponse): void {
    this.#response = response;
    if (this.#draining) response.setHeader(...closeHeader);
    response.on("close", () => {
      if (this.#response !== response) return;
      this.#response = null;
      if (this.#draining) this.#awaitRequest();
    });
  }

  /**
   * A response under way says that it is the last one. An idle client may have a request on its way that FIN would cross,
   * and not every request can be sent again (RFC 9112 9.5): its next response says so, unless it stays idle.
   */
  drain(): void {
    this.#draining = true;
    const response = this.#response;
    if (!response) this.#awaitRequest();
    else if (!response.headersSent) response.setHeader(...closeHeader);
  }

  #awaitRequest(): void {
    clearTimeout(this.#timer);
    if (this.#stream.destroyed) return;
    this.#readWhenIdle = this.#read;
    this.#timer = setTimeout(() => this.#endIfIdle(), this.#drainIdleTimeout);
  }

  /** A request that has begun to arrive has `headersTimeout` to arrive. */
  #endIfIdle(): void {
    if (this.#response) return;
    if (this.#read === this.#readWhenIdle) this.#stream.end();
    else this.#awaitRequest();
  }

  get #read(): number {
    return this.#stream.bytesRead ?? 0;
  }
}
