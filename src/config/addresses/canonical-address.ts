import { domainToASCII } from "node:url";

/** An address in the one form in which addresses are compared and stored. */
export interface Address {
  /** `local@domain`, or only `local` when no domain was given. */
  readonly text: string;
  readonly local: string;
  /** Empty when none was given. */
  readonly domain: string;
}

/**
 * The form in which names and addresses are compared wherever that is done: at a log-in, for whom a client wants to act,
 * as senders and recipients, as keys of accounts and of what is kept for them. After UsernameCaseMapped of PRECIS (RFC 8265
 * section 3.3): characters of full and half width as the usual ones, lower case, NFC. Besides, needless quotes are taken off the
 * local part (RFC 5321 section 4.1.2), and the domain is without a final dot and in A-labels (RFC 5890).
 *
 * RFC 5321 2.4 leaves the case of a local part to the host it names; this host does not tell `Ann@` from `ann@`.
 */
export function canonicalAddress(address: string): Address {
  const mapped = address.replace(OTHER_WIDTH, (characters) => characters.normalize("NFKC"));
  const at = mapped.lastIndexOf("@");
  const local = canonicalLocal(at < 0 ? mapped : mapped.slice(0, at));
  const domain = at < 0 ? "" : canonicalDomain(mapped.slice(at + 1));
  return { text: at < 0 ? local : `${local}@${domain}`, local, domain };
}

/** Whether both name the same person. */
export function isSameAddress(one: string, other: string): boolean {
  return one === other || canonicalAddress(one).text === canonicalAddress(other).text;
}

/**
 * The address without the detail of RFC 5233: `ann@example.com` for `ann+lists@example.com` and the delimiter `+`.
 * @returns null where there is none.
 */
export function withoutDetail(address: string, delimiter: string): string | null {
  const { local, domain } = canonicalAddress(address);
  const value = unquoted(local) ?? local;
  const at = value.indexOf(delimiter);
  if (at < 1) return null;
  const base = quotedWhereNeeded(value.slice(0, at));
  return domain === "" ? base : `${base}@${domain}`;
}

/** A domain as {@link canonicalAddress} gives it. */
export function canonicalDomain(domain: string): string {
  const plain = domain.toLowerCase().normalize("NFC");
  // domainToASCII takes a URL's host: it would cut the name at a `/` or `#`.
  const international = /[^\x00-\x7f]/.test(plain) && /^[a-z0-9.\-\x80-\u{10ffff}]+$/u.test(plain);
  return ((international && domainToASCII(plain)) || plain).replace(/\.+$/, "");
}

/** Halfwidth and Fullwidth Forms, and the ideographic space. */
const OTHER_WIDTH = /[\u3000\uff01-\uffef]+/g;
/** What stands without quotes: atoms, and dots wherever they are. */
const ATOMS = /^[^\s"(),:;<>@[\\\]\x00-\x1f\x7f]+$/;

function canonicalLocal(local: string): string {
  const value = unquoted(local);
  return value === null ? folded(local) : quotedWhereNeeded(folded(value));
}

function folded(text: string): string {
  return text.toLowerCase().normalize("NFC");
}

/** What a quoted local part stands for; null for one that is not quoted. */
function unquoted(local: string): string | null {
  return /^"(.*)"$/s.exec(local)?.[1]?.replace(/\\(.)/gs, "$1") ?? null;
}

function quotedWhereNeeded(value: string): string {
  return ATOMS.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
