import type { BindAddress } from "../addresses/bind-address.ts";
import type { Configuration } from "../document/effective.ts";

/**
 * Whether the socket of an address takes IPv6 only (IPV6_V6ONLY, ipv6(7)): `[::]:P` listens on both families, unless the
 * document gives IPv4 a socket of its own with `0.0.0.0:P`. Port 0 is another port for each, so there it never does.
 */
export function ipv6OnlyIn({ listeners }: Pick<Configuration, "listeners">): (address: BindAddress) => boolean {
  const addresses = listeners.flatMap(({ bind }) => bind);
  const ports = new Set(addresses.filter(({ host, port }) => host === "0.0.0.0" && port !== 0).map(({ port }) => port));
  return ({ family, port }) => family === 6 && ports.has(port);
}
