import { WebSocket } from "ws";
import type { NumberedDefinition } from "./chart-definitions.ts";
import type { Frame } from "./frames.ts";

/** Octets that may wait for a page that reads slowly. */
const mostBuffered = 4_194_304;

/**
 * One inspecting page. It gets what is known, then every event. If it is too slow, events are dropped: it gets their count and what is known again.
 */
export class InspectorPage {
  readonly #socket: WebSocket;
  readonly #living: () => Iterable<Frame>;
  /** The definitions that the page has already. */
  readonly #definitions = new WeakSet<NumberedDefinition>();
  #dropped = 0;

  /** @param living sends first what is on its way to all pages: the living actors include it already. */
  constructor(socket: WebSocket, living: () => Iterable<Frame>) {
    this.#socket = socket;
    this.#living = living;
    for (const frame of living()) this.#write(frame);
  }

  /** @returns how many of its events were dropped. */
  send(frame: Frame): number {
    if (this.#socket.readyState !== WebSocket.OPEN) return 0;
    if (this.#dropped > 0 || this.#socket.bufferedAmount > mostBuffered) {
      this.#dropped += frame.count;
      return frame.count;
    }
    this.#write(frame);
    return 0;
  }

  #write({ text, definitions }: Frame): void {
    for (const definition of definitions) {
      if (this.#definitions.has(definition)) continue;
      this.#definitions.add(definition);
      this.#sendMessage({ type: "gatehouse.definition", ...definition });
    }
    this.#socket.send(text, this.#onSent);
  }

  readonly #onSent = (): void => {
    if (this.#dropped === 0 || this.#socket.bufferedAmount > 0) return;
    // Before the count is sent: what is still on its way is dropped, too.
    const living = this.#living();
    this.#sendMessage({ type: "gatehouse.dropped", count: this.#dropped });
    this.#dropped = 0;
    for (const frame of living) this.#write(frame);
  };

  /** In its own frame, which is an array as well. */
  #sendMessage(message: { readonly type: string; readonly [field: string]: unknown }): void {
    this.#socket.send(JSON.stringify([message]));
  }
}
