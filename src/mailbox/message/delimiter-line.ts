/** Lines that divide a multipart (RFC 2046 5.1.1). */
import type { OpenPart } from "./open-part.ts";
import { MAX_BOUNDARY } from "./part-description.ts";

/** White space that may stand behind a boundary. */
const MAX_PADDING = 998;

/** Octets that such a line has at most: dashes, boundary, dashes, white space, CRLF. */
export const LONGEST_DELIMITER = 2 + MAX_BOUNDARY + 2 + MAX_PADDING + 2;

const DASH = 0x2d;

export interface Delimiter {
  /** Place of the multipart among those that are open. */
  readonly index: number;
  readonly closes: boolean;
}

/** Whether this place may be where such a line begins; null where that is not known before there is another octet. */
export function mayBeDelimiter(data: Buffer, at: number): boolean | null {
  if (data[at] !== DASH) return false;
  return at + 1 < data.length ? data[at + 1] === DASH : null;
}

/** A line, without its line feed. */
export interface LineRange {
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * @param line One that begins with two dashes.
 * @param open Parts that are open, the innermost last. When two multiparts have one boundary, the inner one is meant. The
 * whole line has to be the delimiter: readers of mail do not take a longer one for it.
 */
export function findDelimiter(line: LineRange, open: readonly OpenPart[]): Delimiter | null {
  const { data, start, end } = line;
  if (end - start > LONGEST_DELIMITER) return null;
  for (let index = open.length - 1; index >= 0; index--) {
    const boundary = open[index]?.boundary;
    if (!boundary || !isAt(boundary, line)) continue;
    const after = start + 2 + boundary.length;
    if (isBlank(line, after)) return { index, closes: false };
    if (data[after] === DASH && data[after + 1] === DASH && isBlank(line, after + 2)) return { index, closes: true };
  }
  return null;
}

/** Octet by octet: nearly all lines differ in the first, and there may be millions. */
function isAt(boundary: Buffer, { data, start, end }: LineRange): boolean {
  const { length } = boundary;
  if (end - start < 2 + length) return false;
  for (let at = 0; at < length; at++) if (data[start + 2 + at] !== boundary[at]) return false;
  return true;
}

/** A carriage return belongs to the end of the line. */
function isBlank({ data, end }: LineRange, from: number): boolean {
  if (from > end) return false;
  for (let at = from; at < end; at++) {
    const octet = data[at];
    if (octet !== 0x20 && octet !== 0x09 && !(octet === 0x0d && at === end - 1)) return false;
  }
  return true;
}
