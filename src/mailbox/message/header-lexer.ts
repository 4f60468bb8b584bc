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

/** @param specials Characters that are tokens of their own. */
export function* lex(text: string, specials: string): Generator<HeaderToken> {
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (/\s/.test(character)) {
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
  const character = text[at] ?? "";
  if (character === '"') return readQuoted(text, at);
  if (character === "(") return readComment(text, at);
  if (character === "[") {
    const close = text.indexOf("]", at);
    const end = close < 0 ? text.length : close + 1;
    return { kind: "literal", text: text.slice(at, end), end };
  }
  if (specials.includes(character)) return { kind: "special", text: character, end: at + 1 };
  let end = at + 1;
  while (end < text.length && !/[\s"(]/.test(text[end] ?? "") && !specials.includes(text[end] ?? "")) end += 1;
  return { kind: "atom", text: text.slice(at, end), end };
}

function readQuoted(text: string, at: number): Read {
  let content = "";
  let end = at + 1;
  while (end < text.length && text[end] !== '"') {
    if (text[end] === "\\" && end + 1 < text.length) end += 1;
    content += text[end];
    end += 1;
  }
  return { kind: "quoted", text: content, end: end + 1 };
}

function readComment(text: string, at: number): Read {
  let content = "";
  let depth = 1;
  let end = at + 1;
  while (end < text.length) {
    const character = text[end];
    if (character === "\\" && end + 1 < text.length) {
      content += text[end + 1];
      end += 2;
      continue;
    }
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    end += 1;
    if (depth === 0) break;
    content += character;
  }
  return { kind: "comment", text: content.trim(), end };
}
