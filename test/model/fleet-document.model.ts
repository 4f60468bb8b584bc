/**
 * What becomes of a document that is proposed to a fleet of three nodes, as a chart of the whole fleet: who votes, who is
 * away, what is decided. And how each of its events comes about.
 */
import { assign, not, setup } from "xstate";
import { look, type NodeName, names, type OfNodes, renewal, type WalkedFleet } from "./walked-nodes.ts";

/** `away`: cut off, while its lease holds; `lapsed`: for longer than that. */
type Life = "here" | "away" | "lapsed" | "dead";
/** `deaf`: it was away when it was asked. */
type Vote = "asked" | "yes" | "deaf";

/** Documents are numbers; the first one is 0. */
interface Proposal {
  readonly by: NodeName;
  readonly document: number;
  /** What was in force when the change began. */
  readonly before: number;
}

export interface FleetContext {
  readonly life: OfNodes<Life>;
  readonly runs: OfNodes<number>;
  readonly decided: number;
  /** How many documents were proposed. */
  readonly proposed: number;
  readonly outcomes: Readonly<Record<number, "taken" | "refused">>;
  readonly underWay: Proposal | null;
  readonly votes: Readonly<Partial<Record<NodeName, Vote>>>;
  /** Its turn comes after that. */
  readonly waiting: Proposal | null;
}

export type FleetWalkEvent =
  | { readonly type: `${"proposes" | "can" | "cannot" | "dies" | "is cut off" | "is back"}`; readonly node: NodeName }
  | { readonly type: "lease ends"; readonly node: NodeName }
  | { readonly type: "can, and the engine's answer is lost"; readonly node: NodeName }
  | { readonly type: "can, and the proposer is cut off at the decision"; readonly node: NodeName }
  | { readonly type: "half a minute passes" };

/** In this order: of nodes that are alike one stands for the others. */
const proposers: readonly NodeName[] = ["a", "b"];

const others = (node: NodeName): readonly NodeName[] => names.filter((name) => name !== node);
const isHere = ({ life }: FleetContext, node: NodeName): boolean => life[node] === "here";
const isMember = ({ life }: FleetContext, node: NodeName): boolean => life[node] === "here" || life[node] === "away";
const set = <Value>(all: OfNodes<Value>, node: NodeName, value: Value): OfNodes<Value> => ({ ...all, [node]: value });

function begin(context: FleetContext, proposal: Proposal): FleetContext {
  const voters = others(proposal.by).filter((node) => isMember(context, node));
  const votes = voters.map((node) => [node, isHere(context, node) ? "asked" : "deaf"] as const);
  return counted({ ...context, underWay: proposal, votes: Object.fromEntries(votes) });
}

/** The next one's turn. */
function over(context: FleetContext, outcome: "taken" | "refused" | null): FleetContext {
  const { underWay, waiting, outcomes } = context;
  if (!underWay) return context;
  const after = {
    ...{ ...context, underWay: null, votes: {}, waiting: null },
    outcomes: outcome ? { ...outcomes, [underWay.document]: outcome } : outcomes,
  };
  return waiting ? begin(after, waiting) : after;
}

/** Those who hear of it have it in force, and so has who hears of it later. */
function decided(context: FleetContext, proposal: Proposal): FleetContext {
  const runs = names.map((node) => [node, isHere(context, node) ? proposal.document : context.runs[node]]);
  return { ...context, decided: proposal.document, runs: Object.fromEntries(runs) };
}

/** All or none: when everybody's vote is there. */
function counted(context: FleetContext): FleetContext {
  const { underWay: proposal, votes } = context;
  if (!proposal || Object.values(votes).some((vote) => vote !== "yes")) return context;
  if (proposal.before !== context.decided) return over(context, "refused");
  return over(decided(context, proposal), "taken");
}

