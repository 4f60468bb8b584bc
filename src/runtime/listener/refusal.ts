/** Turns a connection away: in clear with the protocol's own words, under implicit TLS without a word. */
import type { Socket } from "node:net";
import { ConnectionList, type ListMember } from "../connection/connection-list.ts";
import type { Clock } from "../time/clock.ts";

/** How long a refused peer may take to read the words and close its side, in milliseconds. */
const lingerTimeout = 2_000;

/** How many refused sockets may linger at once; beyond that they are cut as soon as the words have left. */
const lingerLimit = 2_048;

/** The refused sockets that have not closed yet. They hold no slot and have no session. */
export class RefusedSockets {
  readonly #clock: Clock;
  readonly #lingering = new ConnectionList<ListMember & { readonly socket: Socket }>();
  #limit = lingerLimit;
  #emptied: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param words one complete reply, or null to close without a word. */
  refuse(socket: Socket, words: string | null): void {
    socket.on("error", ignore);
    if (words === null) {
      socket.destroy();
      return;
    }
    if (this.#lingering.size >= this.#limit) {
      socket.end(words, () => socket.destroy());
      return;
    }
    // Closing while the peer's bytes lie unread resets the connection and may take our words with it (RFC 1122
    // 4.2.2.13): say them, send FIN, and read on until the peer closes too.
    const timer = this.#clock.setTimeout(() => socket.destroy(), lingerTimeout);
    const refused = { place: -1, socket };
    this.#lingering.add(refused);
    socket.on("close", () => {
      this.#clock.clearTimeout(timer);
      this.#lingering.delete(refused);
      if (this.#lingering.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
    });
    socket.resume();
    socket.end(words);
  }

  /** Resolves when none lingers. */
  async emptied(): Promise<void> {
    if (this.#lingering.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  /** Destroys those that linger; further ones are cut as soon as the words have left. */
  destroyAll(): void {
    this.#limit = 0;
    for (const { socket } of this.#lingering) socket.destroy();
  }
}

function ignore(): void {
  // Whatever goes wrong on a refused socket, it is closing anyway.
}
