import type { Socket } from "node:net";
import { type SocketReader, startReading, stopReading } from "../sockets/carried.ts";
import type { ProxyHeader } from "./proxy-header.ts";
import type { ProxyHeaderError } from "./proxy-header-error.ts";
import { ProxyHeaderReader } from "./proxy-header-reader.ts";

/** At most one of these is called, once; none if the socket is destroyed first. */
export interface ProxyHeaderCallbacks {
  /**
   * The socket has no listener for its data; what followed the header is in its read buffer. It is paused after this
   * call, or before it when the buffer is not empty, unless there is a listener by then.
   */
  accepted(header: ProxyHeader): void;
  rejected(error: ProxyHeaderError): void;
  /** The peer sent FIN before the header was complete. */
  ended(): void;
}

/**
 * Takes the PROXY header off a socket that has not been read from. Sets no time limit: the caller destroys the socket.
 */
export function receiveProxyHeader(socket: Socket, callbacks: ProxyHeaderCallbacks): void {
  startReading(socket, new HeaderReceiver(socket, callbacks));
}

class HeaderReceiver implements SocketReader {
  readonly #socket: Socket;
  readonly #callbacks: ProxyHeaderCallbacks;
  readonly #reader = new ProxyHeaderReader();

  constructor(socket: Socket, callbacks: ProxyHeaderCallbacks) {
    this.#socket = socket;
    this.#callbacks = callbacks;
  }

  received(chunk: Buffer): void {
    const step = this.#reader.feed(chunk);
    if (step === "more") return;
    const socket = this.#socket;
    stopReading(socket);
    if ("error" in step) {
      socket.pause();
      this.#callbacks.rejected(step.error);
      return;
    }
    if (step.rest.length > 0) {
      // Paused first: a flowing socket without a listener would drop what is put back.
      socket.pause();
      socket.unshift(step.rest);
    }
    this.#callbacks.accepted(step.header);
    if (socket.listenerCount("data") === 0) socket.pause();
  }

  ended(): void {
    this.#callbacks.ended();
  }

  drained(): void {}
}
