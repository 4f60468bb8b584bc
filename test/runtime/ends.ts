/** What must be true of every connection, however it ended. */
import { readdirSync, readlinkSync } from "node:fs";
import { expect } from "vitest";
import type { EndCause, LifecycleEvent } from "../../src/index.ts";
import type { RunningGatehouse } from "../running-gatehouse.ts";

/** The sockets that this process has open. */
export function openSockets(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

/** The causes of all ends so far, in order. */
export function causes(events: readonly LifecycleEvent[]): EndCause[] {
  return events.flatMap((event) => (event.type === "connection.closed" ? [event.cause] : []));
}

/** Nobody is inside: no slot is taken, by the server's count and by the listeners'. */
export async function expectNobodyInside({ gatehouse }: Pick<RunningGatehouse, "gatehouse">): Promise<void> {
  expect(gatehouse.connections()).toEqual([]);
  for (const { name, connections } of gatehouse.listeners()) expect(connections, name).toBe(0);
  expect(Object.values(await slotsTaken(gatehouse)).filter((taken) => taken !== 0)).toEqual([]);
}

/** By listener; the empty name is the whole server. */
export async function slotsTaken(gatehouse: RunningGatehouse["gatehouse"]): Promise<Record<string, number>> {
  const gauge = await gatehouse.metrics.registry.getSingleMetric("gatehouse_slots_taken")?.get();
  return Object.fromEntries((gauge?.values ?? []).map(({ labels, value }) => [String(labels["listener"]), value]));
}
