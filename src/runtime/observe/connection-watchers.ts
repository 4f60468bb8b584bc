/** Whoever picks connections as they come, to inspect them. */
import type { Inspector } from "../../charts/inspector.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import type { InspectedThreads, OctetCounts } from "./inspection.ts";

/** A connection, for whoever may inspect it. */
export interface WatchedConnection extends OctetCounts {
  /** Live: behind a trusted proxy they name the client once the header has been read. */
  readonly facts: ConnectionFacts;
  /** The peer is a trusted proxy and owes a PROXY header. */
  readonly proxied: boolean;
  /** Inspects its machine from here on, and its session's, until the owner releases it. */
  watch(inspector: Inspector, owner: object): void;
  /** Safe to call for an owner that never watched it. */
  unwatch(owner: object): void;
}

/** Looks at each connection before its machine starts. */
export type ConnectionPicker = (connection: WatchedConnection) => void;

export class ConnectionWatchers {
  readonly #pickers = new Set<ConnectionPicker>();
  /** The connections that there are in this thread. */
  readonly living: () => Iterable<WatchedConnection>;
  /** Those of workers; null without any. */
  readonly threads: InspectedThreads | null;

  constructor(living: () => Iterable<WatchedConnection>, threads: InspectedThreads | null) {
    this.living = living;
    this.threads = threads;
  }

  /** Called for every connection. */
  began(connection: WatchedConnection): void {
    if (this.#pickers.size === 0) return;
    for (const picker of this.#pickers) picker(connection);
  }

  /** @returns what ends it. */
  pick(picker: ConnectionPicker): () => void {
    this.#pickers.add(picker);
    return () => this.#pickers.delete(picker);
  }

  /** Ends all that this owner has begun. */
  release(owner: object): void {
    for (const connection of this.living()) connection.unwatch(owner);
  }

  /** Undefined when there is none of this id any more. */
  find(id: string): WatchedConnection | undefined {
    for (const connection of this.living()) if (connection.facts.id === id) return connection;
    return undefined;
  }
}
