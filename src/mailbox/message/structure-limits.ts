/**
 * What is looked at of one message, all its parts and the messages within it together. None of it refuses a message: what
 * lies beyond is still there and is read as a part of what was found before.
 */
import { MAX_PART_DEPTH } from "../../protocols/mailbox.ts";

export const STRUCTURE_LIMITS = Object.freeze({
  /** Body parts, multiparts and messages within included. Past it, the rest of the message belongs to the last one. */
  parts: 1000,
  /** Levels of a part's number. What is deeper is not looked into. */
  depth: MAX_PART_DEPTH,
  /** Octets of headers. Past it, the rest of the header is not read, and the rest of the message is one part. */
  headers: 1_048_576,
  /** Characters of what headers say, each address counted for {@link ADDRESS_COST} more. Past it, texts are cut, and addresses left out. */
  texts: 524_288,
  /** Characters of one field; the rest is not read. */
  field: 262_144,
  /** Fields of one name in one header; the others are not read. */
  repeated: 64,
  /** Addresses of one field; the others are left out. */
  addresses: 4096,
  /** Words and signs of a field of addresses; the rest is not read. */
  addressWords: 65_536,
  /** Words and signs of another field, in the same way: some thousand parameters. */
  words: 4096,
});

/** What an address takes besides its text, in characters. */
export const ADDRESS_COST = 64;

/** What is left of {@link STRUCTURE_LIMITS}`.texts` for the rest of a message. */
export class TextAllowance {
  #left: number = STRUCTURE_LIMITS.texts;

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** @returns the text, or as much of its beginning as is left. */
  take(text: string): string {
    const taken = text.length <= this.#left ? text : cut(text, this.#left);
    this.#left -= taken.length;
    return taken;
  }

  /** @returns whether so many characters were left: all or nothing. */
  takeAll(characters: number): boolean {
    if (characters > this.#left) {
      this.#left = 0;
      return false;
    }
    this.#left -= characters;
    return true;
  }
}

/** Not in the middle of a character; and as a copy: a slice would keep the whole text in memory. */
function cut(text: string, length: number): string {
  const end = /[\ud800-\udbff]/.test(text[length - 1] ?? "") ? length - 1 : length;
  return Buffer.from(text.slice(0, Math.max(0, end)), "utf8").toString("utf8");
}
