/** An IMAP client over TLS that takes the time of its commands. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { owner, password } from "./mailbox.ts";

/** Octets in which the last line of an answer is, the capabilities after a log-in included. */
const TAIL = 2048;

export class ImapClient implements Disposable {
  readonly #socket: TLSSocket;
  #number = 0;
  /** The end of what has come. */
  #tail = "";
  #waiting: {
    readonly tag: string;
    readonly resolve: (line: string) => void;
    readonly reject: (error: Error) => void;
  } | null = null;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("close", () => this.#waiting?.reject(new Error(`The server has closed the connection: ${this.#tail}`)));
  }

  static async logIn(port: number): Promise<ImapClient> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const client = new ImapClient(socket);
    await client.time(`LOGIN ${owner} ${password}`);
    return client;
  }

  /** Milliseconds from the command to the end of its answer. @throws Error when that is not OK */
  async time(command: string): Promise<number> {
    return this.#timeOf(command, null);
  }

  async #timeOf(command: string, literal: Buffer | null): Promise<number> {
    this.#number += 1;
    const tag = `a${this.#number}`;
    const started = performance.now();
    const { promise: answered, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting = { tag, resolve, reject };
    this.#socket.write(`${tag} ${command}\r\n`);
    if (literal) {
      this.#socket.write(literal);
      this.#socket.write("\r\n");
    }
    const line = await answered;
    const taken = performance.now() - started;
    if (!line.startsWith(`${tag} OK`)) throw new Error(`${command}: ${line}`);
    return taken;
  }

  /** The same, of a message that is put into the mailbox, without waiting for leave to send it (RFC 7888). */
  async timeOfAppend(message: Buffer): Promise<number> {
    return this.#timeOf(`APPEND INBOX {${message.length}+}`, message);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.subarray(-TAIL).toString("latin1")).slice(-TAIL);
    const waiting = this.#waiting;
    const at = waiting ? this.#tail.lastIndexOf(`${waiting.tag} `) : -1;
    if (!waiting || at < 0 || !this.#tail.endsWith("\r\n")) return;
    if (at > 0 && this.#tail[at - 1] !== "\n") return;
    this.#waiting = null;
    const line = this.#tail.slice(at).trimEnd();
    this.#tail = "";
    waiting.resolve(line);
  }
}
