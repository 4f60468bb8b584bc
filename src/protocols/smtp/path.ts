import { LONGEST_DOMAIN, LONGEST_LOCAL_PART, parseMailbox } from "../../config/addresses/mail-address.ts";
import { isBlank, withoutBlanksAround, withoutBlanksBefore } from "./blanks.ts";
import { endOfPlainPath } from "./plain-path.ts";

/** A path taken from a command's argument, and the text after it. */
export interface ParsedPath {
  /** Without brackets and source route, in the form of `parseMailbox`. Empty for the null path. */
  readonly address: string;
  /** The ESMTP parameters, not parsed yet. */
  readonly rest: string;
}

const plainLimits = { localPart: LONGEST_LOCAL_PART, domain: LONGEST_DOMAIN };

const HOP = String.raw`@(?:[^ \t:,<>"@[\]]+|\[[^ \t,<>"@[\]]+\])`;
/** Accepted and dropped (RFC 5321 appendix C). */
const SOURCE_ROUTE = new RegExp(`^${HOP}(?:, *${HOP})*: *`);

/**
 * Parses the path of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 section 3.3). Brackets may be missing, as old
 * clients leave them out; then the path ends at the first space.
 * @param text begins with the path; white space before it is ignored.
 * @returns null where there is no valid path.
 */
export function parsePath(text: string, kind: "reverse" | "forward"): ParsedPath | null {
  const end = endOfPlainPath(text, plainLimits);
  if (end === -1) return parseAnyPath(text, kind);
  const address = text.slice(1, end);
  if (end + 1 === text.length) return { address, rest: "" };
  const after = text.slice(end + 1);
  return startsBlank(after) ? { address, rest: withoutBlanksAround(after) } : null;
}

/** The same by the whole grammar. */
export function parseAnyPath(text: string, kind: "reverse" | "forward"): ParsedPath | null {
  const trimmed = withoutBlanksBefore(text);
  const bracketed = trimmed.startsWith("<");
  const end = bracketed ? closingBracket(trimmed) : firstSpace(trimmed);
  if (end === -1) return null;
  const content = bracketed ? trimmed.slice(1, end) : trimmed.slice(0, end);
  const after = bracketed ? trimmed.slice(end + 1) : trimmed.slice(end);
  if (after !== "" && !startsBlank(after)) return null;
  const address = parseContent(bracketed ? withoutBlanksAround(content) : content, kind);
  if (address === null || (address === "" && !bracketed)) return null;
  return { address, rest: withoutBlanksAround(after) };
}

function startsBlank(text: string): boolean {
  return isBlank(text.charCodeAt(0));
}

/** Whether the address needs SMTPUTF8 (RFC 6531). */
export function isInternationalized(address: string): boolean {
  return /[^\x00-\x7f]/.test(address);
}

function parseContent(content: string, kind: "reverse" | "forward"): string | null {
  if (content === "") return kind === "reverse" ? "" : null;
  const mailbox = content.replace(SOURCE_ROUTE, "");
  if (kind === "forward" && /^postmaster$/i.test(mailbox)) return mailbox;
  return parseMailbox(mailbox);
}

/** Index of the `>` that is not within a quoted string. */
function closingBracket(text: string): number {
  let quoted = false;
  for (let index = 1; index < text.length; index++) {
    const character = text[index];
    if (quoted && character === "\\") index++;
    else if (character === '"') quoted = !quoted;
    else if (character === ">" && !quoted) return index;
  }
  return -1;
}

function firstSpace(text: string): number {
  const space = text.search(/[ \t]/);
  return space === -1 ? text.length : space;
}
