/** The addresses that a script names (RFC 5228 section 2.4.2.3), as RFC 5322 section 3.4 writes them. */
import { parseMailbox } from "../../config/addresses/mail-address.ts";

/** What white space and comments leave of an address. */
interface Token {
  readonly type: "word" | "literal" | "." | "@" | "<" | ">";
  readonly text: string;
}

/** RFC 5321 section 4.5.3.1 allows 254 octets for a path, and a name may stand before it. */
const LONGEST_ADDRESS = 1024;

const BLANKS = /[ \t\r\n]+/y;
const WORD = /"(?:[^"\\\0-\x1f\x7f]|\\[ -~])*"|[^ "(),.:;<>@[\\\]\0-\x1f\x7f]+/y;
const LITERAL = /\[[^ [\]\\]*\]/y;
const MARK = /[.@<>]/y;

/**
 * Whether a string is one address: `ann@example.com`, or `Ann <ann@example.com>`, with white space and comments between
 * its parts as a header may have them.
 */
export function isAddress(text: string): boolean {
  const tokens = text.length <= LONGEST_ADDRESS ? tokensOf(text) : null;
  if (!tokens) return false;
  const open = tokens.findIndex(({ type }) => type === "<");
  if (open === -1) return isAddrSpec(tokens);
  const phrase = tokens.slice(0, open);
  return (
    phrase.every(({ type }) => type === "word" || type === ".") &&
    tokens.at(-1)?.type === ">" &&
    isAddrSpec(tokens.slice(open + 1, -1))
  );
}

function isAddrSpec(tokens: readonly Token[]): boolean {
  // What a blank has parted stays apart.
  const apart = tokens.some(({ type }, index) => type === "word" && tokens[index + 1]?.type === "word");
  return !apart && parseMailbox(tokens.map(({ text }) => text).join("")) !== null;
}

/** @returns null where something stands that is in no address. */
function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === "(") {
      at = endOfComment(text, at);
      if (at === -1) return null;
      continue;
    }
    const blanks = match(BLANKS, text, at);
    if (blanks) {
      at += blanks.length;
      continue;
    }
    const token = tokenAt(text, at);
    if (!token) return null;
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token | null {
  const mark = match(MARK, text, at);
  if (mark) return { type: mark as ".", text: mark };
  const word = match(WORD, text, at);
  if (word) return { type: "word", text: word };
  const literal = match(LITERAL, text, at);
  return literal ? { type: "literal", text: literal } : null;
}

/** Comments stand within comments. @returns -1 for one without an end. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  return -1;
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
