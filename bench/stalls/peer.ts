/** A client that sends any amount of input, and reads everything without keeping it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Octets that are kept while nobody waits for a line. */
const mostKept = 65_536;
/** Milliseconds that an answer may take. */
const timeLimit = 180_000;

export class Peer implements Disposable {
  readonly socket: Socket;
  /** Octets sent since `start()`. */
  #before = 0;
  #tail = Buffer.from("\n");
  #wanted: { readonly marker: Buffer; readonly found: (rest: string) => void } | null = null;
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

  /** Starts counting what is sent. */
  start(): void {
    this.#before = this.socket.bytesWritten;
  }

  get sent(): number {
    return this.socket.bytesWritten - this.#before;
  }

  /** Waits while the server does not read. Also resolves when the server has closed. */
  async send(...pieces: readonly (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.destroyed) return;
      if (this.socket.write(piece)) continue;
      const drained = new Promise((resolve) => this.socket.once("drain", resolve));
      await Promise.race([drained, this.ended]);
    }
  }

  /** Waits for a line that begins like this, or the end of the connection. @returns the rest of the line */
  async until(begin: string): Promise<string> {
    const found = new Promise<string>((resolve) => {
      this.#wanted = { marker: Buffer.from(`\n${begin}`), found: resolve };
      this.#read(Buffer.alloc(0));
    });
    return inTime(Promise.race([found, this.ended.then(() => "the connection ends")]));
  }

  /** Waits for the end of the connection. @returns no answer */
  async end(): Promise<string> {
    await inTime(this.ended);
    return "";
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#tail = chunk.length > 0 ? Buffer.concat([this.#tail, chunk]) : this.#tail;
    if (!this.#wanted) {
      this.#tail = this.#tail.subarray(-mostKept);
      return;
    }
    const { found, marker } = this.#wanted;
    const at = this.#tail.indexOf(marker);
    const end = at < 0 ? -1 : this.#tail.indexOf("\r\n", at + marker.length);
    if (at < 0) this.#tail = this.#tail.subarray(-marker.length);
    if (end < 0) return;
    this.#wanted = null;
    const rest = this.#tail.toString("latin1", at + marker.length, end);
    this.#tail = this.#tail.subarray(end + 1);
    found(rest);
  }
}

async function inTime<Value>(awaited: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`There was no answer within ${timeLimit / 1_000} s.`)), timeLimit);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
