/** Finds connections whose peer has gone without any event. */
import type { Clock } from "../time/clock.ts";

/** Milliseconds between two checks. */
const interval = 5_000;

export interface ProbedConnection {
  probePeer(): void;
}

/**
 * libuv reports a reset only while it reads or writes. It does not read from a peer that has sent FIN, nor from one
 * that has sent more than Node buffers for a waiting session: the kernel has dropped such a connection, but it would be
 * counted here until the session wrote something. So each connection is checked.
 *
 * @returns a function that ends it.
 */
export function watchForVanished(clock: Clock, connections: () => Iterable<ProbedConnection>): () => void {
  const look = (): void => {
    timer = clock.setTimeout(look, interval);
    for (const connection of connections()) connection.probePeer();
  };
  let timer = clock.setTimeout(look, interval);
  return () => clock.clearTimeout(timer);
}
