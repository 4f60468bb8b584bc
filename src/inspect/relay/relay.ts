/** The relay between machines and the pages that show them, on a server of its own. It listens on loopback only. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Demand, TreeObserver } from "../presented.ts";
import { BridgePage } from "./bridge-page.ts";
import { eventFrame } from "./event-frame.ts";
import { type Frame, Frames, framesOf } from "./frames.ts";
import { InspectorPage } from "./inspector-page.ts";
import { LivingTree } from "./living-tree.ts";
import { LocalPage } from "./local-page.ts";
import { ReceivedClients } from "./received-clients.ts";
import { hostOf, isOwnOrigin, refuseUpgrade, say } from "./relay-access.ts";
import type { ServedPage } from "./served-page.ts";

// An import would load all that `node:http` exports, and with `WebSocket` a whole client.
const { createServer } = process.getBuiltinModule("node:http");

const loopback = "127.0.0.1";
/** Pages at once. */
const mostPages = 8;
const statelyUrl = "https://stately.ai/inspect";

export interface RelayOptions {
  /** On 127.0.0.1; 0, a free one, by default. */
  readonly port?: number;
  /** `local`, the default, is Gatehouse's own and needs no internet; `stately` is Stately's, in a frame. */
  readonly page?: "local" | "stately";
  /** A page instead of Stately's. */
  readonly inspectorUrl?: string;
  /** Takes the events of other programs too, from the official package's inspectors. False by default. */
  readonly receives?: boolean;
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
export async function openRelay({ port = 0, ...options }: RelayOptions = {}): Promise<Relay> {
  const relay = new RelayServer(options);
  await relay.listen(port);
  return relay;
}

class RelayServer implements Relay {
  dropped = 0;
  readonly #page: ServedPage;
  readonly #key = randomBytes(18).toString("base64url");
  readonly #living = new LivingTree();
  readonly #pages = new Set<InspectorPage>();
  readonly #frames = new Frames(eventFrame, (frame) => this.#send(frame));
  /** Pages want connections. */
  readonly #demand = new PageDemand();
  readonly #clients: ReceivedClients | null;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false });

  constructor({ page, inspectorUrl, receives = false }: Omit<RelayOptions, "port">) {
    const isBridge = page === "stately" || (page === undefined && inspectorUrl !== undefined);
    this.#page = isBridge ? new BridgePage(new URL(inspectorUrl ?? statelyUrl)) : new LocalPage(receives);
    this.#clients = receives ? new ReceivedClients((frame) => this.#send(frame)) : null;
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.maxConnections = 128;
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
    this.#clients?.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
    await Promise.all([closed, this.#page.close()]);
  }

  get observer(): TreeObserver {
    return {
      next: (event) => {
        this.#living.take(event);
        if (this.#pages.size > 0) this.#frames.add(event);
      },
      demand: this.#demand,
    };
  }

  #send(frame: Frame): void {
    for (const page of this.#pages) this.dropped += page.send(frame);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("X-Content-Type-Options", "nosniff");
    const host = hostOf(request);
    const name = this.#nameIn(request);
    try {
      if (host === null) say(response, 403, "Open the relay as 127.0.0.1 or localhost.\n");
      else if (name === null || !(await this.#page.answer(name, { request, response, host })))
        say(response, 404, "The page is at the URL that was printed at the start.\n");
    } catch {
      // The client has gone, or a file of the page has.
      response.destroy();
    }
  }

  /** The path below the key; null without it. */
  #nameIn({ url = "" }: IncomingMessage): string | null {
    const root = `/${this.#key}/`;
    const [path = ""] = url.split("?", 1);
    return path.startsWith(root) ? path.slice(root.length) : null;
  }

  #upgrade(request: IncomingMessage, { socket, head }: { readonly socket: Duplex; readonly head: Buffer }): void {
    socket.on("error", () => {});
    const host = hostOf(request);
    const name = this.#nameIn(request);
    if (host !== null && name === "" && this.#clients) this.#clients.upgrade(request, socket, head);
    // Only the page that this relay served may watch.
    else if (host === null || name !== "events" || !isOwnOrigin(request, host)) refuseUpgrade(socket, "403 Forbidden");
    else if (this.#sockets.clients.size >= mostPages) refuseUpgrade(socket, "503 Service Unavailable");
    else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#addPage(opened));
  }

  #addPage(opened: WebSocket): void {
    // First: the page begins with the connections that there are.
    this.#demand.begin();
    const page = new InspectorPage(opened, () => this.#known());
    this.#pages.add(page);
    opened.on("close", () => {
      this.#pages.delete(page);
      if (this.#pages.size === 0) this.#demand.end();
    });
    opened.on("error", () => opened.terminate());
  }

  /** Gatehouse's living actors, and what other programs have sent; what is on its way to the pages leaves first. */
  #known(): Iterable<Frame> {
    this.#frames.flush();
    this.#clients?.flush();
    return this.#knownFrames();
  }

  *#knownFrames(): Generator<Frame> {
    yield* framesOf(eventFrame, this.#living.events());
    if (this.#clients) yield* this.#clients.known();
  }
}

class PageDemand implements Demand {
  readonly #begins: (() => void)[] = [];
  readonly #ends: (() => void)[] = [];
  #exists = false;

  get exists(): boolean {
    return this.#exists;
  }

  onBegin(begin: () => void): void {
    this.#begins.push(begin);
  }

  onEnd(end: () => void): void {
    this.#ends.push(end);
  }

  begin(): void {
    if (this.#exists) return;
    this.#exists = true;
    for (const begin of this.#begins) begin();
  }

  end(): void {
    this.#exists = false;
    for (const end of this.#ends) end();
  }
}
