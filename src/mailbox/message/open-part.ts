import type { ByteRange, MessageEnvelope, MessagePart, MessageStructure } from "../../protocols/mailbox.ts";
import type { FieldsByName } from "./envelope.ts";
import { envelopeOf } from "./envelope.ts";
import {
  boundaryOf,
  describePart,
  holdsMessage,
  notLookedInto,
  type PartDescription,
  withoutParts,
} from "./part-description.ts";
import type { TextAllowance } from "./structure-limits.ts";

/** A place in a message, and what is known of the octets before it. */
export interface Place {
  readonly at: number;
  /** Line feeds of the message before it. */
  readonly lineFeeds: number;
  /** The octet before it is no line feed. */
  readonly inLine: boolean;
}

/** What a part is within: a multipart, a part that holds a message, or nothing. */
export interface PartOrigin {
  readonly start: number;
  readonly container: OpenPart | null;
  /** The header is one of a message. */
  readonly isMessage: boolean;
}

/** A part of a message whose header has been read, while its end is not known. */
export class OpenPart {
  readonly #start: number;
  readonly #description: PartDescription;
  /** Of a message. */
  readonly #envelope: MessageEnvelope | null;
  readonly #children: OpenPart[] = [];
  #message: OpenPart | null = null;
  /** Where the header ends. */
  #body: Place;
  #end: Place;
  /** Levels of the part's number. A multipart that is a whole message has that of the message: its parts come next. */
  readonly level: number;
  /** What opens its parts, as long as they are looked for. */
  boundary: Buffer | null = null;

  constructor(
    { start, container, isMessage }: PartOrigin,
    header: { readonly fields: FieldsByName; readonly end: Place; readonly allowance: TextAllowance },
  ) {
    const { fields, end, allowance } = header;
    const isInDigest = container !== null && !isMessage && container.#description.subtype === "DIGEST";
    this.#start = start;
    this.#description = describePart(fields, { isInDigest, allowance });
    this.#envelope = isMessage ? envelopeOf(fields, allowance) : null;
    this.#body = end;
    this.#end = end;
    this.level = (container?.level ?? 0) + Number(!isMessage || this.#description.type !== "MULTIPART");
    if (!container) return;
    if (isMessage) container.#message = this;
    else container.#children.push(this);
  }

  /** The boundary of its parts, if it may have any. */
  get ownBoundary(): Buffer | null {
    return boundaryOf(this.#description);
  }

  get holdsMessage(): boolean {
    return holdsMessage(this.#description);
  }

  close(end: Place): void {
    this.boundary = null;
    if (end.at > this.#body.at) this.#end = end;
    // The line end behind the header of a message that has no body may belong to the delimiter of what holds it.
    else if (this.#envelope) {
      this.#body = end.at < this.#start ? { ...end, at: this.#start } : end;
      this.#end = this.#body;
    }
  }

  toStructure(): MessageStructure {
    if (!this.#envelope) throw new TypeError("Only a message has an envelope.");
    return { envelope: this.#envelope, root: this.toPart() };
  }

  toPart(): MessagePart {
    const parts = this.#children.map((child) => child.toPart());
    const message = this.#message?.toStructure() ?? null;
    const header: ByteRange = { start: this.#start, end: this.#body.at };
    const body: ByteRange = { start: this.#body.at, end: this.#end.at };
    const lines = parts.length > 0 ? 0 : this.#lines();
    return { ...this.#shown(parts, message), header, body, lines, parts, message };
  }

  #shown(parts: readonly MessagePart[], message: MessageStructure | null): PartDescription {
    const description = this.#description;
    if (description.type === "MULTIPART" && parts.length === 0) return withoutParts(description);
    if (description.type === "MESSAGE" && description.subtype === "RFC822" && !message)
      return notLookedInto(description);
    return description;
  }

  /** A last line without an end is one, too. */
  #lines(): number {
    if (this.#end.at <= this.#body.at) return 0;
    return this.#end.lineFeeds - this.#body.lineFeeds + Number(this.#end.inLine);
  }
}
