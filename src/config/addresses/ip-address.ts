import { isIPv4, isIPv6, SocketAddress } from "node:net";

export interface IpAddress {
  readonly family: 4 | 6;
  /** In the form of RFC 5952 for IPv6, without zone. */
  readonly address: string;
  /** Scope zone of an IPv6 address (RFC 4007): the interface of a link-local address. */
  readonly zone: string | null;
}

const MAPPED = "::ffff:";

/**
 * Reads an IP address. IPv4-mapped IPv6 addresses (`::ffff:192.0.2.1`, RFC 4291 2.5.5.2) come out as the IPv4 address.
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

/** @returns the sixteen or four octets of an address without zone. */
export function octetsOf({ family, address }: Pick<IpAddress, "family" | "address">): number[] {
  if (family === 4) return address.split(".").map(Number);
  const groups = address.replace(/[\d.]+\.[\d.]+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [left = [], right = []] = groups.split("::").map((side) => (side === "" ? [] : side.split(":")));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** The address that these octets are, in its canonical form. */
export function addressOf(octets: readonly number[]): string {
  if (octets.length === 4) return octets.join(".");
  const groups = [];
  for (let index = 0; index < octets.length; index += 2) {
    groups.push((((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0)).toString(16));
  }
  return canonicalIPv6(groups.join(":"));
}

function canonicalIPv6(text: string): string {
  return new SocketAddress({ address: text, family: "ipv6" }).address;
}
