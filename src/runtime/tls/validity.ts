/** How long certificates are valid, and what clients will make of it. */
import type { X509Certificate } from "node:crypto";

/** How many days before its end a certificate's validity is warned about. */
export const EXPIRY_WARNING_DAYS = 14;
export const DAY = 86_400_000;

/** One certificate of a chain. */
export interface ChainMember {
  /** Distinguished name on one line, e.g. `C=US, O=Let's Encrypt, CN=E5`. */
  readonly subject: string;
  /** The server's own certificate, or an issuer in its chain. */
  readonly role: "server" | "issuer";
  readonly notValidBefore: Date;
  readonly notValidAfter: Date;
}

/** `none`: not yet valid. `expiring`: less than 14 days left. */
export type Validity = "none" | "valid" | "expiring" | "expired";

export function chainMember(certificate: X509Certificate, role: ChainMember["role"]): ChainMember {
  const { validFromDate, validToDate } = certificate;
  return { subject: nameOf(certificate), role, notValidBefore: validFromDate, notValidAfter: validToDate };
}

/** A certificate is valid up to and including its last second (RFC 5280 4.1.2.5). */
export function validityAt({ notValidBefore, notValidAfter }: Span, now: Date): Validity {
  if (now > notValidAfter) return "expired";
  if (now < notValidBefore) return "none";
  return notValidAfter.getTime() - now.getTime() < EXPIRY_WARNING_DAYS * DAY ? "expiring" : "valid";
}

export interface Span {
  readonly notValidBefore: Date;
  readonly notValidAfter: Date;
}

/** When the whole chain is valid. */
export function spanOf(chain: readonly ChainMember[]): Span {
  return {
    notValidBefore: new Date(Math.max(...chain.map(({ notValidBefore }) => notValidBefore.getTime()))),
    notValidAfter: new Date(Math.min(...chain.map(({ notValidAfter }) => notValidAfter.getTime()))),
  };
}

/** The next moment at which a validity changes, in Unix time; infinite when none is left. */
export function nextChange(spans: readonly Span[], now: Date): number {
  const moments = spans.flatMap(({ notValidBefore, notValidAfter }) => [
    notValidBefore.getTime(),
    notValidAfter.getTime() - EXPIRY_WARNING_DAYS * DAY + 1,
    notValidAfter.getTime() + 1,
  ]);
  return Math.min(...moments.filter((moment) => moment > now.getTime()), Number.POSITIVE_INFINITY);
}

/** What clients will object to, now or soon; null when nothing. Follows `Certificate "ID" `. */
export function describeValidity(member: ChainMember, now: Date): string | null {
  const { subject, role, notValidBefore, notValidAfter } = member;
  const whose = role === "server" ? "" : `has an issuer in its chain, ${subject}, that `;
  const renew = role === "server" ? "renew it" : "give the chain that its issuer hands out today";
  switch (validityAt(member, now)) {
    case "expired":
      return `${whose}expired on ${day(notValidAfter)}; ${renew}.`;
    case "expiring":
      return `${whose}expires on ${day(notValidAfter)}; ${renew}.`;
    case "none":
      return `${whose}is not valid before ${day(notValidBefore)}; wait, or set the clock right.`;
    case "valid":
      return null;
  }
}

function nameOf(certificate: X509Certificate): string {
  return onOneLine(certificate.subject || certificate.subjectAltName || "without a subject");
}

export function onOneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll("\n", ", ");
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
