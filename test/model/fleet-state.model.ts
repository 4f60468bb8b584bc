/**
 * What holds on all nodes of a fleet until somebody takes it back, here one blocked address and one suspended listener,
 * as a chart of the whole fleet: who knows of it, who was away. And how each of its events comes about.
 */
import { assign, setup } from "xstate";
import { look, type NodeName, names, type OfNodes, renewal, type WalkedFleet } from "./walked-nodes.ts";

type Kind = "blocked" | "suspended";

interface StateContext {
  readonly away: OfNodes<boolean>;
  /** In force, by node. */
  readonly holds: Readonly<Record<Kind, OfNodes<boolean>>>;
  readonly engine: Readonly<Record<Kind, boolean>>;
  /** Changed by a node that was away. */
  readonly unsent: OfNodes<Readonly<Partial<Record<Kind, boolean>>>>;
}

export type StateWalkEvent =
  | {
      readonly type: "sets" | "takes back" | "sets, and one node misses it";
      readonly node: NodeName;
      readonly kind: Kind;
    }
  | { readonly type: "is cut off" | "is back" | "is back after its lease"; readonly node: NodeName }
  | { readonly type: "the engine forgets everything" };

const none: OfNodes<boolean> = { a: false, b: false, c: false };
/** Which of the nodes sets what: it does not matter. */
const setters = [
  { node: "a", kind: "blocked" },
  { node: "b", kind: "blocked" },
  { node: "b", kind: "suspended" },
] as const;
/** Does not hear what is said to all. */
const missing = "c";

function changed(context: StateContext, { node, kind, value }: { node: NodeName; kind: Kind; value: boolean }) {
  const { away, holds, engine, unsent } = context;
  const hears = (name: NodeName): boolean => name === node || (!away[node] && !away[name]);
  const after = Object.fromEntries(names.map((name) => [name, hears(name) ? value : holds[kind][name]]));
  const own = { ...unsent, [node]: { ...unsent[node], [kind]: value } };
  return {
    ...context,
    holds: { ...holds, [kind]: after as OfNodes<boolean> },
    engine: away[node] ? engine : { ...engine, [kind]: value },
    unsent: away[node] ? own : unsent,
  };
}

function after(context: StateContext, event: StateWalkEvent): StateContext {
  switch (event.type) {
    case "sets":
    case "sets, and one node misses it":
      return changed(context, { ...event, value: true });
    case "takes back":
      return changed(context, { ...event, value: false });
    case "is cut off":
      return { ...context, away: { ...context.away, [event.node]: true } };
    case "is back":
    case "is back after its lease": {
      const { node } = event;
      let next: StateContext = { ...context, away: { ...context.away, [node]: false } };
      for (const [kind, value] of Object.entries(context.unsent[node]) as [Kind, boolean][])
        next = changed(next, { node, kind, value });
      const { blocked, suspended } = next.holds;
      const holds = {
        blocked: { ...blocked, [node]: next.engine.blocked },
        suspended: { ...suspended, [node]: next.engine.suspended },
      };
      return { ...next, holds, unsent: { ...next.unsent, [node]: {} } };
    }
    case "the engine forgets everything":
      return context;
  }
}

function isPossible({ away, holds }: StateContext, event: StateWalkEvent): boolean {
  const isAway = names.some((name) => away[name]);
  switch (event.type) {
    case "sets":
      return !holds[event.kind][event.node];
    case "takes back":
      return holds[event.kind][event.node];
    case "sets, and one node misses it":
      return !holds[event.kind][event.node] && !isAway;
    case "is cut off":
      return !away[event.node];
    case "is back":
    case "is back after its lease":
      return away[event.node];
    case "the engine forgets everything":
      return !isAway;
  }
}

export const fleetStateMachine = setup({
  types: { context: {} as StateContext, events: {} as StateWalkEvent },
  actions: { take: assign(({ context, event }) => after(context, event)) },
  guards: { isPossible: ({ context, event }) => isPossible(context, event) },
}).createMachine({
  id: "state of a fleet",
  context: {
    ...{ away: none, holds: { blocked: none, suspended: none }, engine: { blocked: false, suspended: false } },
    unsent: { a: {}, b: {}, c: {} },
  },
  initial: "shared",
  states: { shared: { on: { "*": { guard: "isPossible", actions: "take" } } } },
});

export const events: readonly StateWalkEvent[] = [
  ...setters.flatMap((setter) =>
    (["sets", "takes back", "sets, and one node misses it"] as const).map((type) => ({ type, ...setter })),
  ),
  ...(["b", "c"] as const).flatMap((node) =>
    (["is cut off", "is back", "is back after its lease"] as const).map((type) => ({ type, node })),
  ),
  { type: "the engine forgets everything" },
];

const address = "192.0.2.1";
const listener = "smtp";

/** Brings one event about. */
export async function apply(fleet: WalkedFleet, event: StateWalkEvent): Promise<void> {
  const { engine, nodes } = fleet;
  switch (event.type) {
    case "sets":
    case "sets, and one node misses it":
      if (event.type !== "sets") nodes[missing].line.missNext();
      if (event.kind === "blocked") nodes[event.node].block(address);
      else nodes[event.node].suspend(listener);
      if (event.type !== "sets") await fleet.pass(renewal);
      break;
    case "takes back":
      if (event.kind === "blocked") nodes[event.node].unblock(address);
      else nodes[event.node].resume(listener);
      break;
    case "is cut off":
      nodes[event.node].line.cut();
      break;
    case "is back":
      nodes[event.node].line.mend();
      break;
    case "is back after its lease":
      await engine.lapse(event.node);
      await fleet.pass(3 * renewal);
      nodes[event.node].line.mend();
      break;
    case "the engine forgets everything":
      await engine.forget();
      await fleet.pass(renewal);
      break;
  }
  await fleet.pass(look);
}

/** What is in force where, and what the engine has. */
export async function compare(fleet: WalkedFleet, { holds, engine }: StateContext) {
  const has = async (field: string) => (await fleet.engine.ask("HEXISTS", fleet.engine.shared, field)) === 1;
  return {
    expected: { holds, engine },
    actual: {
      holds: {
        blocked: fleet.of(({ blocked }) => blocked.has(address)),
        suspended: fleet.of(({ suspended }) => suspended.has(listener)),
      },
      engine: { blocked: await has(`blocked/${address}`), suspended: await has(`suspended/${listener}`) },
    },
  };
}

/** What tells situations apart in which each event is tried: the two have nothing to do with one another. */
export function situationText({ away, holds, engine, unsent }: StateContext): string {
  const of = (kind: Kind): string =>
    JSON.stringify([holds[kind], engine[kind], names.map((name) => unsent[name][kind])]);
  const isUntouched = !engine.blocked && names.every((name) => !holds.blocked[name] && !("blocked" in unsent[name]));
  return JSON.stringify([away, isUntouched ? of("suspended") : of("blocked"), isUntouched]);
}
