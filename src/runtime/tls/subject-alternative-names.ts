import type { X509Certificate } from "node:crypto";
import { readIpAddress } from "../../config/addresses/ip-address.ts";

// One entry of Node's text form: a kind, then a value, which is a JSON string when it holds anything unusual.
const ENTRY = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/** The DNS names, in lower case, and the IP addresses that a certificate is for (RFC 5280 4.2.1.6), in its order. */
export function subjectAlternativeNames(certificate: X509Certificate): string[] {
  const names: string[] = [];
  // OpenSSL writes IPv6 addresses uncompressed.
  for (const [, kind, value = ""] of (certificate.subjectAltName ?? "").matchAll(ENTRY)) {
    if (kind === "DNS") names.push(unquoted(value).toLowerCase());
    if (kind === "IP Address") names.push(readIpAddress(value)?.address ?? value);
  }
  return names;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}
