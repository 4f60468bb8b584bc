import { once } from "node:events";
import type { Transform } from "node:stream";
import { finished } from "node:stream/promises";
import type { MimeNode } from "@zone-eu/mailsplit";
import { textDecoder } from "./charset.ts";
import { fold, type TextFinder } from "./text-finder.ts";

/** Marks and vowels that are composed with a character before them; longer runs of them are cut. */
const LONGEST_COMPOSITION = 32;
const COMPOSED = /[\p{M}\u1100-\u11ff\udc00-\udfff]/u;

/** Looks for a text in a body part, transfer encoding and charset decoded, a chunk at a time. */
export class DecodedPart {
  readonly #finder: TextFinder;
  readonly #decoder: Transform;
  readonly #text: TextDecoder;
  /** The last character, which what comes next may be composed with. */
  #last = "";

  constructor(node: MimeNode, finder: TextFinder) {
    this.#finder = finder;
    finder.begin();
    this.#text = textDecoder(node.charset || "utf-8");
    this.#decoder = node.getDecoder();
    this.#decoder.on("data", (bytes: Buffer) => this.#look(this.#text.decode(bytes, { stream: true })));
    this.#decoder.on("error", () => {});
  }

  /** @returns whether the text has been found. */
  async add(bytes: Buffer): Promise<boolean> {
    if (!this.#finder.isFound && !this.#decoder.write(bytes)) await once(this.#decoder, "drain");
    return this.#finder.isFound;
  }

  async end(): Promise<boolean> {
    this.#decoder.end();
    await finished(this.#decoder).catch(() => {});
    this.#finder.look(fold(this.#last + this.#text.decode()));
    return this.#finder.isFound;
  }

  #look(piece: string): void {
    const text = this.#last + piece;
    let end = text.length - 1;
    while (end > 0 && text.length - end < LONGEST_COMPOSITION && COMPOSED.test(text.charAt(end))) end--;
    this.#last = text.slice(end);
    this.#finder.look(fold(text.slice(0, end)));
  }
}
