/** What a handler is told about a request besides the request itself. */
import type { IncomingMessage } from "node:http";
import type { Endpoint } from "../endpoint.ts";
import type { ConnectionFacts, StreamWire, TlsFacts } from "../protocol.ts";
import type { ProxyFacts } from "../proxy-facts.ts";
import { clientAddress } from "./forwarded.ts";

/** A connection of HTTP. */
export interface Talk {
  readonly facts: ConnectionFacts;
  readonly wire: StreamWire;
}

/** The facts of the connection, and those of the request. */
export interface RequestFacts extends ConnectionFacts {
  /**
   * The address of the client: of `peer`, or where that is one of `forwardedTrustedNetworks`, the one that the field in
   * `forwardedField` names.
   */
  readonly clientAddress: string;
  /**
   * Aborted when the connection ends before the handler has ended its answer, and when a drain or a stop cuts it. After an
   * upgrade: when the connection ends.
   */
  readonly signal: AbortSignal;
  /**
   * Aborted when the server asks the connection to finish: a handler that would go on for long, such as a stream of events
   * or a WebSocket, ends what it does at its next opportunity. `drainTimeout` later the connection is cut.
   */
  readonly draining: AbortSignal;
}

/** Built on demand: most handlers ask for little of it. */
export class HttpRequestFacts implements RequestFacts {
  readonly #connection: ConnectionFacts;
  readonly #wire: StreamWire;
  readonly #request: Pick<IncomingMessage, "headers">;
  #controller: AbortController | null = null;
  #clientAddress: string | null = null;
  #aborted = false;
  #drainController: AbortController | null = null;
  #drains = false;

  constructor(request: Pick<IncomingMessage, "headers">, { facts, wire }: Talk) {
    this.#connection = facts;
    this.#wire = wire;
    this.#request = request;
  }

  get clientAddress(): string {
    this.#clientAddress ??= this.#findClient();
    return this.#clientAddress;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  get draining(): AbortSignal {
    this.#drainController ??= new AbortController();
    if (this.#drains) this.#drainController.abort();
    return this.#drainController.signal;
  }

  /** The connection is to finish. */
  drain(): void {
    this.#drains = true;
    this.#drainController?.abort();
  }

  /** Nobody gets the answer. */
  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  get id(): string {
    return this.#connection.id;
  }

  get listener(): string {
    return this.#connection.listener;
  }

  get generation(): number {
    return this.#connection.generation;
  }

  get peer(): Endpoint {
    return this.#connection.peer;
  }

  get local(): Endpoint {
    return this.#connection.local;
  }

  get proxy(): ProxyFacts | null {
    return this.#connection.proxy;
  }

  get tls(): TlsFacts | null {
    return this.#connection.tls;
  }

  /** For logs and other records. */
  toJSON(): Omit<RequestFacts, "signal" | "draining"> {
    const { id, listener, generation, peer, local, proxy, tls, clientAddress } = this;
    return { id, listener, generation, peer, local, proxy, tls, clientAddress };
  }

  #findClient(): string {
    const { address } = this.#connection.peer;
    const { forwarding } = this.#wire;
    return forwarding ? clientAddress(address, this.#request.headers, forwarding) : address;
  }
}
