import type { Socket } from "node:net";
import type { ConnectionFacts, Endpoint, TlsFacts } from "../protocols/protocol.ts";
import type { ProxyFacts } from "../protocols/proxy-facts.ts";
import type { ProxyHeader } from "./proxy/proxy-header.ts";

/** The facts of one connection. Our own address is asked for only when somebody wants it: that costs a system call. */
export class SocketFacts implements ConnectionFacts {
  readonly id: string;
  readonly listener: string;
  readonly generation: number;
  tls: TlsFacts | null = null;
  readonly #socket: Socket;
  #peer: Endpoint;
  #destination: Endpoint | null = null;
  #proxy: ProxyFacts | null = null;

  constructor(accepted: { id: string; listener: string; socket: Socket; peer: Endpoint }, generation: number) {
    const { id, listener, socket, peer } = accepted;
    this.id = id;
    this.listener = listener;
    this.generation = generation;
    this.#peer = peer;
    this.#socket = socket;
  }

  get peer(): Endpoint {
    return this.#peer;
  }

  /** Unknown when it is asked for only after the socket has closed. */
  get local(): Endpoint {
    return this.#destination ?? endpoint(this.#socket.localAddress, this.#socket.localPort);
  }

  get proxy(): ProxyFacts | null {
    return this.#proxy;
  }

  /** A header that names no client (LOCAL, UNKNOWN) leaves the peer its own address. */
  readFrom({ version, source, destination, tlvs }: ProxyHeader): void {
    this.#proxy = { peer: this.#peer, version, ...(version === 2 ? { tlvs } : {}) };
    this.#peer = source ?? this.#peer;
    this.#destination = destination;
  }
}

/** IPv4-mapped addresses are IPv4 everywhere; a peer that left before it was looked at has no address. */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  if (address === undefined) return { address: "unknown", port: 0 };
  return { address: address.startsWith("::ffff:") ? address.slice(7) : address, port: port ?? 0 };
}