function without(context: FleetContext, node: NodeName, life: "away" | "lapsed" | "dead"): FleetContext {
  const { underWay, waiting, votes } = context;
  const left = { ...context, life: set(context.life, node, life) };
  const refused = life === "dead" ? null : ("refused" as const);
  if (underWay?.by === node) return over(left, refused);
  const { [node]: _, ...rest } = votes;
  const members = { ...left, votes: life === "away" ? votes : rest };
  if (waiting?.by !== node) return counted(members);
  const outcomes = refused ? { ...left.outcomes, [waiting.document]: refused } : left.outcomes;
  return counted({ ...members, outcomes, waiting: null });
}

function voted(context: FleetContext, node: NodeName): FleetContext {
  return counted({ ...context, votes: { ...context.votes, [node]: "yes" } });
}

function after(context: FleetContext, event: FleetWalkEvent): FleetContext {
  const { underWay } = context;
  switch (event.type) {
    case "proposes": {
      const document = context.proposed + 1;
      const proposal = { by: event.node, document, before: context.runs[event.node] };
      const next = { ...context, proposed: document };
      return underWay ? { ...next, waiting: proposal } : begin(next, proposal);
    }
    case "can":
    case "can, and the engine's answer is lost":
      return voted(context, event.node);
    case "can, and the proposer is cut off at the decision": {
      if (!underWay) return context;
      const left = { ...context, life: set(context.life, underWay.by, "away" as const) };
      return over(decided(left, underWay), "refused");
    }
    case "cannot":
      return over(context, "refused");
    case "half a minute passes":
      return over(context, "refused");
    case "dies":
      return without(context, event.node, "dead");
    case "is cut off":
      return without(context, event.node, "away");
    case "lease ends":
      return without(context, event.node, "lapsed");
    case "is back":
      return {
        ...{ ...context, life: set(context.life, event.node, "here" as const) },
        runs: set(context.runs, event.node, context.decided),
      };
  }
}

function isPossible(context: FleetContext, event: FleetWalkEvent): boolean {
  const { life, underWay, waiting, votes, proposed } = context;
  const away = names.filter((node) => life[node] !== "here");
  const isUnchanged = underWay?.before === context.decided;
  const missing = Object.values(votes).filter((vote) => vote !== "yes").length;
  switch (event.type) {
    case "half a minute passes":
      return underWay !== null && waiting === null;
    case "proposes":
      return isHere(context, event.node) && event.node === proposers[proposed] && !waiting;
    case "can":
    case "cannot":
      return isHere(context, event.node) && votes[event.node] === "asked";
    case "can, and the engine's answer is lost":
    case "can, and the proposer is cut off at the decision":
      return isHere(context, event.node) && votes[event.node] === "asked" && missing === 1 && isUnchanged;
    case "dies":
    case "is cut off":
      return isHere(context, event.node) && away.length === 0;
    case "lease ends":
      return life[event.node] === "away";
    case "is back":
      return life[event.node] === "away" || life[event.node] === "lapsed";
  }
}

export const fleetDocumentMachine = setup({
  types: { context: {} as FleetContext, events: {} as FleetWalkEvent },
  actions: {
    take: assign(({ context, event }) => after(context, event)),
  },
  guards: {
    isPossible: ({ context, event }) => isPossible(context, event),
    isUnderWay: ({ context }) => context.underWay !== null,
  },
}).createMachine({
  id: "document of a fleet",
  context: {
    ...{ life: { a: "here", b: "here", c: "here" }, runs: { a: 0, b: 0, c: 0 }, decided: 0, proposed: 0 },
    ...{ outcomes: {}, underWay: null, votes: {}, waiting: null },
  },
  initial: "settled",
  on: { "*": { guard: "isPossible", actions: "take" } },
  states: {
    settled: { always: { guard: "isUnderWay", target: "voting" } },
    voting: { always: { guard: not("isUnderWay"), target: "settled" } },
  },
});

export const events: readonly FleetWalkEvent[] = [
  ...proposers.map((node) => ({ type: "proposes", node }) as const),
  ...names.flatMap((node) =>
    (
      [
        ...["can", "can, and the engine's answer is lost", "can, and the proposer is cut off at the decision"],
        ...["cannot", "dies", "is cut off", "lease ends", "is back"],
      ] as const
    ).map((type) => ({ type, node }) as FleetWalkEvent),
  ),
  { type: "half a minute passes" },
];

