import { once } from "node:events";
import type { Transform } from "node:stream";
import { finished } from "node:stream/promises";
import type { MimeNode } from "@zone-eu/mailsplit";
import { textDecoder } from "./charset.ts";

/** Text without regard to case and composition. */
export function fold(text: string): string {
  return text.normalize("NFC").toUpperCase();
}

/** Looks for a text in a body part, transfer encoding and charset decoded, a chunk at a time. */
export class DecodedPart {
  readonly #needle: string;
  readonly #decoder: Transform;
  readonly #text: TextDecoder;
  #tail = "";
  #isFound = false;

  /** @param needle As {@link fold} gives it. */
  constructor(node: MimeNode, needle: string) {
    this.#needle = needle;
    this.#text = textDecoder(node.charset || "utf-8");
    this.#decoder = node.getDecoder();
    this.#decoder.on("data", (bytes: Buffer) => this.#look(this.#text.decode(bytes, { stream: true })));
    this.#decoder.on("error", () => {});
  }

  /** @returns whether the text has been found. */
  async add(bytes: Buffer): Promise<boolean> {
    if (!this.#isFound && !this.#decoder.write(bytes)) await once(this.#decoder, "drain");
    return this.#isFound;
  }

  async end(): Promise<boolean> {
    this.#decoder.end();
    await finished(this.#decoder).catch(() => {});
    this.#look(this.#text.decode());
    return this.#isFound;
  }

  #look(text: string): void {
    if (this.#isFound) return;
    const window = this.#tail + fold(text);
    this.#isFound = window.includes(this.#needle);
    this.#tail = this.#needle.length > 1 ? window.slice(1 - this.#needle.length) : "";
  }
}
