/** What each node tells the others of itself as it settles: small, since every answer of the engine has all of it. */
export interface NodeFacts {
  /** `starting`, `running`, `draining`. */
  readonly state: string;
  /** Number of the document in force; the first is 1. */
  readonly generation: number;
  /** Of the document that the fleet's engine keeps, the same on all nodes that have it; null for another. */
  readonly documentDigest: string | null;
  readonly pid: number;
  /** `SystemSettings.defaultHostname`. */
  readonly hostname: string;
  /** Of Gatehouse. */
  readonly version: string;
  /** Of Node. */
  readonly nodeVersion: string;
  /** When the process began: RFC 3339. */
  readonly startedAt: string;
  readonly connections: number;
  /** `SystemSettings.maxConnections`. */
  readonly maxConnections: number;
  /** What the process is short of: `heap`, `descriptors`, … */
  readonly exhausted: readonly string[];
}

/** A process of the server, or of its fleet. */
export interface NodeStatus extends NodeFacts {
  /** Its name within the fleet; null without one. */
  readonly node: string | null;
  /** Milliseconds since it said so; 0 for the process that is asked. */
  readonly age: number;
}

/** The name of the node that a member, one process of it, belongs to. */
export function nodeOf(member: string): string {
  return member.slice(0, member.lastIndexOf("/"));
}
