/** Other programs that send their inspection events: each over a WebSocket of its own, by the official package. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Frame, Frames, framesOf } from "./frames.ts";
import { type LogLine, logFrame, ReceivedLog } from "./received-log.ts";
import { readMessage } from "./received-message.ts";
import { isOfThisHost, refuseUpgrade } from "./relay-access.ts";

/** Programs at once. */
const mostClients = 32;
/** Octets of one message. The connection of a program that sends more is closed (RFC 6455 section 7.4.1: 1009). */
const largestMessage = 16_777_216;

export class ReceivedClients {
  readonly #log = new ReceivedLog();
  readonly #frames: Frames<LogLine>;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessage, perMessageDeflate: false });
  #last = 0;

  /** @param send to all pages */
  constructor(send: (frame: Frame) => void) {
    this.#frames = new Frames(logFrame, send);
  }

  /** Sends what is waiting. */
  flush(): void {
    this.#frames.flush();
  }

  known(): Iterable<Frame> {
    return framesOf(logFrame, this.#log.lines());
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!isOfThisHost(request)) refuseUpgrade(socket, "403 Forbidden");
    else if (this.#sockets.clients.size >= mostClients) refuseUpgrade(socket, "503 Service Unavailable");
    else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#add(opened));
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#frames.flush();
  }

  #add(socket: WebSocket): void {
    this.#last += 1;
    const client = this.#last;
    this.#frames.add(this.#log.client(client, true));
    socket.on("message", (data, isBinary) => {
      const message = isBinary ? null : readMessage(String(data));
      if (message) this.#frames.add(this.#log.arrived(client, message));
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => this.#frames.add(this.#log.client(client, false)));
  }
}
