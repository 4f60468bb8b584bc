/** A command line taken apart (RFC 5321 section 4.1.1): the verb in capitals, and what follows it. */
export interface Command {
  readonly verb: string;
  readonly argument: string;
}

const TAB = 0x09;
const SPACE = 0x20;
/** The first character that may be changed by the way to capitals. */
const SMALL = 0x61;

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
  const text = line.trimEnd();
  let end = 0;
  let capitals = true;
  for (; end < text.length; end++) {
    const character = text.charCodeAt(end);
    if (character === SPACE || character === TAB) break;
    if (character >= SMALL) capitals = false;
  }
  return { verb: verbOf(text, end, capitals), argument: text.slice(end + 1).trimStart() };
}

function verbOf(text: string, end: number, capitals: boolean): string {
  if (!capitals) return text.slice(0, end).toUpperCase();
  return (end === 4 ? usualVerbs.get(fourCharacters(text)) : undefined) ?? text.slice(0, end);
}

/** The host name or address literal of EHLO and HELO: anything printable, as clients send what their host believes. */
export function parseHelo(argument: string): string | null {
  return /^[\x21-\x7e]{1,255}$/.test(argument) ? argument : null;
}

/** `BDAT chunk-size [LAST]` (RFC 3030 section 2). */
export function parseBdat(argument: string): { readonly octets: number; readonly last: boolean } | null {
  const match = /^(\d{1,15})( +LAST)?$/i.exec(argument);
  return match ? { octets: Number(match[1]), last: match[2] !== undefined } : null;
}
