import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ClientAuth } from "../../config/index.ts";
import type { ClientCertificate, TlsFacts } from "../../protocols/protocol.ts";
import {
  awaitEnd,
  handOver,
  hold,
  holderOf,
  type SocketHolder,
  type SocketReader,
  stopReading,
} from "../sockets/carried.ts";
import { clientCertificate, lacking } from "./client-certificate.ts";
import type { TlsServerOptions } from "./context.ts";
import { DESTROYED, type HandshakeFailure, handshakeFailure, PEER_CLOSED } from "./handshake-failure.ts";
import { keyExchangeGroup } from "./key-exchange-group.ts";

export interface HandshakeCallbacks {
  /** From now on the socket delivers the peer's decrypted bytes; a listener for its `error` events is optional. */
  secured(socket: TLSSocket, facts: TlsFacts): void;
  /** Both sockets are destroyed by now. */
  failed(failure: HandshakeFailure): void;
}

/**
 * The server's side of a TLS handshake, both under implicit TLS and after STARTTLS. Calls back exactly once, never
 * before it has returned. It has no time limit: the caller destroys `raw`, which ends everything and calls `failed`.
 *
 * Requirements on `raw`:
 * - it has no `data` or `readable` listener;
 * - its read buffer holds only the beginning of the handshake. So what was read together with a PROXY header is put
 * back by `raw.unshift()`, and what was sent in clear before STARTTLS is dropped by `discardClearText()`;
 * - what was written to it before is sent first, in clear.
 *
 * From here on bytes are read and written through the TLS socket only. Destroying either socket destroys the other. No
 * `error` event of either is ever unhandled.
 */
export function startHandshake(raw: Socket, options: TlsServerOptions, callbacks: HandshakeCallbacks): TLSSocket {
  const socket = new TLSSocket(raw, options.socketOptions);
  const handshake = new Handshake({ raw, socket, clientAuth: options.clientAuth, callbacks });
  socket.on("secure", onSecure);
  // Node reports TLS errors by `_tlsError`, and by `error` only under a `tls.Server`.
  socket.on("_tlsError", onTlsError);
  raw.on("error", ignore);
  hold(socket, handshake);
  // With allowHalfOpen nothing else notices a FIN in mid-handshake.
  awaitEnd(socket, handshake);
  // A FIN that came before, while a PROXY header was read or in the queue for a handshake, reached `raw` alone.
  awaitEnd(raw, handshake);
  if (raw.readableEnded) process.nextTick(() => handshakeOn(socket)?.ended());
  if (raw.destroyed) process.nextTick(() => handshakeOn(socket)?.socketClosed());
  return socket;
}

interface HandshakeParts {
  readonly raw: Socket;
  readonly socket: TLSSocket;
  readonly clientAuth: ClientAuth;
  readonly callbacks: HandshakeCallbacks;
}

class Handshake implements SocketHolder, SocketReader {
  readonly #raw: Socket;
  readonly #socket: TLSSocket;
  readonly #clientAuth: ClientAuth;
  readonly #callbacks: HandshakeCallbacks;

  constructor({ raw, socket, clientAuth, callbacks }: HandshakeParts) {
    this.#raw = raw;
    this.#socket = socket;
    this.#clientAuth = clientAuth;
    this.#callbacks = callbacks;
  }

  secured(): void {
    const client = this.#clientAuth === "none" ? null : clientCertificate(this.#socket, new Date());
    const problem = this.#clientAuth === "required" ? lacking(client) : null;
    if (problem !== null) {
      this.fail({ reason: "client-certificate", detail: problem });
      return;
    }
    this.#leave();
    this.#callbacks.secured(this.#socket, factsOf(this.#socket, client));
  }

  fail(failure: HandshakeFailure): void {
    this.#leave();
    this.#socket.destroy();
    this.#raw.destroy();
    this.#callbacks.failed(failure);
  }

  ended(): void {
    this.fail(PEER_CLOSED);
  }

  socketClosed(): void {
    this.fail(DESTROYED);
  }

  /** `_tlsError` has reported it. */
  socketFailed(): void {}

  /** The bytes are TLS records, and are not read here. */
  received(): void {}

  drained(): void {}

  /** What served the handshake is not kept for the life of the connection. */
  #leave(): void {
    handOver(this.#socket, null);
    stopReading(this.#socket);
    stopReading(this.#raw);
  }
}

/** Null when it is over. */
function handshakeOn(socket: TLSSocket): Handshake | null {
  const holder = holderOf(socket);
  return holder instanceof Handshake ? holder : null;
}

function onSecure(this: TLSSocket): void {
  handshakeOn(this)?.secured();
}

/**
 * Node leaves the socket open after an error past the handshake; here it is destroyed, and the error comes by `error`.
 */
function onTlsError(this: TLSSocket, error: Error): void {
  const handshake = handshakeOn(this);
  if (handshake) handshake.fail(handshakeFailure(error));
  else this.destroy(error);
}

function ignore(): void {}

// Letters, digits, hyphens and underscores: anything else is no host name and stays out of logs.
const HOST_NAME = /^[\w.-]{1,255}$/;

function factsOf(socket: TLSSocket, client: ClientCertificate | null): TlsFacts {
  const { servername } = socket;
  return {
    version: socket.getProtocol() ?? "unknown",
    cipherSuite: socket.getCipher().standardName,
    serverName: typeof servername === "string" && HOST_NAME.test(servername) ? servername : null,
    alpn: socket.alpnProtocol || null,
    get group() {
      return keyExchangeGroup(socket);
    },
    client,
  };
}
