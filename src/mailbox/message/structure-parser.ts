import type { MessageStructure } from "../../protocols/mailbox.ts";
import { findDelimiter, LONGEST_DELIMITER, mayBeDelimiter } from "./delimiter-line.ts";
import { OpenPart, type PartOrigin, type Place } from "./open-part.ts";
import { structureFieldsOf } from "./part-description.ts";
import { STRUCTURE_LIMITS, TextAllowance } from "./structure-limits.ts";

const CR = 0x0d;
const LF = 0x0a;
const DELIMITER_START = Buffer.from("\n--");
const NOTHING = Buffer.alloc(0);
/** Octets before a line that tell of its end: CRLF, and the octet before it. */
const LOOK_BEHIND = 3;

/** A header that is being read. */
interface PendingHeader {
  readonly origin: PartOrigin;
  readonly pieces: Buffer[];
}

/**
 * Finds the parts of a message, and of the messages within it, in one pass over its octets: in time that is linear, in
 * memory that does not grow with its size, and within {@link STRUCTURE_LIMITS} for the message as a whole.
 */
export class StructureParser {
  readonly #allowance = new TextAllowance();
  /** Parts that are open, the innermost last. */
  readonly #open: OpenPart[] = [];
  #root: OpenPart | null = null;
  #header: PendingHeader | null = pendingHeader({ start: 0, container: null, isMessage: true });
  #parts = 1;
  #headerOctets = 0;
  /** A limit has been reached: no more parts are looked for. */
  #isFull = false;
  /** A multipart is open whose parts may come. */
  #looksForParts = false;

  /** What has come and is not done with, with what stands just before it. */
  #data: Buffer = NOTHING;
  /** Octets of the message before the data. */
  #offset = 0;
  /** In the data: what is before it has been read. */
  #cursor = 0;
  /** Of what has been read. */
  #lineFeeds = 0;
  #atLineStart = true;

