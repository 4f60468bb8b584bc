import { nextLineEnd, wordsOf } from "../line-end-search.ts";
import { lineScanOf } from "../line-scan/line-scan.ts";

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

const nothing = Buffer.alloc(0);
/** Octets to be looked at one by one before plain lines are read over again: a text that has few is no dearer for it. */
const pause = 512;

/** Where in a line the last octet left the reader. */
const BEGINNING = 0;
const WITHIN = 1;
const AFTER_CR = 2;
const AFTER_DOT = 3;
const AFTER_DOT_CR = 4;

/**
 * Reads the content of a message after DATA (RFC 5321 sections 2.3.8 and 4.5.2): takes the stuffed dots away and finds
 * the end. Only CRLF ends a line and only CRLF.CRLF ends the message; a bare CR or a bare LF makes the message one to be
 * refused and never ends anything, so that no two servers can disagree on where it ends.
 */
export class DataReader {
  /** The final dot was read. */
  ended = false;
  /** There was a bare CR or a bare LF. */
  bareLineEnd = false;
  /** There was a line longer than the limit. */
  lineTooLong = false;
  /** What the last `read` gave: a part of its chunk, without stuffed dots. */
  content: Buffer;

  readonly #longestLine: number;
  readonly #scanOf: typeof lineScanOf;
  #place = BEGINNING;
  #lineLength = 0;

  /** @param scanOf one that gives null has all lines looked at in JavaScript. */
  constructor(longestLine: number, scanOf = lineScanOf) {
    this.#longestLine = longestLine;
    this.#scanOf = scanOf;
    this.content = nothing;
  }

  /**
   * Reads a chunk up to its end or up to the end of the message. The content is moved together within the chunk where a
   * dot is taken away; octets after the end of the message are not touched.
   * @returns how many octets were read.
   */
  read(chunk: Buffer): number {
    let place = this.#place;
    let lineStart = -this.#lineLength;
    /** Content lies at 0..written; what is to follow it begins at runStart. */
    let written = 0;
    let runStart = 0;
    let index = 0;
    const words = wordsOf(chunk);
    const scan = this.#scanOf(chunk);
    let scanFrom = 0;
    while (index < chunk.length) {
      if (place === WITHIN) {
        if (scan && index >= scanFrom) {
          index = scan.skip(index, { lineStart, longest: this.#longestLine, stop: DOT });
          lineStart = scan.lineStart;
          scanFrom = index + pause;
        }
        index = nextLineEnd(chunk, words, index);
        if (index === chunk.length) break;
        // As nearly all lines end, which saves a step for each octet around.
        if (chunk[index] === CR && chunk[index + 1] === LF) {
          index += 2;
          if (index - lineStart > this.#longestLine) this.lineTooLong = true;
          lineStart = index;
          place = beginsText(chunk[index]) ? WITHIN : BEGINNING;
          continue;
        }
      }
      const octet = chunk[index];
      if (octet === LF && place === AFTER_DOT_CR) {
        // The CR that was kept for the case of "CRLF . CR x" is a part of the end.
        this.ended = true;
        index++;
        break;
      }
      if (octet === LF && place === AFTER_CR) {
        if (index + 1 - lineStart > this.#longestLine) this.lineTooLong = true;
        lineStart = index + 1;
        place = BEGINNING;
      } else if (octet === LF) {
        this.bareLineEnd = true;
        place = WITHIN;
      } else if (octet === CR) {
        if (place === AFTER_CR || place === AFTER_DOT_CR) this.bareLineEnd = true;
        place = place === AFTER_DOT ? AFTER_DOT_CR : AFTER_CR;
      } else {
        if (place === AFTER_CR || place === AFTER_DOT_CR) this.bareLineEnd = true;
        if (place === BEGINNING && octet === DOT) {
          written = move(chunk, { from: runStart, to: index, at: written });
          runStart = index + 1;
          place = AFTER_DOT;
        } else {
          place = WITHIN;
        }
      }
      index++;
    }
    const runEnd = this.ended
      ? Math.max(runStart, index - 2)
      : place === AFTER_DOT_CR
        ? Math.max(runStart, index - 1)
        : index;
    written = move(chunk, { from: runStart, to: runEnd, at: written });
    this.content = chunk.subarray(0, written);
    this.#place = place;
    this.#lineLength = index - lineStart;
    if (!this.ended && this.#lineLength > this.#longestLine) this.lineTooLong = true;
    return index;
  }
}

/** Whether nothing has to be done about the first octet of a line; not known where the chunk ends before it. */
function beginsText(octet: number | undefined): boolean {
  return octet !== undefined && octet !== DOT && octet !== CR && octet !== LF;
}

/** Moves octets to a place before them. @returns where the content ends now. */
function move(chunk: Buffer, run: { readonly from: number; readonly to: number; readonly at: number }): number {
  if (run.from !== run.at) chunk.copyWithin(run.at, run.from, run.to);
  return run.at + run.to - run.from;
}
