import { WebSocket } from "ws";

/** Octets that may wait for a page that reads slowly. */
const mostBuffered = 4_194_304;

/** One page that watches. It gets what lives, then what happens; if it is too slow, it is told what it missed. */
export class InspectorPage {
  readonly #socket: WebSocket;
  readonly #living: () => Iterable<string>;
  #dropped = 0;

  constructor(socket: WebSocket, living: () => Iterable<string>) {
    this.#socket = socket;
    this.#living = living;
    this.#sendLiving();
  }

  /** @returns false when it was dropped. */
  send(text: string): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return true;
    if (this.#dropped > 0 || this.#socket.bufferedAmount > mostBuffered) {
      this.#dropped += 1;
      return false;
    }
    this.#socket.send(text, this.#onSent);
    return true;
  }

  readonly #onSent = (): void => {
    if (this.#dropped === 0 || this.#socket.bufferedAmount > 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.#socket.send(JSON.stringify({ type: "gatehouse.dropped", count }));
    this.#sendLiving();
  };

  #sendLiving(): void {
    for (const text of this.#living()) this.#socket.send(text, this.#onSent);
  }
}
