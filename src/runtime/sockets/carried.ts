/**
 * Whom a socket serves. All sockets share these listeners, which find their object on the socket itself: closures, or
 * entries of a WeakMap, would cost memory for each connection.
 *
 * A socket has two slots. Its *holder* gets errors and the close: a handshake, then the connection. Its *reader*
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
  /** What was written has been sent. */
  drained(): void;
}

const holder = Symbol("gets the socket's errors and close");
const reader = Symbol("gets what the peer sends");

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

/** Sets the socket's first holder. */
export function hold(socket: Duplex, by: SocketHolder): void {
  (socket as CarriedSocket)[holder] = by;
  socket.on("error", onError);
  socket.on("close", onClose);
}

/** Replaces the holder; null leaves the socket without one. */
export function handOver(socket: Duplex, to: SocketHolder | null): void {
  (socket as CarriedSocket)[holder] = to ?? undefined;
}

export function holderOf(socket: Duplex): SocketHolder | undefined {
  return (socket as CarriedSocket)[holder];
}

/** Gives a socket without a reader one. */
export function startReading(socket: Duplex, by: SocketReader): void {
  (socket as CarriedSocket)[reader] = by;
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("drain", onDrain);
}

/** Removes the socket's reader, and the listeners for it. */
export function stopReading(socket: Duplex): void {
  forgetReader(socket);
  socket.off("data", onData);
  socket.off("end", onEnd);
  socket.off("drain", onDrain);
}

/** Further input is read and dropped; cheaper than `stopReading()` for a socket that is ending. */
export function forgetReader(socket: Duplex): void {
  (socket as CarriedSocket)[reader] = undefined;
}

/** Waits for FIN alone; the data belongs to another reader. `stopReading()` ends it. */
export function awaitEnd(socket: Duplex, by: SocketReader): void {
  (socket as CarriedSocket)[reader] = by;
  socket.on("end", onEnd);
}
