import type { BindAddress } from "./bind-address.ts";

/**
 * Whether the socket of an address takes IPv6 only (IPV6_V6ONLY, ipv6(7)): `[::]:P` listens on both families, unless
 * the document gives IPv4 its own socket with `0.0.0.0:P`. With port 0 each gets another port, so there it never does.
 * @param addresses all that the document listens on
 */
export function ipv6OnlyAmong(addresses: readonly BindAddress[]): (address: BindAddress) => boolean {
  const ports = new Set(addresses.filter(({ host, port }) => host === "0.0.0.0" && port !== 0).map(({ port }) => port));
  return ({ family, port }) => family === 6 && ports.has(port);
}

/** The same for the addresses of all listeners. */
export function ipv6OnlyIn({
  listeners,
}: {
  readonly listeners: readonly { readonly bind: readonly BindAddress[] }[];
}): (address: BindAddress) => boolean {
  return ipv6OnlyAmong(listeners.flatMap(({ bind }) => bind));
}
