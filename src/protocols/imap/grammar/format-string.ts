import { ASTRING_CHAR, endOfRun } from "./character-classes.ts";
import { encodeMailboxName } from "./mailbox-name.ts";

/** What a quoted string may hold (RFC 3501 section 9, QUOTED-CHAR), tabs aside, which not every client takes there. */
const QUOTABLE = /^[\x20-\x7e]*$/;
const NEEDS_BACKSLASH = /["\\]/g;
/** Clients have buffers for lines; literals they count. */
const LONGEST_QUOTED = 1000;

/** A quoted string where that is possible, else a literal of the text's UTF-8. NUL is left out: no string can hold it. */
export function formatString(text: string): string {
  if (text.length <= LONGEST_QUOTED && QUOTABLE.test(text)) return formatQuoted(text);
  const sendable = text.includes("\0") ? text.replaceAll("\0", "") : text;
  return `{${Buffer.byteLength(sendable)}}\r\n${sendable}`;
}

/** NIL for null. */
export function formatNstring(text: string | null): string {
  return text === null ? "NIL" : formatString(text);
}

/** As it is where it may be, else as `formatString` has it. */
export function formatAstring(text: string): string {
  const plain = text !== "" && endOfRun(text, 0, ASTRING_CHAR) === text.length && text.toUpperCase() !== "NIL";
  return plain ? text : formatString(text);
}

/** The name of a mailbox: modified UTF-7, in quotation marks. */
export function formatMailbox(name: string): string {
  return formatString(encodeMailboxName(name));
}

function formatQuoted(text: string): string {
  // Few texts have one, and the search for both is cheaper than a replacement that finds nothing.
  if (!text.includes('"') && !text.includes("\\")) return `"${text}"`;
  return `"${text.replace(NEEDS_BACKSLASH, "\\$&")}"`;
}
