const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const CRLF = Buffer.from("\r\n");
const STUFFING = Buffer.from(".");
const NOTHING = Buffer.alloc(0);

/**
 * A message as the lines of a multi-line response (RFC 1939 section 3): a line that begins with a dot gets another one, and
 * lines end with CRLF, also those that ended with a bare LF in the message. Works on chunks, cut anywhere.
 */
export class MessageText {
  /** All lines that were wanted have been given; for TOP that is before the end of the message. */
  complete = false;
  /** Lines of the body that are still wanted. */
  #lines: number;
  #inHeader = true;
  #lineEmpty = true;
  #afterCr = false;

  /** @param lines how many lines of the body; all by default. */
  constructor(lines = Number.POSITIVE_INFINITY) {
    this.#lines = lines;
  }

  /** Takes a chunk of the message, which may be returned as it is. @returns what to send. */
  push(chunk: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let runStart = 0;
    let index = 0;
    while (index < chunk.length && !this.complete) {
      if (this.#lineEmpty && !this.#afterCr && chunk[index] === DOT) {
        pieces.push(chunk.subarray(runStart, index), STUFFING);
        runStart = index;
      }
      const lf = chunk.indexOf(LF, index);
      const end = lf === -1 ? chunk.length : lf;
      const length = end - index;
      const afterCr = length > 0 ? chunk[end - 1] === CR : this.#afterCr;
      const empty = this.#lineEmpty && (length === 0 || (length === 1 && afterCr && !this.#afterCr));
      if (lf === -1) {
        this.#lineEmpty = empty;
        this.#afterCr = afterCr;
        index = end;
        continue;
      }
      if (!afterCr) {
        pieces.push(chunk.subarray(runStart, lf), CRLF);
        runStart = lf + 1;
      }
      this.#lineEnded(empty);
      index = lf + 1;
    }
    if (pieces.length === 0 && index === chunk.length) return chunk;
    pieces.push(chunk.subarray(runStart, index));
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  /** The message is over. @returns the end of its last line, where that is missing, and of the response. */
  end(): string {
    if (this.#afterCr) return "\n.\r\n";
    return this.#lineEmpty ? ".\r\n" : "\r\n.\r\n";
  }

  #lineEnded(empty: boolean): void {
    if (!this.#inHeader) this.#lines--;
    else if (empty) this.#inHeader = false;
    this.#lineEmpty = true;
    this.#afterCr = false;
    if (!this.#inHeader && this.#lines <= 0) this.complete = true;
  }
}
