/** Open connections as embedders see them: those that match, and one until its end. */
import { filter, type Observable, takeUntil, takeWhile } from "rxjs";
import { readClients } from "../../config/addresses/clients.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import type { Connection } from "../connection/connection.ts";
import type { Lifecycle, LifecycleEvent, LifecycleEventOf } from "../observe/lifecycle.ts";
import { TrustedNetworks } from "../proxy/trusted-networks.ts";

export interface ConnectionStatus extends ConnectionFacts {
  readonly state: string;
  /** Milliseconds since it was accepted. */
  readonly age: number;
  /** Who has logged in; null for nobody. */
  readonly user: string | null;
  /** The session's own state, e.g. `data`; null without one. */
  readonly session: string | null;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Which connections are meant; all of them where nothing is given. */
export interface ConnectionFilter {
  /** Name of the listener. */
  readonly listener?: string;
  /**
   * The client's IP address, a network in CIDR form, or `unix:` for clients of Unix sockets; behind a trusted proxy, of the
   * client that it names.
   */
  readonly address?: string;
  /** As in `ConnectionStatus`, e.g. `active`. */
  readonly state?: string;
}

/** One connection, from now until its end. */
export interface WatchedConnection extends ConnectionStatus {
  /** Resolves with its last event when it has ended. Never rejects. */
  readonly ended: Promise<LifecycleEventOf<"connection.closed">>;
  /** What happens to it from now on; completes when it has ended. */
  readonly lifecycle$: Observable<LifecycleEvent>;
}

/** A `ConnectionFilter` that cannot be read. */
export class ConnectionFilterError extends RangeError {
  override readonly name = "ConnectionFilterError";
  readonly code = "connection-filter-invalid";

  constructor(address: string, problem: string) {
    super(`address of the connections ${problem}; found ${JSON.stringify(address)}.`);
  }
}

/** @throws ConnectionFilterError */
export function statusesOf(connections: Iterable<Connection>, wanted: ConnectionFilter): ConnectionStatus[] {
  const { listener, address, state } = wanted;
  const isNear = address === undefined ? () => true : within(address);
  const statuses: ConnectionStatus[] = [];
  for (const connection of connections) {
    const { facts } = connection;
    if (listener !== undefined && facts.listener !== listener) continue;
    if (state !== undefined && connection.state !== state) continue;
    if (isNear(facts.peer.address)) statuses.push(statusOf(connection));
  }
  return statuses;
}

/** @throws ConnectionFilterError */
function within(text: string): (address: string) => boolean {
  const reading = readClients(text);
  if (!reading.ok) throw new ConnectionFilterError(text, reading.reason);
  const clients = new TrustedNetworks([reading.value]);
  return (address) => clients.has(address);
}

export function statusOf({
  facts,
  state,
  age,
  user,
  sessionState,
  bytesRead,
  bytesWritten,
}: Connection): ConnectionStatus {
  const { id, listener, generation, peer, local, proxy, tls } = facts;
  const status = { id, listener, generation, peer, local, proxy, tls };
  return { ...status, state, age, user, session: sessionState, bytesRead, bytesWritten };
}

export function watched(status: ConnectionStatus, lifecycle: Lifecycle): WatchedConnection {
  const { id } = status;
  const ended = new Promise<LifecycleEventOf<"connection.closed">>((resolve) => {
    const end = lifecycle.listen(["connection.closed"], (event) => {
      if (event.connection.id !== id) return;
      end();
      resolve(event);
    });
  });
  const lifecycle$ = lifecycle.events$.pipe(
    filter((event) => "connection" in event && event.connection.id === id),
    takeWhile(({ type }) => type !== "connection.closed", true),
    takeUntil(ended),
  );
  return { ...status, ended, lifecycle$ };
}
