/** The control socket's answers. Addresses are written as in the log; no answer holds a secret. */
import { describePlan } from "../config/index.ts";
import type { FleetStatus, Gatehouse, ListenerStatus } from "../gatehouse-contract.ts";
import type { TlsFacts } from "../protocols/protocol.ts";
import type { NodeStatus } from "../runtime/fleet/node-facts.ts";
import { addressText, processText } from "../runtime/observe/log-lines.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";
import type { PastReload } from "../runtime/reload/reload-history.ts";
import type { ConnectionStatus } from "../runtime/server/watched-connections.ts";

export interface StatusReport {
  /** `starting`, `running`, `draining`. */
  readonly state: string;
  /** Number of the document in force; the first is 1. */
  readonly generation: number;
  /** The newest document, where it was not put into force; null when it was. */
  readonly rejected: RejectionReport | null;
  readonly pid: number;
  readonly connections: {
    readonly total: number;
    /** `SystemSettings.maxConnections`. */
    readonly maxConnections: number;
    /** Only states that some connection is in. */
    readonly byState: Readonly<Record<string, number>>;
  };
  readonly listeners: readonly ListenerReport[];
  /** Those that renew themselves. */
  readonly certificates: readonly CertificateReport[];
  /** Null without `SystemSettings.cluster`. */
  readonly fleet: FleetReport | null;
}

export interface RejectionReport {
  /** RFC 3339. */
  readonly at: string;
  /** Who asked for it, as in the log: `file`, `SIGHUP`, … */
  readonly by: string;
  /** Why, in words. */
  readonly message: string;
}

export interface FleetReport extends FleetStatus {
  /** On all nodes. */
  readonly connections: number;
  /** The one that is asked first. */
  readonly nodes: readonly NodeStatus[];
}

export interface CertificateReport {
  readonly id: string;
  /** Of its machine: `ordering`, `waiting`, `failing`, … */
  readonly state: string;
  /** RFC 3339; null before the first is in force. */
  readonly renewsAt: string | null;
  /** Why the last attempt failed; null when it did not. */
  readonly lastError: string | null;
}

export interface ListenerReport extends Omit<ListenerStatus, "addresses"> {
  readonly addresses: readonly string[];
}

export interface ConnectionReport {
  readonly id: string;
  readonly listener: string;
  readonly generation: number;
  readonly state: string;
  /** The session's own state; null without one. */
  readonly session: string | null;
  /** Milliseconds since it was accepted. */
  readonly age: number;
  /** Who is logged in; null for nobody. */
  readonly user: string | null;
  readonly peer: string;
  readonly local: string;
  /** The trusted proxy in between, if any. */
  readonly proxy: string | null;
  /** Which process connected to the Unix socket, `pid 4711, uid 1000, gid 1000`; null for TCP. */
  readonly process: string | null;
  readonly tls: TlsFacts | null;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A reload that was carried out; `text` is the plan in words. */
export interface ReloadAnswer extends ReloadReport {
  readonly text: string;
}

/** @param newest of the reloads; the start counts as one */
export function statusReport(gatehouse: Gatehouse, newest: PastReload | null): StatusReport {
  const connections = gatehouse.connections();
  const byState: Record<string, number> = {};
  for (const { state } of connections) byState[state] = (byState[state] ?? 0) + 1;
  return {
    state: gatehouse.state,
    generation: gatehouse.generation,
    rejected: newest?.error ? { at: newest.at.toISOString(), by: newest.by, message: newest.error.message } : null,
    pid: process.pid,
    connections: {
      total: connections.length,
      maxConnections: gatehouse.configuration.system.maxConnections,
      byState,
    },
    listeners: gatehouse.listeners().map(listenerReport),
    certificates: gatehouse.certificates().flatMap(({ id, acme }) => {
      if (acme === null) return [];
      const { state, renewsAt, lastError } = acme;
      return [{ id, state, renewsAt: renewsAt?.toISOString() ?? null, lastError }];
    }),
    fleet: fleetReport(gatehouse),
  };
}

function fleetReport(gatehouse: Gatehouse): FleetReport | null {
  const fleet = gatehouse.fleet();
  if (!fleet) return null;
  const nodes = gatehouse.nodes();
  return { ...fleet, connections: nodes.reduce((sum, { connections }) => sum + connections, 0), nodes };
}

export function listenerReport(listener: ListenerStatus): ListenerReport {
  return { ...listener, addresses: listener.addresses.map(addressText) };
}

export function connectionReport(connection: ConnectionStatus): ConnectionReport {
  const { id, listener, generation, state, session, age, user, peer, local, proxy, tls, bytesRead, bytesWritten } =
    connection;
  return {
    id,
    listener,
    generation,
    state,
    session,
    age: Math.round(age),
    user,
    peer: addressText(peer),
    local: addressText(local),
    proxy: proxy && addressText(proxy.peer),
    process: processText(connection),
    tls,
    bytesRead,
    bytesWritten,
  };
}

export function reloadAnswer(report: ReloadReport): ReloadAnswer {
  return { ...report, text: describePlan(report.plan) };
}
