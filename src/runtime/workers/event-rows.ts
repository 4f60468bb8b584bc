/**
 * The events that every connection has, as rows between threads: a list of texts and numbers is copied at a sixth of what
 * objects with names cost.
 */
import type { ConnectionFacts, TlsFacts } from "../../protocols/protocol.ts";
import type { LifecycleEvent, LifecycleEventOf } from "../observe/lifecycle.ts";

type Closed = LifecycleEventOf<"connection.closed">;
type Secured = LifecycleEventOf<"connection.secured">;
type Step = LifecycleEventOf<"connection.accepted" | "connection.active" | "connection.closing">;

/** What costs a system call or a look into OpenSSL's session is left out unless somebody may read it. */
export interface RowDetail {
  /** An embedder sees the events themselves. */
  readonly isSeen: boolean;
}

/** As of a connection that was asked for it too late. */
const unknownEnd: ConnectionFacts["local"] = { address: "unknown", port: 0 };

type TlsRow = readonly [
  version: string,
  cipherSuite: string,
  serverName: string | null,
  alpn: string | null,
  group: string | null,
  client: TlsFacts["client"],
];

export type EventRow = readonly [
  type: Closed["type"] | Secured["type"] | Step["type"],
  id: string,
  listener: string,
  generation: number,
  peerAddress: string,
  peerPort: number,
  peerProcess: ConnectionFacts["peer"]["process"] | null,
  localAddress: string | null,
  localPort: number,
  proxy: ConnectionFacts["proxy"],
  tls: TlsRow | null,
  ...own: readonly (string | number | null)[],
];

/** Null for an event that few connections have: it goes as it is. */
export function rowOf(event: LifecycleEvent, detail: RowDetail): EventRow | null {
  switch (event.type) {
    case "connection.accepted":
    case "connection.active":
    case "connection.closing":
      return rowOfStep(event, detail);
    case "connection.secured":
      return [...rowOfStep(event, detail), event.duration] as unknown as EventRow;
    case "connection.closed":
      return rowOfEnd(event, detail);
    default:
      return null;
  }
}

function rowOfStep({ type, connection }: Step | Secured, detail: RowDetail): EventRow {
  const { id, listener, generation, peer, proxy, tls } = connection;
  const local = detail.isSeen ? connection.local : null;
  return [
    type,
    id,
    listener,
    generation,
    peer.address,
    peer.port,
    peer.process ?? null,
    local?.address ?? null,
    local?.port ?? 0,
    proxy,
    tls && tlsRow(tls, detail),
  ];
}

/** Its socket is closed: what is known by now costs nothing. */
function rowOfEnd(
  { type, connection, cause, durations, bytesRead, bytesWritten }: Closed,
  detail: RowDetail,
): EventRow {
  const { id, listener, generation, peer, local, proxy, tls } = connection;
  return [
    type,
    id,
    listener,
    generation,
    peer.address,
    peer.port,
    peer.process ?? null,
    local.address,
    local.port,
    proxy,
    tls && tlsRow(tls, detail),
    cause,
    durations.proxyHeader,
    durations.admission,
    durations.handshake,
    durations.session,
    durations.closing,
    durations.total,
    bytesRead,
    bytesWritten,
  ];
}

function tlsRow(tls: TlsFacts, { isSeen }: RowDetail): TlsRow {
  const { version, cipherSuite, serverName, alpn, client = null } = tls;
  return [version, cipherSuite, serverName, alpn, isSeen ? tls.group : null, client];
}

/** The facts of an event that does not become a row. */
export function sentFacts(connection: ConnectionFacts, detail: RowDetail): ConnectionFacts {
  const { id, listener, generation, peer, proxy, tls } = connection;
  const local = detail.isSeen ? connection.local : unknownEnd;
  return { id, listener, generation, peer, local, proxy, tls: tls && tlsOf(tlsRow(tls, detail)) };
}

/** As it was before it became a row, from this worker. */
export function eventOf(row: EventRow, worker: number): LifecycleEvent {
  const connection = factsOf(row);
  const [type] = row;
  switch (type) {
    case "connection.accepted":
    case "connection.active":
    case "connection.closing":
      return { type, connection, worker };
    case "connection.secured":
      return { type, connection, tls: connection.tls as TlsFacts, duration: row[11] as number, worker };
    case "connection.closed":
      return {
        type,
        connection,
        cause: row[11] as Closed["cause"],
        durations: {
          proxyHeader: row[12] as number | null,
          admission: row[13] as number | null,
          handshake: row[14] as number | null,
          session: row[15] as number | null,
          closing: row[16] as number | null,
          total: row[17] as number,
        },
        bytesRead: row[18] as number,
        bytesWritten: row[19] as number,
        worker,
      };
  }
}

function factsOf(row: EventRow): ConnectionFacts {
  const [, id, listener, generation, peerAddress, peerPort, process, localAddress, localPort, proxy, tls] = row;
  return {
    id,
    listener,
    generation,
    peer: { address: peerAddress, port: peerPort, ...(process ? { process } : {}) },
    local: localAddress === null ? unknownEnd : { address: localAddress, port: localPort },
    proxy,
    tls: tls && tlsOf(tls),
  };
}

function tlsOf([version, cipherSuite, serverName, alpn, group, client = null]: TlsRow): TlsFacts {
  return { version, cipherSuite, serverName, alpn, group, client };
}
