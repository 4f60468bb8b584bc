import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Envelope, IncomingMessage } from "./backend.ts";
import { contentAtOnce, IncomingBody, MessageError } from "./incoming-body.ts";

/** Who is told that a message that was full takes more again, or was given up by its reader. */
interface Sender {
  drained(): void;
}

/** What the content came to. */
type End =
  | { readonly how: "complete" }
  /** Nothing of it may be kept; without an error where the backend had answered before it was complete. */
  | { readonly how: "destroyed"; readonly error: MessageError | undefined };

/** An own property, so that a copy of the message has it. The function is one for all: it finds its message by `this`. */
const bodyProperty: PropertyDescriptor & ThisType<ArrivingMessage> = {
  enumerable: true,
  get() {
    return this.stream();
  },
};

/**
 * A message on its way to the backend. A stream costs more than all else about a small message, so the body is made when
 * the backend first looks at it, with what has come by then; until then as much is held as a stream would hold.
 */
export class ArrivingMessage implements IncomingMessage {
  readonly envelope: Envelope;
  declare readonly body: Readable;

  readonly #sender: Sender;
  #body: IncomingBody | null = null;
  #whole: PromiseWithResolvers<Buffer> | null = null;
  /** What has come, for a body or a whole that is asked for later. */
  #pieces: Buffer[] = [];
  #length = 0;
  #end: End | null = null;

  constructor(envelope: Envelope, sender: Sender) {
    this.envelope = envelope;
    this.#sender = sender;
    Object.defineProperty(this, "body", bodyProperty);
  }

  /** The backend has enough for now. */
  get full(): boolean {
    if (this.#body?.full) return true;
    return !this.#body && !this.#whole && this.#end === null && this.#length >= contentAtOnce;
  }

  /** The content as a stream, the same one each time. */
  stream(): Readable {
    if (this.#body) return this.#body;
    const body = new IncomingBody(() => this.#sender.drained());
    this.#body = body;
    for (const piece of this.#pieces) body.add(piece);
    if (!this.#whole) this.#pieces = [];
    if (this.#end?.how === "complete") body.push(null);
    if (this.#end?.how === "destroyed") body.destroy(this.#end.error);
    return body;
  }

  /** The content in one piece, once it is complete. */
  whole(): Promise<Buffer> {
    if (this.#whole) return this.#whole.promise;
    if (this.#body) return buffer(this.#body);
    const wasFull = this.full;
    this.#whole = Promise.withResolvers();
    if (this.#end) this.#settle(this.#whole, this.#end);
    if (wasFull) this.#sender.drained();
    return this.#whole.promise;
  }

  /** More content. */
  add(content: Buffer): void {
    this.#body?.add(content);
    if (this.#body && !this.#whole) return;
    this.#pieces.push(content);
    this.#length += content.length;
  }

  /** The content is complete. */
  finish(): void {
    this.#end = { how: "complete" };
    this.#body?.push(null);
    if (this.#whole) this.#settle(this.#whole, this.#end);
  }

  /** Nothing more comes, and what was not read is dropped. A content that was read to its end stays. */
  destroy(error?: MessageError): void {
    if (this.#whole && this.#end === null) this.#settle(this.#whole, { how: "destroyed", error });
    this.#end = { how: "destroyed", error };
    this.#pieces = [];
    if (this.#body && !this.#body.readableEnded) this.#body.destroy(error);
  }

  #settle({ promise, resolve, reject }: PromiseWithResolvers<Buffer>, end: End): void {
    const [first = Buffer.alloc(0), ...others] = this.#pieces;
    if (end.how === "complete") {
      resolve(others.length === 0 ? first : Buffer.concat(this.#pieces));
      return;
    }
    // A backend that has forgotten it must not bring the process down when its client goes away.
    promise.catch(() => {});
    reject(end.error ?? new MessageError("message-incomplete", "The message was answered before it was complete."));
  }
}

/**
 * The whole content of a message, for backends that hold it in memory: a message of a few KiB costs a fraction of what it
 * costs by way of `body`. It has `messageSize` octets at most; until it is complete nothing holds the client back. Looking
 * at `body` first is allowed: then this reads the stream, from where it is.
 *
 * @returns resolves when the client has sent all of it.
 * @throws MessageError when the connection breaks first, or the session refuses the message: then nothing may be kept.
 * @example
 * const backend: Backend = {
 *   recipient: () => undefined,
 *   message: async (message) => keep(message.envelope, await messageBytes(message)),
 * };
 */
export function messageBytes(message: IncomingMessage): Promise<Buffer> {
  return message instanceof ArrivingMessage ? message.whole() : buffer(message.body);
}
