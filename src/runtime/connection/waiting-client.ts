/** A client that waits for its admission: nothing that it sends is lost, and it is missed when it goes. */
import type { Socket } from "node:net";
import { type SocketReader, startReading, stopReading } from "../sockets/carried.ts";

export class WaitingClient implements SocketReader {
  readonly #socket: Socket;
  readonly #gone: () => void;

  /**
   * @param socket one without a reader. @param gone it has sent FIN without having said anything; whoever has spoken waits
   *   for an answer, and its reset is noticed in time all the same
   */
  constructor(socket: Socket, gone: () => void) {
    this.#socket = socket;
    this.#gone = gone;
    startReading(socket, this);
    if (socket.isPaused()) socket.resume();
  }

  received(chunk: Buffer): void {
    this.leave();
    this.#socket.unshift(chunk);
  }

  ended(): void {
    this.#gone();
  }

  drained(): void {}

  /** The socket is paused, and has no reader; what came is in its read buffer. Safe to call again. */
  leave(): void {
    stopReading(this.#socket);
    // Paused first: a flowing socket without a listener would drop what is put back.
    this.#socket.pause();
  }
}
