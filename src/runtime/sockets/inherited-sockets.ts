import type { BindTarget } from "./bound-socket.ts";
import type { Descriptor } from "./descriptor.ts";
import type { ExclusiveWakes } from "./exclusive-wakes.ts";
import type { SocketSettings } from "./options.ts";
import { type BoundAddress, encodeSockaddr, isUnspecified, SockaddrError } from "./sockaddr.ts";
import type { SocketFile } from "./socket-file.ts";

/** A listening socket that the process which started this one made or had, and handed over. */
export interface InheritedSocket {
  readonly address: BoundAddress;
  /** IPV6_V6ONLY; false for IPv4. */
  readonly ipv6Only: boolean;
  /** Its name as given by its maker, e.g. the `FileDescriptorName=` of a socket unit; null without one. */
  readonly name: string | null;
  /** Stays open, so that a listener may release the socket and take it again. */
  readonly descriptor: Descriptor;
  /** By which a document may name it: `fd:3`. Left out where nobody knows it. */
  readonly number?: number;
  /** What the server that this one succeeds uses the socket for; left out where there is none, or it does not. */
  readonly handed?: HandedSocket;
  /** Of a Unix socket that was handed over: this process removes it once it is in charge. */
  readonly file?: SocketFile;
  /**
   * It is lent: a listener uses the descriptor itself and never closes it. Other threads accept from it, too; this sees to
   * it that a client wakes one of them. Left out for a socket that is the process's own.
   */
  readonly lent?: ExclusiveWakes;
}

/** Who uses a socket that is handed over, and how. */
export interface HandedSocket {
  /** The listener's name. */
  readonly listener: string;
  /** The address as that listener's document writes it. */
  readonly text: string;
  /** In force, and to stay so until the other server accepts no more. */
  readonly settings: SocketSettings;
  /** Which file it is, for a Unix socket with one; null or left out for all others. */
  readonly file?: string | null;
  /** The service manager's own: it stays open as long as the process lives. */
  readonly managed: boolean;
}

/**
 * The sockets that this process was started with. A listener whose document names the address of one takes that socket
 * instead of binding, at the start or in a reload: no privilege is needed.
 */
export class InheritedSockets {
  #sockets: readonly InheritedSocket[];
  /** Descriptors that were handed over but cannot be used; each sentence says why. */
  readonly warnings: readonly string[];
  readonly #taken = new Set<InheritedSocket>();

  constructor(sockets: readonly InheritedSocket[] = [], warnings: readonly string[] = []) {
    this.#sockets = sockets;
    this.warnings = warnings;
  }

  get sockets(): readonly InheritedSocket[] {
    return this.#sockets;
  }

  /** Puts others in their place, for a thread that is lent the sockets of each document. */
  replace(sockets: readonly InheritedSocket[]): void {
    this.#sockets = sockets;
  }

  /** Those that listeners have taken. */
  get taken(): ReadonlySet<InheritedSocket> {
    return this.#taken;
  }

  /**
   * The socket with exactly this address and port, or this number. For port 0 none, but the one that the listener of this
   * name had for the same text.
   */
  find(target: BindTarget, listener?: string): InheritedSocket | undefined {
    return this.#sockets.find((socket) => {
      const { handed, ipv6Only, address, number } = socket;
      if (target.family === "fd") return handed ? handed.text === target.text : number === Number(target.host);
      if (handed && !handed.managed && (this.#taken.has(socket) || ipv6Only !== target.ipv6Only)) return false;
      if (target.port !== 0 || target.family === "unix") return isSameAddress(address, target);
      return handed?.listener === listener && handed?.text === target.text;
    });
  }

  /** One more, which the document has named. */
  add(socket: InheritedSocket): void {
    this.#sockets = [...this.#sockets, socket];
  }

  /** A listener has taken the socket, as a duplicate of its descriptor. */
  take(socket: InheritedSocket): void {
    this.#taken.add(socket);
  }

  /** The sockets are this process's own from here on: each is open only as long as its listener has it. */
  settle(): void {
    for (const { handed, descriptor, file } of this.#sockets) {
      if (!handed || handed.managed) continue;
      descriptor.close();
      file?.own();
    }
    this.#sockets = this.#sockets
      .filter(({ handed }) => handed?.managed !== false)
      .map(({ handed, number: _, ...socket }) => {
        // Its number here is not the one that the document means.
        const number = handed?.text.startsWith("fd:") ? Number(handed.text.slice("fd:".length)) : null;
        return number === null ? socket : { ...socket, number };
      });
    this.#taken.clear();
  }

  /**
   * A socket with another address that takes this one's clients too: `[::]:25` that is not IPv6-only for `0.0.0.0:25`.
   */
  overlapping(target: BindTarget): InheritedSocket | undefined {
    return this.#sockets.find((socket) => socket.address.port === target.port && takesClientsOf(socket, target));
  }

  /** The sockets that none of these targets names, and that would be left open. */
  unnamed(targets: readonly BindTarget[]): readonly InheritedSocket[] {
    const named = new Set(targets.map((target) => this.find(target)));
    return this.#sockets.filter((socket) => !named.has(socket) && socket.handed?.managed !== false);
  }
}

/** `[::]:25`, as the document writes it. */
export function inheritedText({ address: { address, family, port } }: InheritedSocket): string {
  if (family === "unix") return address;
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What to do when an address cannot be bound beside an inherited socket. */
export function overlapAdvice(socket: InheritedSocket, target: BindTarget): string {
  if (socket.handed && !socket.handed.managed)
    return (
      `The server that this one is to succeed has ${inheritedText(socket)}, which has the same port. ` +
      "Set socketReusePort for both, change the document by a reload first, or restart."
    );
  return (
    `This process was started with a socket for ${inheritedText(socket)}, which has the same port. ` +
    `Write ${inheritedText(socket)} in the document, or let the socket unit listen on ${target.text}.`
  );
}

function isSameAddress(bound: BoundAddress, { host, family, port }: BindTarget): boolean {
  if (family === "fd" || bound.port !== port || bound.family !== family) return false;
  try {
    return encodeSockaddr({ address: host, port, family }).equals(encodeSockaddr(bound));
  } catch (error) {
    if (error instanceof SockaddrError) return false;
    throw error;
  }
}

function takesClientsOf({ address, ipv6Only }: InheritedSocket, target: BindTarget): boolean {
  if (address.family === "unix" || target.family === "unix" || target.family === "fd") return false;
  if (!isUnspecified(address.address))
    return isUnspecified(target.host) && (address.family === target.family || !target.ipv6Only);
  return address.family === target.family || (address.family === 6 ? !ipv6Only : !target.ipv6Only);
}
