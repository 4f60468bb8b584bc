import { isWhiteSpace, trimWhiteSpace } from "../../protocols/white-space.ts";

/** Words and specials of structured header fields (RFC 5322 3.2, RFC 2045 5.1). Any text can be read. Time is linear. */
export interface HeaderToken {
  readonly kind: "atom" | "quoted" | "comment" | "literal" | "special";
  /** Without quotes, parentheses and escapes; a literal keeps its brackets. */
  readonly text: string;
  /** White space or a comment stands before it. */
  readonly spaced: boolean;
}

export interface FieldGrammar {
  /** Characters that are tokens of their own. */
  readonly specials: string;
  /**
   * What a quote, parenthesis or bracket is that nobody closes: a character of its word, so that it swallows nothing that
   * follows, or the beginning of something that ends with the text.
   */
  readonly unclosed: "character" | "open";
}

/** RFC 5322 3.2.3, without those that open quoted strings, comments and literals. */
export const ADDRESS_GRAMMAR: FieldGrammar = { specials: "<>@,;:.", unclosed: "character" };

/** RFC 2045 5.1, in the same way. */
export const MIME_GRAMMAR: FieldGrammar = { specials: "<>@,;:/=", unclosed: "open" };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const BRACKET = 0x5b;

export function* lex(text: string, { specials, unclosed }: FieldGrammar): Generator<HeaderToken> {
  const openings = unclosed === "character" ? new Openings(text) : null;
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    if (isWhiteSpace(text.charCodeAt(at))) {
      spaced = true;
      at += 1;
      continue;
    }
    const token = (openings?.isCharacter(at) ? null : readEnclosed(text, at)) ?? readOther(text, { at, specials });
    if (openings && !token.isClosed) {
      openings.stayOpen(at);
      continue;
    }
    yield { kind: token.kind, text: token.text, spaced };
    spaced = token.kind === "comment";
    at = token.end;
  }
}

interface Read {
  readonly kind: HeaderToken["kind"];
  readonly text: string;
  readonly end: number;
  readonly isClosed: boolean;
}

/** Those that nothing closes, found without looking through the rest of the text for each. */
class Openings {
  readonly #text: string;
  /** Where one does not close, none behind it does. */
  readonly #open = new Set<number>();
  /** Parentheses up to here are characters: those between two that stay open are not distinguished. */
  #commentsFrom = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isCharacter(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code === OPEN ? at < this.#commentsFrom : this.#open.has(code);
  }

  /** A parenthesis that a backslash hid from the first look ends the search. */
  stayOpen(at: number): void {
    const code = this.#text.charCodeAt(at);
    if (code !== OPEN) this.#open.add(code);
    else this.#commentsFrom = this.#commentsFrom === 0 ? lastOpenComment(this.#text, at) + 1 : this.#text.length;
  }
}

/** The last parenthesis, from one that stays open on, that does so, too. */
function lastOpenComment(text: string, from: number): number {
  const depths = (each: (at: number, depth: number) => void): number => {
    let depth = 0;
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) at += 1;
      else if (code === OPEN) each(at, ++depth);
      else if (code === CLOSE && depth > 0) depth -= 1;
    }
    return depth;
  };
  const left = depths(() => {});
  let last = from;
  depths((at, depth) => {
    if (depth === left) last = at;
  });
  return last;
}

/** A quoted string, a comment or a literal; null where none begins. */
function readEnclosed(text: string, at: number): Read | null {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return readQuoted(text, at);
  if (code === OPEN) return readComment(text, at);
  if (code !== BRACKET) return null;
  const close = text.indexOf("]", at);
  const end = close < 0 ? text.length : close + 1;
  return { kind: "literal", text: text.slice(at, end), end, isClosed: close >= 0 };
}

function readOther(text: string, { at, specials }: { at: number; specials: string }): Read {
  if (specials.includes(text.charAt(at)))
    return { kind: "special", text: text.charAt(at), end: at + 1, isClosed: true };
  let end = at + 1;
  while (end < text.length && !endsAtom(text.charCodeAt(end)) && !specials.includes(text.charAt(end))) end += 1;
  return { kind: "atom", text: text.slice(at, end), end, isClosed: true };
}

function endsAtom(code: number): boolean {
  return isWhiteSpace(code) || code === QUOTE || code === OPEN;
}

function readQuoted(text: string, at: number): Read {
  let end = at + 1;
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  const isClosed = end < text.length;
  return { kind: "quoted", text: unescaped(text.slice(at + 1, end)), end: end + 1, isClosed };
}

function readComment(text: string, at: number): Read {
  let depth = 1;
  let end = at + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === OPEN) depth += 1;
    if (code === CLOSE) depth -= 1;
    if (depth === 0) break;
    end += code === BACKSLASH ? 2 : 1;
  }
  const words = trimWhiteSpace(unescaped(text.slice(at + 1, end)));
  return { kind: "comment", text: words, end: end + 1, isClosed: depth === 0 };
}

function unescaped(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/gs, "$1") : text;
}
