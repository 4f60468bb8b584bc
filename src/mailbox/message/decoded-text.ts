import type { MessagePart } from "../../protocols/mailbox.ts";
import { charsetDecoder } from "./charset.ts";
import type { CharsetDecoder } from "./charset-decoder.ts";
import { fold, type TextFinder } from "./text-finder.ts";
import { type TransferDecoder, transferDecoder } from "./transfer-encoding.ts";

/** Marks and vowels that are composed with a character before them; longer runs of them are cut. */
const LONGEST_COMPOSITION = 32;
const COMPOSED = /[\p{M}\u1100-\u11ff\udc00-\udfff]/u;

/** Looks for a text in a body part, transfer encoding and charset decoded, a chunk at a time. */
export class DecodedText {
  readonly #finder: TextFinder;
  readonly #transfer: TransferDecoder;
  readonly #charset: CharsetDecoder;
  /** The last character, which what comes next may be composed with. */
  #last = "";

  constructor({ encoding, parameters }: MessagePart, finder: TextFinder) {
    this.#finder = finder;
    finder.begin();
    this.#transfer = transferDecoder(encoding);
    this.#charset = charsetDecoder(parameters.find(([name]) => name === "CHARSET")?.[1] || "utf-8");
  }

  /** @returns whether the text has been found. */
  add(chunk: Uint8Array): boolean {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#look(this.#charset.write(this.#transfer.write(bytes)));
    return this.#finder.isFound;
  }

  /** @returns whether the text has been found. */
  end(): boolean {
    this.#finder.look(fold(this.#last + this.#charset.write(this.#transfer.end()) + this.#charset.end()));
    return this.#finder.isFound;
  }

  #look(piece: string): void {
    const text = this.#last + piece;
    let end = text.length - 1;
    while (end > 0 && text.length - end < LONGEST_COMPOSITION && COMPOSED.test(text.charAt(end))) end--;
    this.#last = text.slice(Math.max(0, end));
    this.#finder.look(fold(text.slice(0, Math.max(0, end))));
  }
}
