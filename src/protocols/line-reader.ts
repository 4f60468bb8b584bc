import { isUtf8 } from "node:buffer";

/** What `next()` found. After `too-long` and `bare-lf` it is no longer known where a line begins: nothing more is read. */
export type LineStatus =
  /** A whole line is in `line`. */
  | "line"
  /** The line is not complete yet. */
  | "more"
  /** The peer ended its side; an unterminated fragment is dropped. */
  | "ended"
  /** More octets than the limit without a line end. */
  | "too-long"
  /** A line feed without its carriage return, where they are refused. */
  | "bare-lf"
  /** A complete line that holds a NUL, a carriage return or octets that are not UTF-8; `line` has it as Latin 1. The next line can be read. */
  | "malformed";

export interface LineReaderOptions {
  /** `refuse` (the default) lets only CRLF end a line; `accept` takes a lone LF as well. */
  readonly bareLf?: "refuse" | "accept";
}

const LF = 0x0a;
const CR = 0x0d;
const NUL = "\0";
/** What a line in plain ASCII never holds: NUL, CR and octets above 127. */
const SUSPECT = /[^\x01-\x0c\x0e-\x7f]/;
const SMALLEST_FRAGMENT = 256;

/**
 * Takes chunks as they come and gives lines, one at a time and without a promise. A line that lies within one chunk is
 * decoded where it is; only an unterminated fragment is copied, and never more of it than the limit allows. At any line
 * end a caller may go over to raw octets (`rest`, `skip`, `take`), and back.
 */
export class LineReader {
  /** The line that `next()` announced, without its line end. */
  line = "";

  readonly #acceptBareLf: boolean;
  #chunk: Buffer | null = null;
  #offset = 0;
  #fragment: Buffer | null = null;
  #held = 0;
  #ended = false;
  #fault: "too-long" | "bare-lf" | null = null;

  constructor(options: LineReaderOptions = {}) {
    this.#acceptBareLf = options.bareLf === "accept";
  }

  /** Octets that were pushed and not yet read, the unterminated fragment included. */
  get buffered(): number {
    return this.#held + (this.#chunk ? this.#chunk.length - this.#offset : 0);
  }

  /** The peer has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a chunk, which belongs to the reader from here on. After a fault that ends the reading it is dropped. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#fault) return;
    const octets = asBuffer(chunk);
    this.#chunk = this.#chunk ? Buffer.concat([this.#chunk.subarray(this.#offset), octets]) : octets;
    this.#offset = 0;
  }

  /** No chunk will follow. */
  end(): void {
    this.#ended = true;
  }

  /** Forgets all that was pushed and not yet read, the unterminated fragment included. */
  clear(): void {
    this.#chunk = null;
    this.#offset = 0;
    this.#fragment = null;
    this.#held = 0;
    this.#fault = null;
  }

  /**
   * Reads the next line.
   * @param limit octets of the longest line, line end included.
   */
  next(limit: number): LineStatus {
    if (this.#fault) return this.#fault;
    const chunk = this.#chunk;
    if (!chunk) return this.#ended ? "ended" : "more";
    const lf = chunk.indexOf(LF, this.#offset);
    const end = lf === -1 ? chunk.length : lf + 1;
    if (this.#held + end - this.#offset > limit) return this.#fail("too-long");
    if (lf === -1) {
      this.#hold(chunk.subarray(this.#offset), limit);
      this.#consume(chunk.length);
      return this.#ended ? "ended" : "more";
    }
    if (this.#held === 0) {
      const start = this.#offset;
      this.#consume(end);
      return this.#decode(chunk, start, end);
    }
    this.#hold(chunk.subarray(this.#offset, end), limit);
    this.#consume(end);
    const fragment = this.#fragment ?? chunk;
    const length = this.#held;
    this.#fragment = null;
    this.#held = 0;
    return this.#decode(fragment, 0, length);
  }

  /** The rest of what was pushed, without taking it; null when there is none. To be asked for at a line end only. */
  rest(): Buffer | null {
    return this.#chunk && this.#offset > 0 ? this.#chunk.subarray(this.#offset) : this.#chunk;
  }

  /** Takes that many octets of `rest()`. */
  skip(octets: number): void {
    this.#consume(this.#offset + octets);
  }

  /** Takes the rest of what was pushed, but at most `octets`; null when there is none. */
  take(octets: number): Buffer | null {
    if (!this.#chunk) return null;
    const taken = this.#chunk.subarray(this.#offset, this.#offset + octets);
    this.#consume(this.#offset + taken.length);
    return taken;
  }

  #consume(end: number): void {
    this.#offset = end;
    if (this.#chunk && end >= this.#chunk.length) {
      this.#chunk = null;
      this.#offset = 0;
    }
  }

  #fail(fault: "too-long" | "bare-lf"): LineStatus {
    this.clear();
    this.#fault = fault;
    return fault;
  }

  #hold(octets: Buffer, limit: number): void {
    const length = this.#held + octets.length;
    if (!this.#fragment || this.#fragment.length < length) {
      const grown = Buffer.allocUnsafe(Math.min(limit, Math.max(SMALLEST_FRAGMENT, 2 * length)));
      this.#fragment?.copy(grown, 0, 0, this.#held);
      this.#fragment = grown;
    }
    octets.copy(this.#fragment, this.#held);
    this.#held = length;
  }

  /** @param end just after the line feed. */
  #decode(octets: Buffer, start: number, end: number): LineStatus {
    const hasCr = end - 2 >= start && octets[end - 2] === CR;
    if (!hasCr && !this.#acceptBareLf) return this.#fail("bare-lf");
    const textEnd = hasCr ? end - 2 : end - 1;
    const text = octets.toString("latin1", start, textEnd);
    this.line = text;
    if (!SUSPECT.test(text)) return "line";
    if (text.includes(NUL) || text.includes("\r") || !isUtf8(octets.subarray(start, textEnd))) return "malformed";
    this.line = octets.toString("utf8", start, textEnd);
    return "line";
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
