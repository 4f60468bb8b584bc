import type { Headers, MimeNode } from "@zone-eu/mailsplit";
import type { ByteRange, MessagePart, MessageStructure } from "../../protocols/mailbox.ts";
import { fieldOf } from "./envelope.ts";
import { type ParameterizedField, parseLanguages, parseParameterized, parseToken } from "./mime-fields.ts";

/** RFC 2045 5.2. */
const PLAIN_TEXT: ParameterizedField = { value: "TEXT/PLAIN", parameters: [["CHARSET", "us-ascii"]] };
/** Of a part in a multipart/digest (RFC 2046 5.1.5). */
const MESSAGE: ParameterizedField = { value: "MESSAGE/RFC822", parameters: [] };

/** Encodings that a message within a message may have (RFC 2046 5.2.1). */
const IDENTITY_ENCODINGS: ReadonlySet<string> = new Set(["7BIT", "8BIT", "BINARY"]);

/** A body part while its end is not known. */
export class PartDraft {
  readonly headers: Headers | null;
  readonly isMultipart: boolean;
  readonly children: PartDraft[] = [];
  readonly #subtype: string;
  readonly #header: ByteRange;
  #bodyEnd: number;
  #lineEnds = 0;
  #endsInLine = false;

  constructor(node: MimeNode, header: ByteRange) {
    this.headers = node.headers || null;
    this.isMultipart = node.multipart !== false;
    this.#subtype = (node.multipart || "").toUpperCase();
    this.#header = header;
    this.#bodyEnd = header.end;
  }

  get body(): ByteRange {
    return { start: this.#header.end, end: this.#bodyEnd };
  }

  get header(): ByteRange {
    return this.#header;
  }

  get isDigest(): boolean {
    return this.#subtype === "DIGEST";
  }

  addBody(bytes: Buffer): void {
    this.#bodyEnd += bytes.length;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.#lineEnds += 1;
    if (bytes.length > 0) this.#endsInLine = bytes.at(-1) !== 0x0a;
  }

  /** Of a multipart, whose body is more than what was added. */
  close(end: number): void {
    this.#bodyEnd = Math.max(end, this.#header.end);
  }

  holdsMessage(isInDigest: boolean): boolean {
    const { value } = this.#contentType(isInDigest);
    return (value === "MESSAGE/RFC822" || value === "MESSAGE/GLOBAL") && IDENTITY_ENCODINGS.has(this.#encoding());
  }

  toPart(found: {
    readonly parts: readonly MessagePart[];
    readonly message: MessageStructure | null;
    readonly isInDigest: boolean;
  }): MessagePart {
    const { parts, message } = found;
    const disposition = parseParameterized(fieldOf(this.headers, "content-disposition") ?? "");
    return {
      ...this.#type(found),
      id: fieldOf(this.headers, "content-id"),
      description: fieldOf(this.headers, "content-description"),
      encoding: this.#encoding(),
      md5: fieldOf(this.headers, "content-md5"),
      disposition: disposition.value === "" ? null : { type: disposition.value, parameters: disposition.parameters },
      language: parseLanguages(fieldOf(this.headers, "content-language") ?? ""),
      location: fieldOf(this.headers, "content-location"),
      header: this.#header,
      body: this.body,
      // What belongs to a multipart itself comes in pieces that differ from time to time, and nobody asks.
      lines: parts.length > 0 ? 0 : this.#lineEnds + Number(this.#endsInLine),
      parts,
      message,
    };
  }

  #type(found: { parts: readonly MessagePart[]; message: MessageStructure | null; isInDigest: boolean }) {
    const { value, parameters } = this.#contentType(found.isInDigest);
    if (found.parts.length > 0) return { type: "MULTIPART", subtype: this.#subtype, parameters };
    const [type = "", subtype = ""] = value.split("/");
    // A multipart without parts has no form in IMAP.
    if (type === "" || subtype === "" || type === "MULTIPART") {
      return { type: "TEXT", subtype: "PLAIN", parameters: PLAIN_TEXT.parameters };
    }
    // To IMAP, such a type says that the message within is described; where it is not, it is just some data.
    if (type === "MESSAGE" && subtype === "RFC822" && !found.message) {
      return { type: "APPLICATION", subtype: "OCTET-STREAM", parameters: [] };
    }
    return { type, subtype, parameters };
  }

  #contentType(isInDigest: boolean): ParameterizedField {
    const text = fieldOf(this.headers, "content-type");
    if (text) return parseParameterized(text);
    return isInDigest ? MESSAGE : PLAIN_TEXT;
  }

  #encoding(): string {
    return parseToken(fieldOf(this.headers, "content-transfer-encoding") ?? "") || "7BIT";
  }
}

/** A message that cannot be split, as one text. */
export function fallbackPart(range: ByteRange, root: PartDraft | null): MessagePart {
  const header = root?.header ?? { start: range.start, end: range.start };
  return {
    ...{ type: "TEXT", subtype: "PLAIN", parameters: PLAIN_TEXT.parameters, encoding: "8BIT" },
    ...{ id: null, description: null, md5: null, disposition: null, language: [], location: null },
    header,
    body: { start: header.end, end: range.end },
    ...{ lines: 0, parts: [], message: null },
  };
}