  /** Octets of the message, in their order. */
  push(chunk: Uint8Array): void {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#data = this.#data.length > 0 ? Buffer.concat([this.#data, octets]) : octets;
    this.#read(false);
    const kept = Math.max(0, this.#cursor - LOOK_BEHIND);
    this.#data = Buffer.from(this.#data.subarray(kept));
    this.#offset += kept;
    this.#cursor -= kept;
  }

  /** The message is over. */
  end(): MessageStructure {
    this.#read(true);
    const place = this.#place(this.#cursor);
    while (this.#header) this.#endHeader(place);
    for (const part of this.#open) part.close(place);
    if (!this.#root) throw new TypeError("A message has a header, if an empty one.");
    return this.#root.toStructure();
  }

  #read(isLast: boolean): void {
    let headerFrom = this.#cursor;
    while (this.#cursor < this.#data.length) {
      if (this.#atLineStart) {
        const begun = this.#beginLine(headerFrom, isLast);
        if (begun === "unknown") break;
        if (begun === "taken") {
          headerFrom = this.#cursor;
          continue;
        }
        this.#atLineStart = false;
      }
      if (this.#header) this.#skipLine();
      else if (this.#looksForParts) this.#skipBody();
      else this.#skipTo(this.#data.length);
    }
    this.#collectHeader(headerFrom);
  }

  /** @returns `taken` when the line was a delimiter or the end of a header. */
  #beginLine(headerFrom: number, isLast: boolean): "taken" | "other" | "unknown" {
    const at = this.#cursor;
    if (this.#looksForParts) {
      const candidate = mayBeDelimiter(this.#data, at) ?? "unknown";
      if (candidate === "unknown" && !isLast) return "unknown";
      if (candidate === true) {
        const end = lineFeedFrom(this.#data, at);
        if (end < 0 && !isLast && this.#data.length - at <= LONGEST_DELIMITER) return "unknown";
        if (this.#takeDelimiter(headerFrom, end < 0 ? this.#data.length : end)) return "taken";
      }
    }
    if (!this.#header) return "other";
    const octet = this.#data[at];
    if (octet === CR && at + 1 === this.#data.length && !isLast) return "unknown";
    const length = octet === LF ? 1 : octet === CR && this.#data[at + 1] === LF ? 2 : 0;
    if (length === 0) return "other";
    this.#collectHeader(headerFrom);
    this.#cursor = at + length;
    this.#lineFeeds += 1;
    this.#endHeader(this.#place(this.#cursor));
    return "taken";
  }

  /** @param lineEnd Where its line feed is. @returns false where the line is no delimiter. */
  #takeDelimiter(headerFrom: number, lineEnd: number): boolean {
    const at = this.#cursor;
    const delimiter = findDelimiter({ data: this.#data, start: at, end: lineEnd }, this.#open);
    if (!delimiter) return false;
    if (!delimiter.closes && this.#parts >= STRUCTURE_LIMITS.parts) {
      this.#stopLooking();
      return false;
    }
    this.#collectHeader(headerFrom);
    while (this.#header) this.#endHeader(this.#place(at));
    const end = this.#beforeLine(at);
    for (const part of this.#open.splice(delimiter.index + 1)) part.close(end);
    const multipart = this.#open[delimiter.index];
    if (lineEnd < this.#data.length) this.#lineFeeds += 1;
    this.#cursor = Math.min(lineEnd + 1, this.#data.length);
    if (!multipart) return true;
    if (delimiter.closes) this.#setBoundary(multipart, null);
    else this.#begin({ start: this.#offset + this.#cursor, container: multipart, isMessage: false });
    return true;
  }

  #begin(origin: PartOrigin): void {
    this.#parts += 1;
    this.#header = pendingHeader(origin);
  }

  #endHeader(place: Place): void {
    const header = this.#header;
    if (!header) return;
    this.#header = null;
    const fields = structureFieldsOf(Buffer.concat(header.pieces));
    const part = new OpenPart(header.origin, { fields, end: place, allowance: this.#allowance });
    this.#root ??= part;
    this.#open.push(part);
    if (this.#allowance.isSpent) this.#stopLooking();
    if (this.#isFull || part.level >= STRUCTURE_LIMITS.depth) return;
    this.#setBoundary(part, part.ownBoundary);
    if (!part.holdsMessage) return;
    if (this.#parts >= STRUCTURE_LIMITS.parts) this.#stopLooking();
    else this.#begin({ start: place.at, container: part, isMessage: true });
  }

  /** What comes belongs to the part that is open. */
  #stopLooking(): void {
    this.#isFull = true;
    for (const part of this.#open) part.boundary = null;
    this.#looksForParts = false;
  }

  #setBoundary(part: OpenPart, boundary: Buffer | null): void {
    part.boundary = boundary;
    this.#looksForParts = this.#open.some((open) => open.boundary !== null);
  }

  #skipLine(): void {
    const { length } = this.#data;
    let at = this.#cursor;
    while (at < length && this.#data[at] !== LF) at += 1;
    this.#atLineStart = at < length;
    if (this.#atLineStart) this.#lineFeeds += 1;
    this.#cursor = Math.min(at + 1, length);
  }

  /** To the next line that may be a delimiter. */
  #skipBody(): void {
    const found = this.#data.indexOf(DELIMITER_START, this.#cursor);
    const last = found < 0 ? this.#data.lastIndexOf(LF) : found;
    // The beginning of a delimiter may be all that there is of it.
    const isNearEnd = found < 0 && last >= this.#cursor && mayBeDelimiter(this.#data, last + 1) === null;
    this.#skipTo(found >= 0 || isNearEnd ? last + 1 : this.#data.length);
  }

  #skipTo(end: number): void {
    for (let at = this.#cursor; at < end; at++) if (this.#data[at] === LF) this.#lineFeeds += 1;
    this.#cursor = end;
    this.#atLineStart = this.#data[end - 1] === LF;
  }

  /** Keeps what has been read of a header, up to the limit of all headers together. */
  #collectHeader(from: number): void {
    if (!this.#header || from >= this.#cursor) return;
    const piece = this.#data.subarray(from, this.#cursor);
    const left = STRUCTURE_LIMITS.headers - this.#headerOctets;
    this.#headerOctets += piece.length;
    if (left > 0) this.#header.pieces.push(Buffer.from(piece.subarray(0, left)));
    if (piece.length > left) this.#stopLooking();
  }

  #place(index: number): Place {
    return {
      at: this.#offset + index,
      lineFeeds: this.#lineFeeds,
      inLine: index > 0 && this.#data[index - 1] !== LF,
    };
  }

  /** Before the line end that belongs to a delimiter (RFC 2046 5.1.1). */
  #beforeLine(index: number): Place {
    if (index === 0 || this.#data[index - 1] !== LF) return this.#place(index);
    const end = index - (this.#data[index - 2] === CR ? 2 : 1);
    return {
      at: this.#offset + end,
      lineFeeds: this.#lineFeeds - 1,
      inLine: end > 0 && this.#data[end - 1] !== LF,
    };
  }
}

/** Lines are short: a search of Node's own costs more than the steps that it saves. */
function lineFeedFrom(data: Buffer, from: number): number {
  const longest = Math.min(data.length, from + LONGEST_DELIMITER + 1);
  for (let at = from; at < longest; at++) if (data[at] === LF) return at;
  return data.indexOf(LF, longest);
}

function pendingHeader(origin: PartOrigin): PendingHeader {
  return { origin, pieces: [] };
}
