import { isWhiteSpace, trimWhiteSpace } from "../../protocols/white-space.ts";

/**
 * Words and specials of structured header fields (RFC 5322 3.2, RFC 2045 5.1). Any text can be read: what is not closed
 * ends with the text. Time is linear.
 */
export interface HeaderToken {
  readonly kind: "atom" | "quoted" | "comment" | "literal" | "special";
  /** Without quotes, parentheses and escapes; a literal keeps its brackets. */
  readonly text: string;
  /** White space or a comment stands before it. */
  readonly spaced: boolean;
}

/** RFC 5322 3.2.3, without those that open quoted strings, comments and literals. */
export const ADDRESS_SPECIALS = "<>@,;:.";

/** RFC 2045 5.1, in the same way. */
export const MIME_SPECIALS = "<>@,;:/=";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const BRACKET = 0x5b;

/** @param specials Characters that are tokens of their own. */
export function* lex(text: string, specials: string): Generator<HeaderToken> {
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    if (isWhiteSpace(text.charCodeAt(at))) {
      spaced = true;
      at += 1;
      continue;
    }
    const token = read(text, { at, specials });
    yield { kind: token.kind, text: token.text, spaced };
    spaced = token.kind === "comment";
    at = token.end;
  }
}

interface Read {
  readonly kind: HeaderToken["kind"];
  readonly text: string;
  readonly end: number;
}

function read(text: string, { at, specials }: { at: number; specials: string }): Read {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return readQuoted(text, at);
  if (code === OPEN) return readComment(text, at);
  if (code === BRACKET) {
    const close = text.indexOf("]", at);
    const end = close < 0 ? text.length : close + 1;
    return { kind: "literal", text: text.slice(at, end), end };
  }
  if (specials.includes(text.charAt(at))) return { kind: "special", text: text.charAt(at), end: at + 1 };
  let end = at + 1;
  while (end < text.length && !endsAtom(text.charCodeAt(end)) && !specials.includes(text.charAt(end))) end += 1;
  return { kind: "atom", text: text.slice(at, end), end };
}

function endsAtom(code: number): boolean {
  return isWhiteSpace(code) || code === QUOTE || code === OPEN;
}

function readQuoted(text: string, at: number): Read {
  let end = at + 1;
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return { kind: "quoted", text: unescaped(text.slice(at + 1, end)), end: end + 1 };
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
  return { kind: "comment", text: trimWhiteSpace(unescaped(text.slice(at + 1, end))), end: end + 1 };
}

function unescaped(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/gs, "$1") : text;
}
