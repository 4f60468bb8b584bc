/** How many actors are in each state, counted on demand. */
import { statePath } from "../../charts/text.ts";
import type { Server } from "./server.ts";

/** By chart, then by state: `{ listener: { listening: 2, "paused.held": 1 } }`. Only states that some actor is in. */
export type StateCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** @param upgrade the state of the upgrade that is under way; null for none */
export function countStates(server: Server, upgrade: string | null = null): StateCounts {
  // Embedders choose the names of protocols and their states: an inherited property must not be taken for one.
  const counts: Record<string, Record<string, number>> = Object.create(null);
  const count = (chart: string, state: string): void => {
    const ofChart = counts[chart] ?? Object.create(null);
    counts[chart] = ofChart;
    ofChart[state] = (ofChart[state] ?? 0) + 1;
  };
  count("server", server.state);
  if (server.reloadState !== null) count("reload", server.reloadState);
  if (upgrade !== null) count("upgrade", upgrade);
  for (const { actor } of server.ordered) count("certificate", statePath(actor.getSnapshot().value));
  for (const { actor } of server.listeners) count("listener", statePath(actor.getSnapshot().value));
  for (const { state, protocol, sessionState } of server.connections()) {
    count("connection", state);
    if (sessionState !== null) count(protocol, sessionState);
  }
  return counts;
}
