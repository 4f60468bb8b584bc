import type { Socket } from "node:net";

/**
 * Drops unprocessed clear text from the peer, so that it can never be taken for something sent under
 * TLS (RFC 3207 4.2, CVE-2011-0411). The recipe for an upgrade, in this order and in one turn of the event loop:
 *
 * 1. the session empties its own buffers, including an unterminated line;
 * 2. `discardClearText(raw)`;
 * 3. write the go-ahead (`220`): a peer that waits for it, as it must, has sent no handshake before;
 * 4. `startHandshake(raw, …)`.
 *
 * Clear text that reaches the kernel later is read as a TLS record, and fails the handshake.
 * @returns how many octets were dropped
 */
export function discardClearText(raw: Socket): number {
  raw.removeAllListeners("data");
  raw.removeAllListeners("readable");
  raw.pause();
  let dropped = 0;
  for (let chunk: unknown = raw.read(); chunk !== null; chunk = raw.read()) {
    if (chunk instanceof Uint8Array) dropped += chunk.byteLength;
  }
  return dropped;
}
