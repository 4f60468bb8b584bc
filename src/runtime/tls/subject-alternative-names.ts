import type { X509Certificate } from "node:crypto";
import { isIPv6, SocketAddress } from "node:net";

// One entry of Node's text form: a kind, then a value, which is a JSON string when it holds anything unusual.
const ENTRY = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/** The DNS names, in lower case, and the IP addresses that a certificate is for (RFC 5280 4.2.1.6), in its order. */
export function subjectAlternativeNames(certificate: X509Certificate): string[] {
  const names: string[] = [];
  for (const [, kind, value = ""] of (certificate.subjectAltName ?? "").matchAll(ENTRY)) {
    if (kind === "DNS") names.push(unquoted(value).toLowerCase());
    if (kind === "IP Address") names.push(canonicalAddress(value));
  }
  return names;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}

/** OpenSSL writes IPv6 addresses uncompressed. */
function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address;
}
