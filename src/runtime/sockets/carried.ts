/**
 * Who a socket is for. All sockets share these listeners, which find whom they serve on the socket itself: closures, or
 * entries of a WeakMap, would cost memory for each connection.
 *
 * A socket has two slots. Its *holder* is told of errors and of the close: a handshake, then the connection. Its *reader*
 * gets what the peer sends: the reader of a PROXY header, a handshake that waits for FIN, the wire of a session.
 */
import type { Duplex } from "node:stream";

export interface SocketHolder {
  socketFailed(error: NodeJS.ErrnoException, socket: Duplex): void;
  socketClosed(socket: Duplex): void;
}

export interface SocketReader {
  received(chunk: Buffer): void;
  /** The peer has sent FIN. */
  ended(): void;
  /** What was written has left. */
  drained(): void;
}

const holder = Symbol("who is told of the socket's errors and close");
const reader = Symbol("who gets what the peer sends");

interface CarriedSocket extends Duplex {
  [holder]?: SocketHolder | undefined;
  [reader]?: SocketReader | undefined;
}

function onError(this: CarriedSocket, error: NodeJS.ErrnoException): void {
  this[holder]?.socketFailed(error, this);
}

function onClose(this: CarriedSocket): void {
  this[holder]?.socketClosed(this);
}

function onData(this: CarriedSocket, chunk: Buffer): void {
  this[reader]?.received(chunk);
}

function onEnd(this: CarriedSocket): void {
  this[reader]?.ended();
}

function onDrain(this: CarriedSocket): void {
  this[reader]?.drained();
}

/** The socket's first holder. */
export function hold(socket: Duplex, by: SocketHolder): void {
  (socket as CarriedSocket)[holder] = by;
  socket.on("error", onError);
  socket.on("close", onClose);
}

/** Another holder takes the place of the one before; null leaves the socket to nobody. */
export function handOver(socket: Duplex, to: SocketHolder | null): void {
  (socket as CarriedSocket)[holder] = to ?? undefined;
}

export function holderOf(socket: Duplex): SocketHolder | undefined {
  return (socket as CarriedSocket)[holder];
}

/** A socket without a reader gets one. */
export function startReading(socket: Duplex, by: SocketReader): void {
  (socket as CarriedSocket)[reader] = by;
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("drain", onDrain);
}

/** The socket has no reader any more, nor any listener for one. */
export function stopReading(socket: Duplex): void {
  forgetReader(socket);
  socket.off("data", onData);
  socket.off("end", onEnd);
  socket.off("drain", onDrain);
}

/** What still comes is read and dropped; cheaper than `stopReading()` for a socket that ends. */
export function forgetReader(socket: Duplex): void {
  (socket as CarriedSocket)[reader] = undefined;
}

/** Waits for FIN alone: the bytes are somebody else's. `stopReading()` ends it. */
export function awaitEnd(socket: Duplex, by: SocketReader): void {
  (socket as CarriedSocket)[reader] = by;
  socket.on("end", onEnd);
}
