import { octetsOf } from "../config/addresses/ip-address.ts";

/**
 * What a client is counted by: its IPv4 address, or its /64 of IPv6, which is what one customer has at least (RFC 6177).
 * Link-local networks of different interfaces differ (RFC 4007). Behind a translator all IPv4 clients share a /64, so
 * each of its addresses is counted by itself.
 * @param address as in `ConnectionFacts`: IPv4-mapped addresses are IPv4 already.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const percent = address.indexOf("%");
  const zone = percent < 0 ? "" : address.slice(percent);
  const octets = octetsOf(percent < 0 ? address : address.slice(0, percent));
  if (TRANSLATED.some((prefix) => prefix.every((octet, index) => octets[index] === octet))) return address;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = octets;
  return `${hex(a, b)}:${hex(c, d)}:${hex(e, f)}:${hex(g, h)}::/64${zone}`;
}

/** `64:ff9b::/96` (NAT64, RFC 6052 2.1) and `::ffff:0:0:0/96` (SIIT, RFC 2765 2.1): an IPv4 address ends each. */
const TRANSLATED: readonly (readonly number[])[] = [
  [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
];

function hex(high: number, low: number): string {
  return ((high << 8) | low).toString(16);
}
