import type { BindTarget } from "./bound-socket.ts";
import type { Descriptor } from "./descriptor.ts";
import { type BoundAddress, encodeSockaddr, isUnspecified, SockaddrError } from "./sockaddr.ts";

/** A listening socket that the process which started this one made and handed over. */
export interface InheritedSocket {
  readonly address: BoundAddress;
  /** IPV6_V6ONLY; false for IPv4. */
  readonly ipv6Only: boolean;
  /** Its name as given by its maker, e.g. the `FileDescriptorName=` of a socket unit; null without one. */
  readonly name: string | null;
  /** Stays open as long as the process lives, so that a listener may release the socket and take it again. */
  readonly descriptor: Descriptor;
}

/**
 * The sockets that this process was started with. A listener whose document names the address of one takes that socket
 * instead of binding, at the start or in a reload: no privilege is needed.
 */
export class InheritedSockets {
  readonly sockets: readonly InheritedSocket[];
  /** Descriptors that were handed over but cannot be used; each sentence says why. */
  readonly warnings: readonly string[];

  constructor(sockets: readonly InheritedSocket[] = [], warnings: readonly string[] = []) {
    this.sockets = sockets;
    this.warnings = warnings;
  }

  /** The socket with exactly this address and port; none for port 0. */
  find(target: BindTarget): InheritedSocket | undefined {
    return this.sockets.find(({ address }) => isSameAddress(address, target));
  }

  /**
   * A socket with another address that takes this one's clients too: `[::]:25` that is not IPv6-only for `0.0.0.0:25`.
   */
  overlapping(target: BindTarget): InheritedSocket | undefined {
    return this.sockets.find((socket) => socket.address.port === target.port && takesClientsOf(socket, target));
  }

  /** The sockets that none of these targets names. */
  unnamed(targets: readonly BindTarget[]): readonly InheritedSocket[] {
    const named = new Set(targets.map((target) => this.find(target)));
    return this.sockets.filter((socket) => !named.has(socket));
  }
}

/** `[::]:25`, as the document writes it. */
export function inheritedText({ address: { address, family, port } }: InheritedSocket): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What to do when an address cannot be bound beside an inherited socket. */
export function overlapAdvice(socket: InheritedSocket, target: BindTarget): string {
  return (
    `This process was started with a socket for ${inheritedText(socket)}, which has the same port. ` +
    `Write ${inheritedText(socket)} in the document, or let the socket unit listen on ${target.text}.`
  );
}

function isSameAddress(bound: BoundAddress, { host, family, port }: BindTarget): boolean {
  if (port === 0 || bound.port !== port || bound.family !== family) return false;
  try {
    return encodeSockaddr({ address: host, port, family }).equals(encodeSockaddr(bound));
  } catch (error) {
    if (error instanceof SockaddrError) return false;
    throw error;
  }
}

function takesClientsOf({ address, ipv6Only }: InheritedSocket, target: BindTarget): boolean {
  if (!isUnspecified(address.address))
    return isUnspecified(target.host) && (address.family === target.family || !target.ipv6Only);
  return address.family === target.family || (address.family === 6 ? !ipv6Only : !target.ipv6Only);
}
