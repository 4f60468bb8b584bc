/** Other servers that have the same store open while one succeeds the other (an upgrade in place). */

/** The way to a neighbour. What is sent is JSON. */
export interface NeighbourLine {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Resolves when the neighbour has ended. */
  readonly ended: Promise<void>;
}

/** At most one server that this one succeeds, and one that succeeds it. */
export interface StoreNeighbours {
  /** The accounts whose maildrops are locked, here or by sessions of an older server. */
  readonly locked: readonly string[];
  /** @param locked maildrops that the older server has locked */
  addOlder(line: NeighbourLine, locked: readonly string[]): void;
  /** From here on the newer server decides who has a maildrop. */
  addNewer(line: NeighbourLine): void;
}
