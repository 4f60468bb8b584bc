import { isUtf8 } from "node:buffer";
import { trimWhiteSpace } from "../../protocols/white-space.ts";

/** A field of a header as it stands, an octet a character. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** What follows the colon, with its folds. */
  readonly raw: string;
}

/**
 * The fields of a header (RFC 5322 2.2), in their order. White space may stand before the colon (RFC 5322 4.5); lines
 * without one are no fields, and neither is a first line that begins with white space. Time is linear.
 */
export function* fieldsOf(header: Uint8Array): Generator<HeaderField> {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString("latin1");
  let start = 0;
  while (start < text.length) {
    let end = lineEnd(text, start);
    while (end < text.length && isFold(text, end)) end = lineEnd(text, end);
    const colon = text.indexOf(":", start);
    // Looked for in each line that has none, the next colon would cost a search to the end of the header each time.
    if (colon < 0) return;
    if (colon < end && !isFold(text, start)) {
      yield { name: trimWhiteSpace(text.slice(start, colon)).toLowerCase(), raw: text.slice(colon + 1, end) };
    } else {
      end = Math.max(end, lastLineStart(text, colon));
    }
    start = end;
  }
}

/** The text of a field: unfolded, without white space around it. UTF-8 where it is, else ISO 8859-1. */
export function textOf(raw: string): string {
  return trimWhiteSpace(
    decodeField(raw)
      .replace(/\r?\n(?=[ \t])/g, "")
      .replace(/[\r\n\0]+/g, " "),
  );
}

/** Still with its folds. */
export function decodeField(raw: string): string {
  if (/^[\0-\x7f]*$/.test(raw)) return raw;
  const octets = Buffer.from(raw, "latin1");
  return isUtf8(octets) ? octets.toString("utf8") : raw;
}

/** Where the next line begins. */
function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}

function isFold(text: string, at: number): boolean {
  const character = text.charAt(at);
  return character === " " || character === "\t";
}

/** Where the line of this place begins. */
function lastLineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at) + 1;
}