export const textOf = (document: number): string => `document ${document}`;

/** Brings one event about. */
export async function apply(
  fleet: WalkedFleet,
  event: FleetWalkEvent,
  { before, next }: { readonly before: FleetContext; readonly next: FleetContext },
): Promise<void> {
  const { engine, nodes } = fleet;
  const proposer = before.underWay?.by;
  switch (event.type) {
    case "proposes":
      nodes[event.node].propose(textOf(next.proposed));
      break;
    case "can, and the engine's answer is lost":
      if (proposer) nodes[proposer].line.loseDecision("answer");
      nodes[event.node].stage(null);
      break;
    case "can, and the proposer is cut off at the decision":
      if (proposer) nodes[proposer].line.loseDecision("all that follows");
      nodes[event.node].stage(null);
      break;
    case "can":
      nodes[event.node].stage(null);
      break;
    case "cannot":
      nodes[event.node].stage(new Error("The port is taken."));
      break;
    case "half a minute passes":
      await fleet.passLong(31_000);
      break;
    case "dies":
      nodes[event.node].end();
      await engine.lapse(event.node);
      break;
    case "is cut off":
      nodes[event.node].line.cut();
      break;
    case "lease ends":
      await engine.lapse(event.node);
      nodes[event.node].stage(null);
      break;
    case "is back":
      nodes[event.node].line.mend();
      await fleet.pass(renewal);
      break;
  }
  await engine.quiet();
  // By the engine's clock: nothing is heard of it any more.
  if (proposer && next.life[proposer] !== "here") await engine.lapseTurn();
  await fleet.pass(look);
  if (before.underWay && before.underWay.document !== next.underWay?.document) await settled(fleet, { before, next });
}

/** Who is still at what is over comes to its end. */
async function settled(
  fleet: WalkedFleet,
  { before, next }: { readonly before: FleetContext; readonly next: FleetContext },
): Promise<void> {
  const over = textOf(before.underWay?.document ?? 0);
  for (const name of names) if (fleet.nodes[name].staging === over) fleet.nodes[name].stage(null);
  await fleet.pass(look);
  // Of those who were away at the decision nothing is heard for so long.
  const isMissed = names.some((name) => next.life[name] === "away" && before.votes[name] === "yes");
  if (isMissed) await fleet.passLong(10_000);
  await fleet.pass(look);
}

/** What each node runs, and what whoever proposed a document was told; and what the fleet has to agree about, always. */
export async function compare(fleet: WalkedFleet, { life, runs, decided, outcomes, ...rest }: FleetContext) {
  const living = names.filter((name) => life[name] !== "dead");
  const told = Object.fromEntries(names.flatMap((name) => [...fleet.nodes[name].outcomes]));
  const text = await fleet.engine.text;
  const staged = (name: NodeName): string | null =>
    rest.underWay && rest.votes[name] === "asked" ? textOf(rest.underWay.document) : null;
  return {
    expected: {
      engine: textOf(decided),
      runs: living.map((name) => [name, textOf(runs[name])]),
      stages: living.map((name) => [name, staged(name)]),
      told: Object.fromEntries(
        Object.entries(outcomes).map(([document, outcome]) => [textOf(Number(document)), outcome]),
      ),
      others: [],
    },
    actual: {
      engine: text,
      runs: living.map((name) => [name, fleet.nodes[name].text]),
      stages: living.map((name) => [name, fleet.nodes[name].staging]),
      told,
      others: rest.underWay ? [] : living.filter((name) => life[name] === "here" && fleet.nodes[name].text !== text),
    },
  };
}

/** What tells situations apart in which each event is tried: nodes are told apart by what they do, not by their names. */
export function situationText({ life, decided, proposed, underWay, votes, waiting }: FleetContext): string {
  const parts = names.map((name) => [life[name], votes[name], underWay?.by === name, waiting?.by === name].join());
  return JSON.stringify([parts.toSorted(), underWay === null && proposed, underWay?.before === decided]);
}
