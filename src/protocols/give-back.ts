/** Octets from which on a chunk is worth the call. */
const worthwhile = 4_096;

/**
 * Frees the memory of a chunk that nobody needs any more. Left to the garbage collection, the chunks of a large message
 * make V8 go through the whole heap for every 50 MB or so, and each is read into memory that no cache has. Nothing happens
 * to a chunk that is a part of memory of which somebody may have another part.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < worthwhile || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
