/** The tokens of a script (RFC 5228 section 8.1). */
import { ScriptFault } from "./finding.ts";

export type Token =
  | { readonly type: "identifier"; readonly offset: number; readonly name: string }
  /** Without its colon. */
  | { readonly type: "tag"; readonly offset: number; readonly name: string }
  | { readonly type: "number"; readonly offset: number; readonly value: number }
  /** Quoted or multi-line; unescaped and dot-unstuffed. */
  | { readonly type: "string"; readonly offset: number; readonly value: string }
  | { readonly type: ";" | "{" | "}" | "[" | "]" | "(" | ")" | ","; readonly offset: number }
  | { readonly type: "end"; readonly offset: number };

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /([0-9]+)([KMG]?)/iy;
const PUNCTUATION = ";{}[](),";
/** `text:` and the rest of its line, which may be a comment. */
const MULTI_LINE = /text:[ \t]*(?:#[^\n]*)?(\r?\n)?/iy;

const QUOTE = 0x22;
const HASH = 0x23;
const STAR = 0x2a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const STUFFED_DOT = /^\.\./gm;

/** Characters of a line that ends a multi-line text. */
const LONGEST_END = 3;

const cutOff = { cutOff: true } as const;

const factors: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Reads one token after another; comments and white space between them are skipped. */
export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws ScriptFault at what is no token. */
  next(): Token {
    this.#skipBlanks();
    const offset = this.#at;
    const first = this.#text.charAt(offset);
    if (first === "") return { type: "end", offset };
    if (first === '"') return { type: "string", offset, value: this.#quoted() };
    if (first === ":") return this.#tag();
    if (PUNCTUATION.includes(first)) {
      this.#at++;
      return { type: first as ";", offset };
    }
    const number = first <= "9" ? this.#match(NUMBER) : null;
    if (number) return { type: "number", offset, value: this.#number(number, offset) };
    const multiLine = first === "t" || first === "T" ? this.#match(MULTI_LINE) : null;
    if (multiLine) return { type: "string", offset, value: this.#multiLine(multiLine, offset) };
    const identifier = this.#match(IDENTIFIER);
    if (identifier) return { type: "identifier", offset, name: identifier[0] };
    throw new ScriptFault(offset, `The character ${shown(this.#text, offset)} cannot stand here.`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      while (isBlank(text.charCodeAt(this.#at))) this.#at++;
      const first = text.charCodeAt(this.#at);
      if (first === HASH) {
        const lf = text.indexOf("\n", this.#at);
        this.#at = lf === -1 ? text.length : lf + 1;
      } else if (first === SLASH && text.charCodeAt(this.#at + 1) === STAR) {
        const end = text.indexOf("*/", this.#at + 2);
        if (end === -1) throw new ScriptFault(this.#at, "The comment has no end: */ is missing.", cutOff);
        this.#at = end + 2;
      } else {
        return;
      }
    }
  }

  #tag(): Token {
    const offset = this.#at++;
    const name = this.#match(IDENTIFIER);
    if (!name) throw new ScriptFault(offset, "A colon begins a tag, like :contains; its name is missing.");
    return { type: "tag", offset, name: name[0] };
  }

  #quoted(): string {
    const text = this.#text;
    const begin = this.#at;
    let value = "";
    let from = begin + 1;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return value + text.slice(from, at);
      }
      if (code !== BACKSLASH) continue;
      value += text.slice(from, at);
      at++;
      from = at;
    }
    throw new ScriptFault(begin, "The string has no end: a quotation mark is missing.", cutOff);
  }

  #number([, digits = "", quantifier = ""]: RegExpExecArray, offset: number): number {
    IDENTIFIER.lastIndex = this.#at;
    if (IDENTIFIER.test(this.#text)) {
      throw new ScriptFault(this.#at, "A number may end with K, M or G; nothing else can follow its digits.");
    }
    const value = Number(digits) * (factors[quantifier.toUpperCase()] ?? 1);
    if (!Number.isSafeInteger(value)) throw new ScriptFault(offset, "The number is too big.");
    return value;
  }

  /** Lines up to one that is a single dot. */
  #multiLine(match: RegExpExecArray, offset: number): string {
    if (match[1] === undefined) {
      throw new ScriptFault(this.#at, "The text begins on the line after text:, so nothing else can follow here.");
    }
    const text = this.#text;
    const begin = this.#at;
    for (let line = begin; line < text.length; ) {
      const lf = text.indexOf("\n", line);
      const end = lf === -1 ? text.length : lf + 1;
      if (end - line <= LONGEST_END && isEnd(text.slice(line, end))) {
        this.#at = end;
        return text.slice(begin, line).replace(STUFFED_DOT, ".");
      }
      line = end;
    }
    throw new ScriptFault(offset, "The text has no end: a line that is a single dot is missing.", cutOff);
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0d || code === 0x0a || code === 0x09;
}

function isEnd(line: string): boolean {
  return line === ".\r\n" || line === ".\n" || line === ".";
}

/** A character for an error message. */
function shown(text: string, offset: number): string {
  const point = text.codePointAt(offset) ?? 0;
  const code = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(String.fromCodePoint(point))
    ? `${String.fromCodePoint(point)} (${code})`
    : code;
}
