import { domainToASCII } from "node:url";

/** An address in the one form that is used to compare and store addresses. */
export interface Address {
  /** `local@domain`, or only `local` when no domain was given. */
  readonly text: string;
  readonly local: string;
  /** Empty when none was given. */
  readonly domain: string;
}

/**
 * The form in which names and addresses are compared everywhere: at a log-in, as an authorization identity, as senders
 * and recipients, and as keys of accounts and their data. After UsernameCaseMapped of PRECIS (RFC 8265 section 3.3):
 * full-width and half-width characters become the usual ones, lower case, NFC. In addition, needless quotes are removed
 * from the local part (RFC 5321 section 4.1.2), and the domain is without a final dot and in A-labels (RFC 5890).
 *
 * RFC 5321 2.4 leaves the case of a local part to the host it names; this host does not distinguish `Ann@` from `ann@`.
 */
export function canonicalAddress(address: string): Address {
  const mapped = address.replace(OTHER_WIDTH, (characters) => characters.normalize("NFKC"));
  const at = mapped.lastIndexOf("@");
  const local = canonicalLocal(at < 0 ? mapped : mapped.slice(0, at));
  const domain = at < 0 ? "" : canonicalDomain(mapped.slice(at + 1));
  return { text: at < 0 ? local : `${local}@${domain}`, local, domain };
}

/** Whether both name the same mailbox. */
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

/** A domain as in {@link canonicalAddress}. */
export function canonicalDomain(domain: string): string {
  const plain = domain.toLowerCase().normalize("NFC");
  // domainToASCII takes a URL's host: it would cut the name at a `/` or `#`.
  const international = /[^\x00-\x7f]/.test(plain) && /^[a-z0-9.\-\x80-\u{10ffff}]+$/u.test(plain);
  return ((international && domainToASCII(plain)) || plain).replace(/\.+$/, "");
}

/** Halfwidth and Fullwidth Forms, and the ideographic space. */
const OTHER_WIDTH = /[\u3000\uff01-\uffef]+/g;
/** What needs no quotes: atoms, with dots anywhere. */
const ATOMS = /^[^\s"(),:;<>@[\\\]\x00-\x1f\x7f]+$/;

function canonicalLocal(local: string): string {
  const value = unquoted(local);
  return value === null ? folded(local) : quotedWhereNeeded(folded(value));
}

function folded(text: string): string {
  return text.toLowerCase().normalize("NFC");
}

/** The value of a quoted local part; null for one that is not quoted. */
function unquoted(local: string): string | null {
  return /^"(.*)"$/s.exec(local)?.[1]?.replace(/\\(.)/gs, "$1") ?? null;
}

function quotedWhereNeeded(value: string): string {
  return ATOMS.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
