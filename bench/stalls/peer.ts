/** A client that sends as much as it is told to, and reads everything without keeping it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Milliseconds that an answer may take. */
const timeLimit = 180_000;

export class Peer implements Disposable {
  readonly socket: Socket;
  /** Octets sent since `start()`. */
  #before = 0;
  #tail = Buffer.from("\n");
  #wanted: { readonly marker: Buffer; readonly found: () => void } | null = null;
  readonly ended: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => {});
    this.ended = new Promise((resolve) => socket.once("close", resolve));
  }

  static async open(port: number): Promise<Peer> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Peer(socket);
  }

  /** From here on counts what is sent. */
  start(): void {
    this.#before = this.socket.bytesWritten;
  }

  get sent(): number {
    return this.socket.bytesWritten - this.#before;
  }

  /** Waits while the server does not read. Resolves as soon as it has gone. */
  async send(...pieces: readonly (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.destroyed) return;
      if (this.socket.write(piece)) continue;
      const drained = new Promise((resolve) => this.socket.once("drain", resolve));
      await Promise.race([drained, this.ended]);
    }
  }

  /** Waits for a line that begins like this, or the end of the connection. */
  async until(begin: string): Promise<void> {
    const found = new Promise<void>((resolve) => {
      this.#wanted = { marker: Buffer.from(`\n${begin}`), found: resolve };
      this.#read(Buffer.alloc(0));
    });
    await inTime(Promise.race([found, this.ended]));
  }

  /** Waits for the end of the connection. */
  async end(): Promise<void> {
    await inTime(this.ended);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    const heard = chunk.length > 0 ? Buffer.concat([this.#tail, chunk]) : this.#tail;
    const at = this.#wanted ? heard.indexOf(this.#wanted.marker) : -1;
    if (this.#wanted && at >= 0) {
      const { found, marker } = this.#wanted;
      this.#wanted = null;
      this.#tail = heard.subarray(at + marker.length);
      found();
    } else this.#tail = this.#wanted ? heard.subarray(-this.#wanted.marker.length) : heard.subarray(-65_536);
  }
}

async function inTime(awaited: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`There was no answer within ${timeLimit / 1_000} s.`)), timeLimit);
  });
  try {
    await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
