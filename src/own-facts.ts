/** What a process says of itself, to those who ask it and to the other nodes of its fleet. */
import { take } from "rxjs";
import type { Gatehouse } from "./gatehouse-contract.ts";
import { runningVersion } from "./package-version.ts";
import type { NodeFacts } from "./runtime/fleet/node-facts.ts";

/** When this process began. */
const startedAt = new Date(performance.timeOrigin).toISOString().replace(/\.\d+Z$/, "Z");

export function ownFacts(gatehouse: Gatehouse): NodeFacts {
  const { state, generation } = gatehouse;
  const { defaultHostname, maxConnections } = gatehouse.configuration.system;
  return {
    state,
    generation,
    documentDigest: gatehouse.fleet()?.document ?? null,
    pid: process.pid,
    hostname: defaultHostname,
    version: runningVersion,
    nodeVersion: process.versions.node,
    startedAt,
    connections: gatehouse.listeners().reduce((sum, { connections }) => sum + connections, 0),
    maxConnections,
    exhausted: exhaustedResources(gatehouse),
  };
}

/** What the process is short of at this moment. */
function exhaustedResources({ pressure$ }: Gatehouse): readonly string[] {
  let names: readonly string[] = [];
  pressure$.pipe(take(1)).subscribe(({ exhausted }) => {
    names = exhausted.map(({ resource }) => resource);
  });
  return names;
}
