import type { Socket } from "node:net";
import { readIpAddress } from "../../config/addresses/ip-address.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { ConnectionFacts, TlsFacts } from "../../protocols/protocol.ts";
import type { ProxyFacts } from "../../protocols/proxy-facts.ts";
import type { ProxyHeader } from "../proxy/proxy-header.ts";

/** What is known of a socket at its accept. */
interface Accepted {
  readonly number: number;
  readonly socket: Socket;
  readonly peer: Endpoint;
  /** Null where it has to be asked for: that costs a system call, and is done only when somebody wants it. */
  readonly local: Endpoint | null;
}

/** Where connections come from. */
export interface Origin {
  /** The name. */
  readonly listener: string;
  /** Number of the document in force. */
  readonly generation: number;
  /** Makes the server's numbers of connections unique over restarts. */
  readonly idPrefix: string;
}

/** The facts of one connection. */
export class SocketFacts implements ConnectionFacts {
  readonly generation: number;
  tls: TlsFacts | null = null;
  readonly #origin: Origin;
  readonly #number: number;
  readonly #socket: Socket;
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

  /** Put together when it is asked for: nobody asks for that of most connections. */
  get id(): string {
    return this.#origin.idPrefix + this.#number.toString(36);
  }

  get listener(): string {
    return this.#origin.listener;
  }

  get peer(): Endpoint {
    return this.#peer;
  }

  /** Where the listener's address stands for all of this host, unknown when it is asked for only after the socket has closed. */
  get local(): Endpoint {
    return this.#destination ?? endpoint(this.#socket.localAddress, this.#socket.localPort);
  }

  get proxy(): ProxyFacts | null {
    return this.#proxy;
  }

  /** For whoever writes them down. */
  toJSON(): ConnectionFacts {
    const { id, listener, generation, peer, local, proxy, tls } = this;
    return { id, listener, generation, peer, local, proxy, tls };
  }

  /** A header that names no client (LOCAL, UNKNOWN) leaves the peer its own address. */
  readFrom({ version, source, destination, tlvs }: ProxyHeader): void {
    this.#proxy = { peer: this.#peer, version, ...(version === 2 ? { tlvs } : {}) };
    this.#peer = source ?? this.#peer;
    this.#destination = destination ?? this.#destination;
  }
}

/** IPv4-mapped addresses are IPv4 everywhere; a peer that left before it was looked at has no address. */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  if (address === undefined) return { address: "unknown", port: 0 };
  // Node gives every other address in its canonical form already.
  const ip = address.startsWith("::ffff:") ? readIpAddress(address) : null;
  return { address: ip?.address ?? address, port: port ?? 0 };
}
