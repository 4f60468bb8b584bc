/** A POP3 client over TLS that takes the time of a download. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { owner, password } from "./mailbox.ts";

const endOfMessage = "\r\n.\r\n";

export class Pop3Client implements Disposable {
  readonly #socket: TLSSocket;
  readonly #closed = new AbortController();

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("close", () => this.#closed.abort(new Error("The server has closed the connection.")));
  }

  static async logIn(port: number): Promise<Pop3Client> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    const client = new Pop3Client(socket);
    await client.#answer("\r\n");
    await client.#ask(`USER ${owner}`, "\r\n");
    await client.#ask(`PASS ${password}`, "\r\n");
    return client;
  }

  /** Milliseconds from the command to the end of message 1. @throws Error when there is none */
  async timeOfMessage(): Promise<number> {
    const started = performance.now();
    await this.#ask("RETR 1", endOfMessage);
    return performance.now() - started;
  }

  /** Lets go of the mailbox, which one session may have at a time. */
  async quit(): Promise<void> {
    await this.#ask("QUIT", "\r\n");
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #ask(command: string, end: string): Promise<void> {
    this.#socket.write(`${command}\r\n`);
    await this.#answer(end);
  }

  async #answer(end: string): Promise<void> {
    let [first, tail] = ["", ""];
    while (!tail.endsWith(end)) {
      const [chunk] = (await once(this.#socket, "data", { signal: this.#closed.signal })) as [Buffer];
      first ||= chunk.toString("latin1", 0, 100);
      tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - end.length))).slice(-end.length);
    }
    if (!first.startsWith("+OK")) throw new Error(first);
  }
}
