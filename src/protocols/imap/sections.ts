/** Which octets of a message a section means (RFC 3501 section 6.4.5). */
import type { ByteRange, MessageContent, MessagePart, MessageStructure } from "../mailbox.ts";
import { trimWhiteSpaceEnd } from "../white-space.ts";
import type { FetchSection, Partial } from "./grammar/fetch-item.ts";

/** Octets of a header that are looked at for HEADER.FIELDS. What a header has beyond that is left out. */
export const LONGEST_HEADER = 1_048_576;
/** How many octets are read at once. */
export const READ_SIZE = 65_536;

/** The whole message can be found without its structure. */
export function needsStructure({ part, text }: FetchSection): boolean {
  return part.length > 0 || text !== null;
}

/** @returns null when the message has no such section. */
export function locate(section: FetchSection, structure: MessageStructure): ByteRange | null {
  const { part: numbers, text } = section;
  if (numbers.length === 0) {
    const { header, body } = structure.root;
    return text === "TEXT" ? { start: body.start, end: body.end } : header;
  }
  const part = findPart(numbers, structure);
  if (!part) return null;
  if (text === null) return part.body;
  if (text === "MIME") return part.header;
  const inner = part.message?.root;
  if (!inner) return null;
  return text === "TEXT" ? inner.body : inner.header;
}

/**
 * Part 1 of a message that is no multipart is its body. Within a part that holds a message, the numbers go on with the
 * parts of that message.
 */
function findPart(numbers: readonly number[], structure: MessageStructure): MessagePart | null {
  let part: MessagePart = structure.root;
  let outermost = true;
  for (const number of numbers) {
    if (!outermost && part.message) {
      part = part.message.root;
      outermost = true;
    }
    if (part.type === "MULTIPART") {
      const child = part.parts[number - 1];
      if (!child) return null;
      part = child;
    } else if (!outermost || number !== 1) {
      return null;
    }
    outermost = false;
  }
  return part;
}

/** The part of a range that `<origin.length>` asks for. */
export function clip({ start, end }: ByteRange, partial: Partial | null): ByteRange {
  if (!partial) return { start, end };
  const from = Math.min(start + partial.origin, end);
  return { start: from, end: Math.min(from + partial.length, end) };
}

interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** With its folded lines and line ends; an octet is a character. */
  readonly text: string;
}

/** The fields of a message's headers. The header that was last asked about is read and split once. */
export class HeaderFields {
  readonly #content: MessageContent;
  #last: { readonly header: ByteRange; readonly fields: readonly HeaderField[] } | null = null;

  constructor(content: MessageContent) {
    this.#content = content;
  }

  /** A header's fields of the names that the section has, or but these, and the empty line that ends it. */
  async select(section: FetchSection, header: ByteRange): Promise<Buffer> {
    const names = new Set(section.fields.map((field) => field.toLowerCase()));
    const wanted = section.text === "HEADER.FIELDS";
    const fields = await this.#of(header);
    const kept = fields.flatMap(({ name, text }) => (names.has(name) === wanted ? text : []));
    return Buffer.from(`${kept.join("")}\r\n`, "latin1");
  }

  async #of(header: ByteRange): Promise<readonly HeaderField[]> {
    if (this.#last?.header.start === header.start) return this.#last.fields;
    const end = Math.min(header.end, header.start + LONGEST_HEADER);
    const octets = await readRange(this.#content, { start: header.start, end });
    const fields = splitFields(octets.toString("latin1")).map((text) => ({ name: fieldName(text), text }));
    this.#last = { header, fields };
    return fields;
  }
}

async function readRange(content: MessageContent, { start, end }: ByteRange): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const piece = await content.read(at, Math.min(at + READ_SIZE, end));
    if (piece.length === 0) break;
    pieces.push(piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Each field with its folded lines and line ends; the empty line is none. */
function splitFields(header: string): string[] {
  const fields: string[] = [];
  for (let start = 0; start < header.length; ) {
    let end = header.indexOf("\n", start) + 1;
    while (end > 0 && (header[end] === " " || header[end] === "\t")) end = header.indexOf("\n", end) + 1;
    if (end === 0) end = header.length;
    const field = header.slice(start, end);
    if (!/^[ \t\r\n]*$/.test(field)) fields.push(field);
    start = end;
  }
  return fields;
}

/** White space may stand before the colon (RFC 5322 4.5), and not before the name. */
function fieldName(field: string): string {
  const colon = field.indexOf(":");
  return trimWhiteSpaceEnd(field.slice(0, Math.max(colon, 0))).toLowerCase();
}
