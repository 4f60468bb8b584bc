import { lineScanOf } from "../line-scan/line-scan.ts";

const CR = 0x0d;
const LF = 0x0a;
const LINE_END = Buffer.from("\r\n");
const NOTHING = Buffer.alloc(0);

/**
 * Line ends of a message on its way in: a bare LF becomes CRLF, as mail has it (RFC 5322 section 2.3), and a last line without
 * an end gets one, so that all protocols tell and send the same octets of it. A bare CR ends no line, and stays. Works on
 * chunks, cut anywhere.
 */
export class CrlfLines {
  #last = LF;

  /** @returns the chunk itself where nothing has to be done. */
  write(chunk: Buffer): Buffer {
    const bare = this.#countBare(chunk);
    const lines = bare === 0 ? chunk : this.#complete(chunk, bare);
    this.#last = chunk.at(-1) ?? this.#last;
    return lines;
  }

  /** Behind the last chunk. @returns what is missing. */
  end(): Buffer {
    return this.#last === LF ? NOTHING : LINE_END;
  }

  #countBare(chunk: Buffer): number {
    let count = 0;
    for (let at = chunk.indexOf(LF, this.#readOver(chunk)); at >= 0; at = chunk.indexOf(LF, at + 1))
      if (this.#isBare(chunk, at)) count += 1;
    return count;
  }

  /** @returns a place before which no LF is bare. */
  #readOver(chunk: Buffer): number {
    const scan = this.#last === CR ? null : lineScanOf(chunk);
    return scan ? scan.skip(0, { lineStart: 0, longest: chunk.length, stop: LF }) : 0;
  }

  #complete(chunk: Buffer, bare: number): Buffer {
    const lines = Buffer.allocUnsafe(chunk.length + bare);
    let length = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] === LF && this.#isBare(chunk, at)) lines[length++] = CR;
      lines[length++] = chunk[at] ?? 0;
    }
    return lines;
  }

  /** @param at of a line feed. */
  #isBare(chunk: Buffer, at: number): boolean {
    return at > 0 ? chunk[at - 1] !== CR : this.#last !== CR;
  }
}
