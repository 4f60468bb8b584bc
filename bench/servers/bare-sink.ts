/**
 * The baseline of messages: accepts everything, and looks only for the line with the dot that ends a message. With a
 * directory, each message is a file there, and durable before it is acknowledged; sessions do not wait for one another.
 */
import { open } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";

const { directory = null } = JSON.parse(process.argv[2] ?? "{}") as { readonly directory?: string | null };
let kept = 0;

/** A file and fdatasync(2) for each: its folder is not synchronised, so a crash may lose the name. */
async function keep(content: Buffer): Promise<void> {
  kept += 1;
  const file = await open(`${directory}/${kept}.eml`, "wx", 0o600);
  await file.write(content);
  await file.datasync();
  await file.close();
}

const end = Buffer.from("\r\n.\r\n");

class Sink {
  readonly #socket: Socket;
  #inMessage = false;
  /** The last octets of a message, as many as may be the start of its end. */
  #tail: Buffer = Buffer.alloc(0);
  /** Only where messages are kept. */
  #content: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.write("220 localhost ESMTP ready\r\n");
  }

  #take(chunk: Buffer): void {
    if (this.#inMessage) this.#takeContent(chunk);
    else this.#takeCommands(chunk);
  }

  #takeContent(chunk: Buffer): void {
    const text = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    const at = text.indexOf(end);
    if (directory !== null) this.#content.push(chunk);
    if (at < 0) {
      this.#tail = text.subarray(-(end.length - 1));
      return;
    }
    this.#tail = Buffer.alloc(0);
    this.#inMessage = false;
    if (directory === null) this.#socket.write("250 2.0.0 OK\r\n");
    else void keep(Buffer.concat(this.#content.splice(0))).then(() => this.#socket.write("250 2.0.0 OK\r\n"));
    const rest = text.subarray(at + end.length);
    if (rest.length > 0) this.#takeCommands(rest);
  }

  /** One or several whole lines, as the load sends them. */
  #takeCommands(chunk: Buffer): void {
    for (const line of chunk.toString("latin1").split("\r\n")) {
      if (line === "") continue;
      if (line.startsWith("DATA")) {
        this.#inMessage = true;
        this.#socket.write("354 Go ahead\r\n");
      } else if (line.startsWith("QUIT")) this.#socket.end("221 2.0.0 Bye\r\n");
      else this.#socket.write("250 2.0.0 OK\r\n");
    }
  }
}

answer(
  await listen(
    createServer((socket) => {
      new Sink(socket);
    }),
  ),
  { kept: () => ({ messages: kept, commits: kept }) },
);
