import type { X509Certificate } from "node:crypto";
import { readIpAddress } from "../../config/addresses/ip-address.ts";

// One entry of Node's text form: a kind, then a value, which is a JSON string when it holds anything unusual.
const ENTRY = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/** The DNS names, in lower case, and the IP addresses that a certificate is for (RFC 5280 4.2.1.6), in its order. */
export function subjectAlternativeNames(certificate: X509Certificate): string[] {
  return allNames(certificate).names;
}

/** The same, with the mail addresses apart, as they are written. */
export function allNames(certificate: X509Certificate): { readonly names: string[]; readonly emails: string[] } {
  const names: string[] = [];
  const emails: string[] = [];
  // OpenSSL writes IPv6 addresses uncompressed.
  for (const [, kind, value = ""] of (certificate.subjectAltName ?? "").matchAll(ENTRY)) {
    if (kind === "DNS") names.push(unquoted(value).toLowerCase());
    if (kind === "IP Address") names.push(readIpAddress(value)?.address ?? value);
    if (kind === "email") emails.push(unquoted(value));
  }
  return { names, emails };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}
