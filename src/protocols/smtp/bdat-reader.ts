const CR = 0x0d;
const LF = 0x0a;

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
  #afterCr = false;
  #lineLength = 0;

  constructor(longestLine: number) {
    this.#longestLine = longestLine;
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
    let afterCr = this.#afterCr;
    let lineStart = -this.#lineLength;
    for (let index = 0; index < octets.length; index++) {
      const octet = octets[index];
      if (octet === LF) {
        if (!afterCr) this.bareLineEnd = true;
        if (index + 1 - lineStart > this.#longestLine) this.lineTooLong = true;
        lineStart = index + 1;
      } else if (afterCr) {
        this.bareLineEnd = true;
      }
      afterCr = octet === CR;
    }
    this.#afterCr = afterCr;
    this.#lineLength = octets.length - lineStart;
    if (this.#lineLength > this.#longestLine) this.lineTooLong = true;
  }

  /** The chunk is complete. */
  complete(): void {
    this.open = false;
    if (this.last && this.#afterCr) this.bareLineEnd = true;
  }
}
