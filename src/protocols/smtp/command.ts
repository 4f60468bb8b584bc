import { UNPRINTABLE } from "../../config/values/printable.ts";
import { isBlank, withoutBlanksBefore, withoutBlanksBehind } from "./blanks.ts";

/** A command line taken apart (RFC 5321 section 4.1.1): the verb in capitals, and what follows it. */
export interface Command {
  readonly verb: string;
  readonly argument: string;
}

const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;

/** By its four characters, as one number: what is nearly always meant is found without a string being made of it. */
const usualVerbs = new Map(
  ["HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "RSET", "NOOP", "QUIT"].map((verb) => [
    fourCharacters(verb),
    verb,
  ]),
);

/** Of ASCII alone. */
function fourCharacters(text: string): number {
  return (text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3);
}

/** Parses a line without its line end. White space at the end is ignored, as RFC 5321 section 4.1.1 asks. */
export function parseCommand(line: string): Command {
  const text = withoutBlanksBehind(line);
  let end = 0;
  let capitals = true;
  for (; end < text.length; end++) {
    const character = text.charCodeAt(end);
    if (isBlank(character)) break;
    if (character < CAPITAL_A || character > CAPITAL_Z) capitals = false;
  }
  return { verb: verbOf(text, end, capitals), argument: withoutBlanksBefore(text.slice(end + 1)) };
}

function verbOf(text: string, end: number, capitals: boolean): string {
  // Of ASCII alone: the capital of a dotless i is that of an i.
  if (!capitals) return text.slice(0, end).replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  return (end === 4 ? usualVerbs.get(fourCharacters(text)) : undefined) ?? text.slice(0, end);
}

/** Characters of a name that are kept (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 255;

/**
 * What a client calls itself in EHLO, HELO or LHLO: whatever it says, since clients say what their host believes, with spaces
 * and letters of any kind. It decides nothing. What cannot be printed is replaced by `?`.
 * @returns null where it says nothing.
 */
export function parseHelo(argument: string): string | null {
  if (argument === "") return null;
  return argument.slice(0, LONGEST_NAME).toWellFormed().replace(UNPRINTABLE, "?");
}

/** `BDAT chunk-size [LAST]` (RFC 3030 section 2). */
export function parseBdat(argument: string): { readonly octets: number; readonly last: boolean } | null {
  const match = /^(\d{1,15})( +LAST)?$/i.exec(argument);
  return match ? { octets: Number(match[1]), last: match[2] !== undefined } : null;
}
