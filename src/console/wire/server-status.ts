/** The running server as it is at this moment. */
import type { Arguments } from "./jmap.ts";
import type { LiveState } from "./live.ts";

export interface ListenerNow {
  readonly id: string;
  readonly name: string;
  readonly protocol: string;
  readonly state: string;
  readonly pausedBy: readonly string[];
  readonly tlsImplicit: boolean;
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly maxConnections: number;
  /** Since the start. */
  readonly accepted: number;
  readonly refused: number;
}

export interface ServerNow {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly state: string;
  readonly hostname: string;
  readonly generation: number;
  readonly version: string;
  readonly startedAt: string | null;
  readonly connections: number;
  readonly maxConnections: number;
  /** What is exhausted: `eventLoopDelay`, `heap`, `descriptors`. */
  readonly exhausted: readonly string[];
  readonly listeners: readonly ListenerNow[];
  /** Of listeners; there may be more. */
  readonly totalListeners: number;
}

const mostListeners = 200;

export function serverNow({ at, nodes, listeners, listenerOrder }: LiveState): ServerNow {
  const node = nodes["local"] ?? {};
  return {
    at,
    state: textOf(node["state"]),
    hostname: textOf(node["hostname"]),
    generation: numberOf(node["generation"]),
    version: textOf(node["version"]),
    startedAt: typeof node["startedAt"] === "string" ? node["startedAt"] : null,
    connections: numberOf(node["connections"]),
    maxConnections: numberOf(node["maxConnections"]),
    exhausted: membersOf(node["exhausted"]),
    listeners: listenerOrder.slice(0, mostListeners).map((id) => listenerOf(listeners[id] ?? {})),
    totalListeners: listenerOrder.length,
  };
}

function listenerOf(value: Arguments): ListenerNow {
  return {
    id: textOf(value["id"]),
    name: textOf(value["name"]),
    protocol: textOf(value["protocol"]),
    state: textOf(value["state"]),
    pausedBy: membersOf(value["pausedBy"]),
    tlsImplicit: value["tlsImplicit"] === true,
    addresses: membersOf(value["addresses"]),
    connections: numberOf(value["connections"]),
    maxConnections: numberOf(value["maxConnections"]),
    accepted: numberOf(value["accepted"]),
    refused: numberOf(value["refused"]),
  };
}

/** Of a set, which is a map to true. */
function membersOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
