/** The one reader and writer of IP addresses, for those from documents, peers, PROXY headers and the kernel. */
import { isIPv4, SocketAddress } from "node:net";

export interface IpAddress {
  readonly family: 4 | 6;
  /**
   * Without zone, in the canonical form of this address: RFC 5952 for IPv6, as Node gives the kernel's
   * addresses.
   */
  readonly address: string;
  /** Scope zone of an IPv6 address (RFC 4007): the interface of a link-local address. */
  readonly zone: string | null;
}

/** `::ffff:0:0/96`: IPv4 addresses as IPv6 sockets have them. Only these are written with dots. */
const MAPPED = "::ffff:";
const MAPPED_OCTETS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

const GROUP = /^[\dA-Fa-f]{1,4}$/;
const ZONE = /^[\dA-Za-z.:-]+$/;

/** As `isIPv6()` of `node:net`, which takes 5 ms to compile its regular expression when it is first asked. */
export function isIPv6(text: string): boolean {
  if (!text.includes(":")) return false;
  const percent = text.indexOf("%");
  if (percent >= 0 && !ZONE.test(text.slice(percent + 1))) return false;
  const [front = "", back, ...more] = (percent < 0 ? text : text.slice(0, percent)).split("::");
  if (more.length > 0) return false;
  if (back === undefined) return groupsIn(front, true) === 8;
  return groupsIn(front, false) + groupsIn(back, true) <= 7;
}

/** As `isIP()` of `node:net`, by the same reader. */
export function isIP(text: string): boolean {
  return isIPv4(text) || isIPv6(text);
}

/** How many groups of 16 bits; NaN if not all of it is groups. @param last whether it may end as an IPv4 address does */
function groupsIn(text: string, last: boolean): number {
  if (text === "") return 0;
  const groups = text.split(":");
  const tail = last && isIPv4(groups.at(-1) ?? "") ? groups.pop() : undefined;
  return groups.every((group) => GROUP.test(group)) ? groups.length + (tail === undefined ? 0 : 2) : Number.NaN;
}

/**
 * Reads an IP address. IPv4-mapped IPv6 addresses (`::ffff:192.0.2.1`, RFC 4291 2.5.5.2) become the IPv4 address.
 * Translated ones (`::ffff:0:192.0.2.1`, RFC 2765; `64:ff9b::192.0.2.1`, RFC 6052) are IPv6 addresses like any other.
 * @returns null when the text is no IP address.
 */
export function readIpAddress(text: string): IpAddress | null {
  if (isIPv4(text)) return { family: 4, address: text, zone: null };
  if (!isIPv6(text)) return null;
  const percent = text.indexOf("%");
  const zone = percent < 0 ? null : text.slice(percent + 1);
  const address = canonicalIPv6(percent < 0 ? text : text.slice(0, percent));
  const tail = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : "";
  if (isIPv4(tail)) return zone === null ? { family: 4, address: tail, zone } : null;
  return { family: 6, address, zone };
}

/** @returns the sixteen or four octets of an address without zone, in whatever form it is written. */
export function octetsOf(address: string): number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const [front = "", back] = address.split("::");
  const left = octetsOfGroups(front);
  if (back === undefined) return left;
  const right = octetsOfGroups(back);
  return [...left, ...new Array<number>(16 - left.length - right.length).fill(0), ...right];
}

function octetsOfGroups(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** The canonical text of four or sixteen octets; an IPv4-mapped address becomes IPv4. */
export function addressOf(octets: Uint8Array | readonly number[]): string {
  if (octets.length === 4) return octets.join(".");
  if (MAPPED_OCTETS.every((octet, index) => octets[index] === octet)) return octets.slice(12).join(".");
  return ipv6AddressOf(octets);
}

/** The canonical text of sixteen octets as IPv6: mapped addresses stay mapped. */
export function ipv6AddressOf(octets: Uint8Array | readonly number[]): string {
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0)).toString(16));
  }
  return canonicalIPv6(groups.join(":"));
}

function canonicalIPv6(text: string): string {
  return new SocketAddress({ address: text, family: "ipv6" }).address;
}
