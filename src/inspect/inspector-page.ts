import { WebSocket } from "ws";
import type { EventFrame } from "./event-frames.ts";

/** Octets that may wait for a page that reads slowly. */
const mostBuffered = 4_194_304;

/** One page that watches. It gets what lives, then what happens; if it is too slow, it is told what it missed. */
export class InspectorPage {
  readonly #socket: WebSocket;
  readonly #living: () => Iterable<EventFrame>;
  #dropped = 0;

  /** @param living sends first what is on its way to all pages: it is in what lives already. */
  constructor(socket: WebSocket, living: () => Iterable<EventFrame>) {
    this.#socket = socket;
    this.#living = living;
    this.#sendAll(living());
  }

  /** @returns how many of its events were dropped. */
  send({ text, count }: EventFrame): number {
    if (this.#socket.readyState !== WebSocket.OPEN) return 0;
    if (this.#dropped > 0 || this.#socket.bufferedAmount > mostBuffered) {
      this.#dropped += count;
      return count;
    }
    this.#socket.send(text, this.#onSent);
    return 0;
  }

  readonly #onSent = (): void => {
    if (this.#dropped === 0 || this.#socket.bufferedAmount > 0) return;
    // Before the count is told: what is still on its way is dropped, too.
    const living = this.#living();
    const count = this.#dropped;
    this.#dropped = 0;
    this.#socket.send(JSON.stringify([{ type: "gatehouse.dropped", count }]));
    this.#sendAll(living);
  };

  #sendAll(frames: Iterable<EventFrame>): void {
    for (const { text } of frames) this.#socket.send(text, this.#onSent);
  }
}
