import type { Readable } from "node:stream";
import type { Envelope, IncomingMessage } from "./backend.ts";
import { contentAtOnce, IncomingBody, type MessageError } from "./incoming-body.ts";
import { SmallPieces } from "./small-pieces.ts";

/** Pieces that are taken as they come; of a message that has more, small ones are put together. */
const ownPieces = 16;

/** Notified of what happens to a message. */
interface Sender {
  /** It accepts more again after it was full, or its reader has given it up. */
  drained(): void;
  /** A listener of its reader's has failed. */
  failed(reason: unknown): void;
}

/** What the content came to. */
type End =
  | { readonly how: "complete" }
  /** Nothing of it may be kept; without an error where the backend had answered before. */
  | { readonly how: "destroyed"; readonly error: MessageError | undefined };

const complete: End = Object.freeze({ how: "complete" });

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
  /** What has come before the body was looked at. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** How many have come, up to `ownPieces`. */
  #taken = 0;
  #small: SmallPieces | null = null;
  #end: End | null = null;

  constructor(envelope: Envelope, sender: Sender) {
    this.envelope = envelope;
    this.#sender = sender;
    Object.defineProperty(this, "body", bodyProperty);
  }

  /** The backend has enough for now. */
  get full(): boolean {
    return this.#body ? this.#body.full : this.#length >= contentAtOnce && this.#end === null;
  }

  /** The content as a stream, the same one each time. */
  stream(): Readable {
    if (this.#body) return this.#body;
    this.#small?.flush();
    const body = new IncomingBody(
      () => this.#sender.drained(),
      (reason) => this.#sender.failed(reason),
    );
    this.#body = body;
    for (const piece of this.#pieces) body.add(piece);
    this.#pieces = [];
    if (this.#end?.how === "complete") body.push(null);
    if (this.#end?.how === "destroyed") body.destroy(this.#end.error);
    return body;
  }

  /** More content. */
  add(content: Buffer): void {
    this.#length += content.length;
    if (this.#taken < ownPieces) {
      this.#taken++;
      this.#keep(content);
      return;
    }
    this.#small ??= new SmallPieces((piece) => this.#keep(piece));
    const held = !this.#small.empty;
    this.#small.add(content);
    // Who reads the body is not kept waiting for what a packet has brought.
    if (this.#body && !held) queueMicrotask(() => this.#small?.flush());
  }

  #keep(piece: Buffer): void {
    if (this.#body) this.#body.add(piece);
    else this.#pieces.push(piece);
  }

  /** The content is complete. */
  finish(): void {
    this.#small?.flush();
    this.#end = complete;
    this.#body?.push(null);
  }

  /** Nothing more comes, and what was not read is dropped. A content that was read to its end stays. */
  destroy(error?: MessageError): void {
    this.#end = { how: "destroyed", error };
    this.#pieces = [];
    this.#small = null;
    if (this.#body && !this.#body.readableEnded) this.#body.destroy(error);
  }
}
