/** Who a socket says is at its other end. */
import type { Duplex } from "node:stream";
import { isIPv6 } from "../../config/addresses/ip-address.ts";
import type { ConnectionFacts } from "../protocol.ts";

/** Handlers look at `request.socket.remoteAddress`: behind a PROXY header that is the client, as in the facts. */
export function seenAs(stream: Duplex, { peer, local }: Pick<ConnectionFacts, "peer" | "local">): void {
  const family = ({ address }: { readonly address: string }) => (isIPv6(address) ? "IPv6" : "IPv4");
  const seen = {
    remoteAddress: peer.address,
    remotePort: peer.port,
    remoteFamily: family(peer),
    localAddress: local.address,
    localPort: local.port,
    localFamily: family(local),
  };
  for (const [name, value] of Object.entries(seen)) Object.defineProperty(stream, name, { value, configurable: true });
}
