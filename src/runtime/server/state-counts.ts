/** How many actors are in each state, counted on demand. */
import { statePath } from "../../charts/text.ts";
import type { Server } from "./server.ts";

/** By chart, then by state: `{ listener: { listening: 2, "paused.held": 1 } }`. Only states that some actor is in. */
export type StateCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Charts of what the main thread has itself. */
const ofServer: ReadonlySet<string> = new Set(["server", "reload", "listener", "worker", "fleet"]);

interface CountedBeside {
  /** The state of the upgrade that is under way; null for none. */
  readonly upgrade?: string | null;
  /** Counts of other threads, of which connections and sessions are added. */
  readonly others?: readonly StateCounts[];
}

export function countStates(server: Server, { upgrade = null, others = [] }: CountedBeside = {}): StateCounts {
  // Embedders choose the names of protocols and their states: an inherited property must not be taken for one.
  const counts: Record<string, Record<string, number>> = Object.create(null);
  const count = (chart: string, state: string, many = 1): void => {
    const ofChart = counts[chart] ?? Object.create(null);
    counts[chart] = ofChart;
    ofChart[state] = (ofChart[state] ?? 0) + many;
  };
  count("server", server.state);
  for (const { actor } of server.workers?.workers ?? []) count("worker", statePath(actor.getSnapshot().value));
  const fleet = server.fleet?.statePath ?? null;
  if (fleet !== null) count("fleet", fleet);
  if (server.reloadState !== null) count("reload", server.reloadState);
  if (upgrade !== null) count("upgrade", upgrade);
  for (const { actor } of server.ordered) count("certificate", statePath(actor.getSnapshot().value));
  for (const { actor } of server.listeners) count("listener", statePath(actor.getSnapshot().value));
  for (const { state, protocol, sessionState } of server.connections()) {
    count("connection", state);
    if (sessionState !== null) count(protocol, sessionState);
  }
  for (const [chart, states] of others.flatMap((other) => Object.entries(other)))
    if (!ofServer.has(chart)) for (const [state, many] of Object.entries(states)) count(chart, state, many);
  return counts;
}
