/** Other servers that have the same store open while one succeeds the other (an upgrade in place). */

/** The way to a neighbour. What is sent is JSON. */
export interface NeighbourLine {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Resolves when the neighbour has ended. */
  readonly ended: Promise<void>;
}

/** Who decides between servers which of their sessions has a maildrop. */
export interface MaildropArbiter {
  /** Whether a session of this server may have it; nobody else of this server has it. Null: it may. */
  ask(account: string): Promise<boolean> | null;
  /** The session has ended. */
  freed(account: string): void;
}

/** At most one server that this one succeeds, and one that succeeds it. */
export interface StoreNeighbours extends MaildropArbiter {
  /** The accounts whose maildrops are locked, here or by sessions of an older server. */
  readonly locked: readonly string[];
  /** @param locked maildrops that the older server has locked */
  addOlder(line: NeighbourLine, locked: readonly string[]): void;
  /** From here on the newer server decides who has a maildrop. */
  addNewer(line: NeighbourLine): void;
}
