/** What a watcher of the running server sees at one moment: small, however many connections there are. */
import type { Flows } from "../../runtime/observe/flow-counts.ts";
import type { ManagedValue } from "../objects/managed-object.ts";
import type { JsonTree } from "./merge-patch.ts";

export interface LiveParts {
  /** `x:ServerNode`, with how many are in each state of each chart. */
  readonly nodes: readonly ManagedValue[];
  /** `x:ListenerStatus`. */
  readonly listeners: readonly ManagedValue[];
  /** Since somebody began to watch. */
  readonly flows: Flows;
}

/** No value in it is null, which a merge patch takes for a removal: what is not there is left out. */
export function liveState({ nodes, listeners, flows }: LiveParts): JsonTree {
  return {
    nodes: byId(nodes),
    listeners: byId(listeners),
    // A patched object has lost the order of its members.
    listenerOrder: listeners.map(({ id }) => id),
    flows: flows.all,
    failingFlows: flows.failing,
  };
}

function byId(values: readonly ManagedValue[]): JsonTree {
  return Object.fromEntries(values.map((value) => [value.id, value]));
}
