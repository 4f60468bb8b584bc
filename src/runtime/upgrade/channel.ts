/** One end of the channel between a server and its successor. */
import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { PartMessage } from "./messages.ts";

interface Typed {
  readonly type: string;
}

/** What the parts of a server need of it. */
export type PartsChannel = Pick<Channel<Typed, Typed>, "sendTo" | "onPart" | "ended">;

export class Channel<Sent extends Typed, Received extends Typed> {
  readonly #stream: Duplex;
  readonly #decoder = new StringDecoder("utf8");
  readonly #parts = new Map<string, (message: unknown) => void>();
  #onMessage: (message: Received) => void = () => {};
  #waiting: Received[] | null = [];
  #pieces: string[] = [];
  /** Resolves when the other side has ended. */
  readonly ended: Promise<void>;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#received(this.#decoder.write(chunk)));
    // What cannot be written any more is for nobody.
    stream.on("error", () => {});
    this.ended = new Promise((resolve) => {
      stream.once("end", resolve);
      stream.once("close", resolve);
    });
  }

  /** The other side lives. */
  get isOpen(): boolean {
    return !this.#stream.readableEnded && !this.#stream.destroyed;
  }

  send(message: Sent): void {
    this.#write(message);
  }

  /** To one of the parts of the other side; nothing comes of it where there is none of this name. */
  sendTo(part: string, message: unknown): void {
    this.#write({ type: "part", part, message } satisfies PartMessage);
  }

  /** @param handler gets what has come already, too */
  onMessage(handler: (message: Received) => void): void {
    this.#onMessage = handler;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const message of waiting) handler(message);
  }

  onPart(part: string, handler: (message: unknown) => void): void {
    this.#parts.set(part, handler);
  }

  /** Keeps the process alive until the other side has ended. */
  ref(): void {
    if ("ref" in this.#stream && typeof this.#stream.ref === "function") this.#stream.ref();
  }

  /** Does not keep the process alive any more. */
  unref(): void {
    if ("unref" in this.#stream && typeof this.#stream.unref === "function") this.#stream.unref();
  }

  close(): void {
    this.#stream.destroy();
  }

  #write(message: object): void {
    if (this.#stream.writable) this.#stream.write(`${JSON.stringify(message)}\n`);
  }

  #received(text: string): void {
    // A line may be some megabytes long: it is put together once.
    let rest = text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      this.#pieces.push(rest.slice(0, end));
      rest = rest.slice(end + 1);
      this.#take(this.#pieces.join(""));
      this.#pieces = [];
    }
    if (rest !== "") this.#pieces.push(rest);
  }

  #take(line: string): void {
    const message = parsed(line);
    if (message === null) return;
    if (isPart(message)) this.#parts.get(message.part)?.(message.message);
    else if (this.#waiting) this.#waiting.push(message as unknown as Received);
    else this.#onMessage(message as unknown as Received);
  }
}

/** Null for what is no message. */
function parsed(line: string): Typed | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "type" in value ? (value as Typed) : null;
  } catch {
    return null;
  }
}

function isPart(message: Typed): message is PartMessage {
  return message.type === "part" && "part" in message && typeof message.part === "string";
}
