/**
 * The relay to Stately's inspector, in its event format, on a server of our own. It listens on loopback only; the key
 * in its path keeps out other users of this host, Host and Origin keep out other pages of the browser (DNS rebinding,
 * cross-site WebSocket hijacking).
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { bridgePage } from "./bridge-page.ts";
import { type EventFrame, EventFrames, framesOf } from "./event-frames.ts";
import { InspectorPage } from "./inspector-page.ts";
import { LivingTree } from "./living-tree.ts";
import type { PresentedEvent, TreeObserver } from "./presented.ts";

const loopback = "127.0.0.1";
/** The host names that a browser on this host may use for the relay; the port may be that of a tunnel. */
const hostPattern = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;
/** Pages at once. */
const mostPages = 8;

export interface RelayOptions {
  /** On 127.0.0.1; 0, a free one, by default. */
  readonly port?: number;
  /** The inspector's page; Stately's by default. */
  readonly inspectorUrl?: string;
}

export interface Relay {
  /** To be opened in a browser on this host. Whoever knows it can watch. */
  readonly url: string;
  readonly observer: TreeObserver;
  /** Events that were dropped because pages were too slow. */
  readonly dropped: number;
  close(): Promise<void>;
}

/** The relay cannot listen. */
export class InspectorError extends Error {
  readonly code = "inspector-unavailable";

  constructor(port: number, cause: Error) {
    super(
      `The inspector cannot listen on ${loopback}:${port} (${cause.message}). Choose another port, or 0 for a free one.`,
      { cause },
    );
    this.name = "InspectorError";
  }
}

/** @throws InspectorError */
export async function openRelay({
  port = 0,
  inspectorUrl = "https://stately.ai/inspect",
}: RelayOptions = {}): Promise<Relay> {
  const relay = new RelayServer(new URL(inspectorUrl));
  await relay.listen(port);
  return relay;
}

class RelayServer implements Relay {
  dropped = 0;
  readonly #inspectorUrl: URL;
  readonly #key = randomBytes(18).toString("base64url");
  readonly #living = new LivingTree();
  readonly #pages = new Set<InspectorPage>();
  readonly #frames = new EventFrames((frame) => this.#send(frame));
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false });

  constructor(inspectorUrl: URL) {
    this.#inspectorUrl = inspectorUrl;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.maxConnections = 32;
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, { socket, head }));
  }

  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `http://${loopback}:${port}/${this.#key}/`;
  }

  async listen(port: number): Promise<void> {
    try {
      this.#http.listen({ port, host: loopback });
      await once(this.#http, "listening");
    } catch (error) {
      throw new InspectorError(port, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#http, "close");
    this.#frames.flush();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** Without a page an event costs no more than this. */
  readonly observer = (event: PresentedEvent): void => {
    this.#living.take(event);
    if (this.#pages.size > 0) this.#frames.add(event);
  };

  #send(frame: EventFrame): void {
    for (const page of this.#pages) this.dropped += page.send(frame);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const host = hostOf(request);
    if (host === null) {
      end(response, { status: 403, text: "Open the relay as 127.0.0.1 or localhost.\n" });
    } else if (request.method !== "GET" || request.url !== `/${this.#key}/`) {
      end(response, { status: 404, text: "The page is at the URL that was printed at the start.\n" });
    } else {
      const nonce = randomBytes(16).toString("base64");
      const { html, policy } = bridgePage(this.#inspectorUrl, { host, nonce });
      response.setHeader("Content-Security-Policy", policy);
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      end(response, { status: 200, text: html });
    }
  }

  #upgrade(request: IncomingMessage, { socket, head }: { readonly socket: Duplex; readonly head: Buffer }): void {
    socket.on("error", () => {});
    if (!this.#isOwnPage(request)) refuse(socket, "403 Forbidden");
    else if (this.#sockets.clients.size >= mostPages) refuse(socket, "503 Service Unavailable");
    else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#addPage(opened));
  }

  /** Only the page that this relay served may connect. */
  #isOwnPage(request: IncomingMessage): boolean {
    const host = hostOf(request);
    return host !== null && request.headers.origin === `http://${host}` && request.url === `/${this.#key}/events`;
  }

  #addPage(opened: WebSocket): void {
    const page = new InspectorPage(opened, () => this.#livingFrames());
    this.#pages.add(page);
    opened.on("close", () => this.#pages.delete(page));
    opened.on("error", () => opened.terminate());
  }

  #livingFrames(): Iterable<EventFrame> {
    this.#frames.flush();
    return framesOf(this.#living.events());
  }
}

/** Null unless it is a name of this host. */
function hostOf({ headers: { host } }: IncomingMessage): string | null {
  return host !== undefined && hostPattern.test(host) ? host : null;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function end(response: ServerResponse, { status, text }: { readonly status: number; readonly text: string }): void {
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.statusCode = status;
  response.end(text);
}
