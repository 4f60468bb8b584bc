import { isUtf8 } from "node:buffer";
import {
  ASTRING_CHAR,
  ATOM_CHAR,
  type CharacterClass,
  endOfRun,
  KEYWORD_CHAR,
  LIST_CHAR,
} from "./character-classes.ts";
import type { GrammarLimits } from "./limits.ts";
import { ParseFault } from "./parse-fault.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const BRACE = 0x7b;
const BACKSLASH = 0x5c;
/** The line end is not there yet while the literal is awaited. */
const LITERAL = /\{\d+\+?\}(?:\r\n|$)/y;
const LARGEST_NUMBER = 4_294_967_295;
const LONGEST_NUMBER = 10;
/** RFC 5530 section 3. */
const LIMIT = { status: "NO", code: "LIMIT" } as const;

class AwaitedLiteral extends Error {
  override readonly name = "AwaitedLiteral";
  readonly code = "literal-awaited";
}

/** Thrown where the command is right so far and a literal comes next that is not there yet. */
export const AWAITED = new AwaitedLiteral("A literal of the command has not come yet.");

/** The text of a command, as its octets in Latin-1, with the literals that its `{n}`s stand for. */
export interface CommandText {
  readonly text: string;
  readonly literals: readonly Buffer[];
}

/**
 * A place in the text of a command, and the productions of RFC 3501 section 9 that begin there. Whatever does not fit is a
 * `ParseFault`. Where the grammar asks for one space, several are taken: there are clients that send them.
 */
export class Cursor {
  readonly text: string;
  at: number;
  readonly limits: GrammarLimits;
  readonly #literals: readonly Buffer[];
  #literal = 0;
  #items = 0;
  #texts = 0;

  constructor(command: CommandText, limits: GrammarLimits, at = 0) {
    this.text = command.text;
    this.#literals = command.literals;
    this.limits = limits;
    this.at = at;
  }

  /** The character that is next: NaN at the end. */
  get next(): number {
    return this.text.charCodeAt(this.at);
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  get atSpace(): boolean {
    return this.next === SPACE;
  }

  get atOpen(): boolean {
    return this.next === OPEN;
  }

  get atLiteral(): boolean {
    return this.next === BRACE;
  }

  /** Counts one more thing that the command holds. */
  count(): void {
    this.#items++;
    if (this.#items > this.limits.items) throw new ParseFault("Too many items in one command");
  }

  /** Counts one more text that messages are searched for. */
  countText(): void {
    this.#texts++;
    if (this.#texts > this.limits.textKeys) {
      throw new ParseFault(`A search has ${this.limits.textKeys} texts at most`, LIMIT);
    }
  }

  /** Takes the character if it is next. */
  accept(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  expect(character: string): void {
    if (!this.accept(character)) throw this.fault(`"${character}"`);
  }

  space(): void {
    if (!this.atSpace) throw this.fault("a space");
    this.skipSpaces();
  }

  skipSpaces(): void {
    while (this.next === SPACE) this.at++;
  }

  /** Nothing but spaces may follow. */
  end(): void {
    this.skipSpaces();
    if (!this.atEnd) throw this.fault("the end of the command");
  }

  /** @param wanted what should be here, for the client to read. */
  fault(wanted: string): ParseFault {
    return new ParseFault(`Expected ${wanted} at character ${this.at + 1} of the command`);
  }

  /** A run of at least one such character. */
  run(accepted: CharacterClass, wanted: string): string {
    const start = this.at;
    this.at = endOfRun(this.text, start, accepted);
    if (this.at === start) throw this.fault(wanted);
    return this.text.slice(start, this.at);
  }

  atom(wanted = "an atom"): string {
    return this.run(ATOM_CHAR, wanted);
  }

  /** A name that the grammar knows, in upper case. */
  keyword(wanted: string): string {
    return this.run(KEYWORD_CHAR, wanted).toUpperCase();
  }

  astring(wanted = "a string"): string {
    return this.#isString() ? this.string(wanted) : this.run(ASTRING_CHAR, wanted);
  }

  /** A mailbox name in which the wildcards `*` and `%` may be. */
  listMailbox(): string {
    return this.#isString() ? this.string() : this.run(LIST_CHAR, "a mailbox name or pattern");
  }

  /** A quoted string or a literal. */
  string(wanted = "a string"): string {
    if (this.next === QUOTE) return this.#quoted();
    if (this.next === BRACE) return this.#readLiteral();
    throw this.fault(wanted);
  }

  /** Null for NIL. */
  nstring(): string | null {
    return this.#isString() ? this.string() : this.nil();
  }

  nil(): null {
    const start = this.at;
    if (this.atom("NIL").toUpperCase() === "NIL") return null;
    this.at = start;
    throw this.fault("NIL");
  }

  number(wanted = "a number"): number {
    const start = this.at;
    let value = 0;
    for (let digit = this.next - 0x30; digit >= 0 && digit <= 9; digit = this.next - 0x30) {
      value = value * 10 + digit;
      this.at++;
      if (this.at - start > LONGEST_NUMBER) break;
    }
    if (this.at === start || value > LARGEST_NUMBER) {
      this.at = start;
      throw this.fault(`${wanted} up to ${LARGEST_NUMBER}`);
    }
    return value;
  }

  nonZeroNumber(wanted: string): number {
    const start = this.at;
    const value = this.number(wanted);
    if (value > 0) return value;
    this.at = start;
    throw this.fault(`${wanted} above 0`);
  }

  /** `(`, items with spaces between them, `)`. The list may be empty. */
  list<Item>(read: () => Item): Item[] {
    this.expect("(");
    this.skipSpaces();
    const items: Item[] = [];
    while (this.next !== CLOSE) {
      if (items.length > 0 && this.text.charCodeAt(this.at - 1) !== SPACE) throw this.fault('a space or ")"');
      this.count();
      items.push(read());
      this.skipSpaces();
    }
    this.at++;
    return items;
  }

  #isString(): boolean {
    const { next } = this;
    return next === QUOTE || next === BRACE;
  }

  #quoted(): string {
    const { text } = this;
    const start = this.at + 1;
    let at = start;
    let plain = true;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      if (code === BACKSLASH) {
        plain = false;
        at++;
        const escaped = text.charCodeAt(at);
        if (escaped !== QUOTE && escaped !== BACKSLASH) {
          this.at = at;
          throw this.fault('a quotation mark or backslash after "\\"');
        }
      } else if (code > 0x7f) {
        plain = false;
      } else if (!(code >= SPACE || code === 0x09)) {
        // At the end of the text the code is NaN.
        this.at = Math.min(at, text.length);
        throw this.fault("a closing quotation mark");
      }
      at++;
    }
    this.at = at + 1;
    const content = text.slice(start, at);
    return plain ? content : decode(Buffer.from(content.replace(/\\(.)/g, "$1"), "latin1"));
  }

  #readLiteral(): string {
    LITERAL.lastIndex = this.at;
    if (!LITERAL.test(this.text)) throw this.fault("a literal at the end of its line");
    const octets = this.#literals[this.#literal];
    if (!octets) throw AWAITED;
    this.at = LITERAL.lastIndex;
    this.#literal++;
    return decode(octets);
  }
}

/** What octets mean as UTF-8, which ASCII is a part of. NUL is in no string (RFC 3501 section 9, CHAR8). */
function decode(octets: Buffer): string {
  if (!isUtf8(octets)) throw new ParseFault("Strings have to be UTF-8");
  if (octets.includes(0)) throw new ParseFault("Strings may not hold NUL");
  return octets.toString("utf8");
}
