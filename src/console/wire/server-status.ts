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

/** A process of a fleet, as it was when it last told the others. */
export interface NodeNow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly connections: number;
  readonly maxConnections: number;
  /** Number of the document in force there. */
  readonly generation: number;
  /** Equal digests mean equal documents; null where each node has its own. */
  readonly documentDigest: string | null;
  readonly version: string;
  readonly exhausted: readonly string[];
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
  /** All of its fleet, this one first; empty without a fleet. */
  readonly nodes: readonly NodeNow[];
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
    nodes: nodesOf(nodes),
    listeners: listenerOrder.slice(0, mostListeners).map((id) => listenerOf(listeners[id] ?? {})),
    totalListeners: listenerOrder.length,
  };
}

function nodesOf(nodes: LiveState["nodes"]): NodeNow[] {
  const { local, ...others } = nodes;
  if (typeof local?.["node"] !== "string") return [];
  const byName = Object.values(others).map(nodeOf);
  return [nodeOf(local), ...byName.sort((one, other) => (one.name < other.name ? -1 : 1))];
}

function nodeOf(value: Arguments): NodeNow {
  return {
    id: textOf(value["id"]),
    name: textOf(value["node"]),
    state: textOf(value["state"]),
    connections: numberOf(value["connections"]),
    maxConnections: numberOf(value["maxConnections"]),
    generation: numberOf(value["generation"]),
    documentDigest: typeof value["documentDigest"] === "string" ? value["documentDigest"] : null,
    version: textOf(value["version"]),
    exhausted: membersOf(value["exhausted"]),
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
