import { endOfPlainPath } from "./plain-path.ts";

/** A path taken from a command's argument, and the text after it. */
export interface ParsedPath {
  /** Without brackets and source route; the local part is quoted only where it must be. Empty for the null path. */
  readonly address: string;
  /** The ESMTP parameters, not parsed yet. */
  readonly rest: string;
}

/** Octets. RFC 5321 4.5.3.1 asks for 64 and 255 at least; bounce addresses with a token in them are often longer than 64. */
const LONGEST_LOCAL_PART = 254;
const LONGEST_DOMAIN = 255;
const plainLimits = { localPart: LONGEST_LOCAL_PART, domain: LONGEST_DOMAIN };

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x80-\\u{10ffff}-]+";
const DOT_STRING = new RegExp(`^${ATEXT}(?:\\.${ATEXT})*$`, "u");
/** With the underscore, which is no host name but stands in many sender domains. */
const LABEL = /^[A-Za-z0-9_\x80-\u{10ffff}](?:[A-Za-z0-9_\x80-\u{10ffff}-]{0,61}[A-Za-z0-9_\x80-\u{10ffff}])?$/u;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const QUOTED_CONTENT = /^(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\u{10ffff}]|\\[\x20-\x7e])*$/u;
const SOURCE_ROUTE = /^@[^\s:,<>"@]+(?:,@[^\s:,<>"@]+)*:/;

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
  return startsBlank(after) ? { address, rest: after.trim() } : null;
}

/** The same by the whole grammar. */
export function parseAnyPath(text: string, kind: "reverse" | "forward"): ParsedPath | null {
  const trimmed = text.trimStart();
  const bracketed = trimmed.startsWith("<");
  const end = bracketed ? closingBracket(trimmed) : firstSpace(trimmed);
  if (end === -1) return null;
  const content = bracketed ? trimmed.slice(1, end) : trimmed.slice(0, end);
  const after = bracketed ? trimmed.slice(end + 1) : trimmed.slice(end);
  if (after !== "" && !startsBlank(after)) return null;
  const address = parseContent(bracketed ? content.trim() : content, kind);
  if (address === null || (address === "" && !bracketed)) return null;
  return { address, rest: after.trim() };
}

function startsBlank(text: string): boolean {
  return text.startsWith(" ") || text.startsWith("\t");
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

/** Parses `Mailbox` (RFC 5321 section 4.1.2). @returns it with its local part in the simplest form, or null. */
export function parseMailbox(text: string): string | null {
  const at = text.startsWith('"') ? closingQuote(text) + 1 : text.indexOf("@");
  if (at < 1 || text[at] !== "@") return null;
  const localPart = parseLocalPart(text.slice(0, at));
  const domain = text.slice(at + 1);
  return localPart !== null && isDomain(domain) ? `${localPart}@${domain}` : null;
}

function parseLocalPart(text: string): string | null {
  if (Buffer.byteLength(text) > LONGEST_LOCAL_PART) return null;
  if (!text.startsWith('"')) return DOT_STRING.test(text) ? text : null;
  const content = text.slice(1, -1);
  if (!QUOTED_CONTENT.test(content)) return null;
  const value = content.replace(/\\(.)/gu, "$1");
  return DOT_STRING.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function isDomain(text: string): boolean {
  if (text.startsWith("[")) return isAddressLiteral(text);
  return (
    text !== "" && Buffer.byteLength(text) <= LONGEST_DOMAIN && text.split(".").every((label) => LABEL.test(label))
  );
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3). */
function isAddressLiteral(text: string): boolean {
  if (!text.endsWith("]")) return false;
  const content = text.slice(1, -1);
  if (IPV4.test(content)) return true;
  const ipv6 = /^IPv6:([0-9A-F:.]{2,45})$/i.exec(content);
  return ipv6 !== null && URL.canParse(`http://[${ipv6[1]}]/`);
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

/** Index of the quotation mark that ends the quoted string at the beginning of `text`; -1 where it has no end. */
function closingQuote(text: string): number {
  for (let index = 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === '"') return index;
  }
  return -1;
}

function firstSpace(text: string): number {
  const space = text.search(/[ \t]/);
  return space === -1 ? text.length : space;
}
