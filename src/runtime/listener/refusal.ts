/** Refuses a connection: in clear with the protocol's own reply, under implicit TLS without one. */
import type { Socket } from "node:net";
import { ConnectionList, type ListMember } from "../connection/connection-list.ts";
import type { Clock } from "../time/clock.ts";

/** How long a refused peer may take to read the reply and close its side, in milliseconds. */
const lingerTimeout = 2_000;

/** How many refused sockets may linger at once; further ones are destroyed as soon as the reply has been sent. */
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

  /** @param words one complete reply, or null to close without one. */
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
    // Closing while the peer's bytes lie unread resets the connection and may lose our reply (RFC 1122
    // 4.2.2.13): send it, send FIN, and read on until the peer closes too.
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

  /** Destroys those that linger; further ones are destroyed as soon as the reply has been sent. */
  destroyAll(): void {
    this.#limit = 0;
    for (const { socket } of this.#lingering) socket.destroy();
  }
}

function ignore(): void {
  // Whatever goes wrong on a refused socket, it is closing anyway.
}
