import { type Configuration, ipv6OnlyIn, type ListenerSettings } from "../../config/index.ts";
import type { BindTarget } from "../sockets/bound-socket.ts";
import type { InheritedSocket, InheritedSockets } from "../sockets/inherited-sockets.ts";

/** `[::]` takes both families, unless the document gives IPv4 its own socket on the same port. */
export function bindTargetsIn(configuration: Configuration): (settings: ListenerSettings) => BindTarget[] {
  const ipv6Only = ipv6OnlyIn(configuration);
  return ({ bind }) => bind.map((address) => ({ ...address, ipv6Only: ipv6Only(address) }));
}

/** The inherited sockets that no listener of the document names. */
export function unnamedSockets(inherited: InheritedSockets, configuration: Configuration): readonly InheritedSocket[] {
  return inherited.unnamed(configuration.listeners.flatMap(bindTargetsIn(configuration)));
}
