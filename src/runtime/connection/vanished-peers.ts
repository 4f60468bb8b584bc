/** Finds the connections whose peer has gone without anybody having been told. */
import type { Clock } from "../time/clock.ts";

/** Milliseconds between two looks. */
const interval = 5_000;

export interface PeerWatcher {
  lookForPeer(): void;
}

/**
 * libuv tells of a reset only while it reads or writes. It does not read from a peer that has sent FIN, nor from one who has
 * sent more than Node holds for a session that waits: the kernel has forgotten such a connection, and here it is counted
 * until the session has something to say. So each is looked at.
 *
 * @returns what ends it.
 */
export function watchForVanished(clock: Clock, connections: () => Iterable<PeerWatcher>): () => void {
  const look = (): void => {
    timer = clock.setTimeout(look, interval);
    for (const connection of connections()) connection.lookForPeer();
  };
  let timer = clock.setTimeout(look, interval);
  return () => clock.clearTimeout(timer);
}
