import type { Socket } from "node:net";
import { readIpAddress } from "../../config/addresses/ip-address.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { ConnectionFacts, TlsFacts } from "../../protocols/protocol.ts";
import type { ProxyFacts } from "../../protocols/proxy-facts.ts";
import type { ProxyHeader } from "../proxy/proxy-header.ts";

/** What is known of a socket when it is accepted. */
interface Accepted {
  readonly number: number;
  readonly socket: Socket;
  readonly peer: Endpoint;
  /** Null where it must be looked up: that costs a system call, made only on demand. */
  readonly local: Endpoint | null;
}

/** Where connections come from. */
export interface Origin {
  /** The listener's name. */
  readonly listener: string;
  /** Number of the document in force. */
  readonly generation: number;
  /** Makes connection numbers unique across restarts. */
  readonly idPrefix: string;
}

/** The facts of one connection. */
export class SocketFacts implements ConnectionFacts {
  readonly generation: number;
  tls: TlsFacts | null = null;
  readonly #origin: Origin;
  readonly #number: number;
  /** Null once the connection has ended: whoever keeps facts keeps no socket. */
  #socket: Socket | null;
  #peer: Endpoint;
  #destination: Endpoint | null;
  #proxy: ProxyFacts | null = null;

  constructor({ number, socket, peer, local }: Accepted, origin: Origin) {
    this.#origin = origin;
    this.#number = number;
    this.generation = origin.generation;
    this.#peer = peer;
    this.#destination = local;
    this.#socket = socket;
  }

  /** Built on demand: most connections never need it. */
  get id(): string {
    return this.#origin.idPrefix + this.#number.toString(36);
  }

  get listener(): string {
    return this.#origin.listener;
  }

  get peer(): Endpoint {
    return this.#peer;
  }

  /** On a wildcard listener it is looked up on demand; unknown when that happens only after the socket has closed. */
  get local(): Endpoint {
    return this.#destination ?? endpoint(this.#socket?.localAddress, this.#socket?.localPort);
  }

  get proxy(): ProxyFacts | null {
    return this.#proxy;
  }

  /** For logs and other records. */
  toJSON(): ConnectionFacts {
    const { id, listener, generation, peer, local, proxy, tls } = this;
    return { id, listener, generation, peer, local, proxy, tls };
  }

  /** The connection has ended. */
  release(): void {
    this.#socket = null;
    if (!this.tls) return;
    // The group is looked up in the socket.
    const { version, cipherSuite, serverName, alpn, client = null } = this.tls;
    this.tls = { version, cipherSuite, serverName, alpn, group: null, client };
  }

  /** A header that names no client (LOCAL, UNKNOWN) leaves the peer its own address. */
  readFrom({ version, source, destination, tlvs }: ProxyHeader): void {
    this.#proxy = { peer: this.#peer, version, ...(version === 2 ? { tlvs } : {}) };
    this.#peer = source ?? this.#peer;
    this.#destination = destination ?? this.#destination;
  }
}

/** IPv4-mapped addresses become IPv4; a peer that left before the lookup has no address. */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  if (address === undefined) return { address: "unknown", port: 0 };
  // Node gives every other address in canonical form.
  const ip = address.startsWith("::ffff:") ? readIpAddress(address) : null;
  return { address: ip?.address ?? address, port: port ?? 0 };
}
