import type { Listener } from "../listener/listener.ts";

export interface ConnectionCount {
  readonly listener: string;
  readonly state: string;
  readonly count: number;
}

/** How many connections of each listener are in each state. */
export function connectionCounts(listeners: readonly Listener[]): ConnectionCount[] {
  return listeners.flatMap(({ name, connections }) => {
    const counts = new Map<string, number>();
    for (const { state } of connections) counts.set(state, (counts.get(state) ?? 0) + 1);
    return [...counts].map(([state, count]) => ({ listener: name, state, count }));
  });
}
