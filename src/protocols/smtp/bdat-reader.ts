import { nextLineEnd, wordsOf } from "../line-end-search.ts";
import { lineScanOf } from "../line-scan/line-scan.ts";

const CR = 0x0d;
const LF = 0x0a;

/** In the place of the CR that no LF has followed yet. */
const NONE = -2;

/**
 * Counts the octets of BDAT chunks (RFC 3030) and looks at their line ends: as BINARYMIME is not announced, a message in
 * chunks is text as after DATA, and a bare CR or a bare LF makes it one to be refused. A line may go on in the next chunk.
 */
export class BdatReader {
  /** There was a bare CR or a bare LF. */
  bareLineEnd = false;
  /** There was a line longer than the limit. */
  lineTooLong = false;
  /** A chunk is under way. */
  open = false;
  /** Octets of the chunk, as announced. */
  size = 0;
  /** Octets of the chunk that have not come yet. */
  remaining = 0;
  /** The chunk is the message's last one. */
  last = false;

  readonly #longestLine: number;
  readonly #scanOf: typeof lineScanOf;
  #afterCr = false;
  #lineLength = 0;

  /** @param scanOf one that gives null has all lines looked at in JavaScript. */
  constructor(longestLine: number, scanOf = lineScanOf) {
    this.#longestLine = longestLine;
    this.#scanOf = scanOf;
  }

  /** A chunk was announced. */
  begin(octets: number, last: boolean): void {
    this.open = true;
    this.size = octets;
    this.remaining = octets;
    this.last = last;
  }

  /** Looks at octets of the chunk; there may be no more of them than `remaining`. */
  read(octets: Buffer): void {
    this.remaining -= octets.length;
    const words = wordsOf(octets);
    const { length } = octets;
    let lineStart = -this.#lineLength;
    let cr = this.#afterCr ? -1 : NONE;
    let from = 0;
    const scan = cr === NONE ? this.#scanOf(octets) : null;
    if (scan) {
      // A line begins with any octet but a bare LF.
      from = scan.skip(0, { lineStart, longest: this.#longestLine, stop: LF });
      lineStart = scan.lineStart;
    }
    for (let index = nextLineEnd(octets, words, from); index < length; index = nextLineEnd(octets, words, index + 1)) {
      if (octets[index] === CR) {
        if (cr !== NONE) this.bareLineEnd = true;
        cr = index;
        continue;
      }
      if (cr !== index - 1) this.bareLineEnd = true;
      cr = NONE;
      if (index + 1 - lineStart > this.#longestLine) this.lineTooLong = true;
      lineStart = index + 1;
    }
    this.#afterCr = cr === length - 1;
    if (cr !== NONE && !this.#afterCr) this.bareLineEnd = true;
    this.#lineLength = length - lineStart;
    if (this.#lineLength > this.#longestLine) this.lineTooLong = true;
  }

  /** What has come does not end with a line end. */
  get hasOpenLine(): boolean {
    return this.#lineLength > 0;
  }

  /** The chunk is complete. */
  complete(): void {
    this.open = false;
    if (this.last && this.#afterCr) this.bareLineEnd = true;
  }
}
