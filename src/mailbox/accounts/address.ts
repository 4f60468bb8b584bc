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
 * The form in which addresses are compared: lower case and NFC on both sides, needless quotes taken off the local part
 * (RFC 5321 4.1.2), the domain without a final dot and in A-labels (RFC 5890).
 *
 * RFC 5321 2.4 leaves the case of a local part to the host it names; this host does not tell `Ann@` from `ann@`.
 */
export function canonicalAddress(address: string): Address {
  const at = address.lastIndexOf("@");
  const local = canonicalLocal(at < 0 ? address : address.slice(0, at));
  const domain = at < 0 ? "" : canonicalDomain(address.slice(at + 1));
  return { text: at < 0 ? local : `${local}@${domain}`, local, domain };
}

/** A domain as {@link canonicalAddress} gives it. */
export function canonicalDomain(domain: string): string {
  const plain = domain.toLowerCase().normalize("NFC");
  // domainToASCII takes a URL's host: it would cut the name at a `/` or `#`.
  const international = /[^\x00-\x7f]/.test(plain) && /^[a-z0-9.\-\x80-\u{10ffff}]+$/u.test(plain);
  return ((international && domainToASCII(plain)) || plain).replace(/\.+$/, "");
}

function canonicalLocal(local: string): string {
  const quoted = /^"(.*)"$/s.exec(local)?.[1];
  if (quoted === undefined) return local.toLowerCase().normalize("NFC");
  const plain = quoted.replace(/\\(.)/gs, "$1").toLowerCase().normalize("NFC");
  const atoms = /^[^\s"(),:;<>@[\\\]\x00-\x1f\x7f.]+(\.[^\s"(),:;<>@[\\\]\x00-\x1f\x7f.]+)*$/;
  return atoms.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&")}"`;
}
