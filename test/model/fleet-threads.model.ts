/**
 * Slots of a fleet that the threads of its nodes take, as a chart of two nodes: who is inside where, and who is cut off. And
 * how each of its events comes about. Node a has two threads, of which each may die; of node b one is looked at.
 */
import { assign, setup } from "xstate";
import { type LendingNode, leaseTime, type ThreadName, type WalkedThreads } from "./walked-threads.ts";

export const cap = 2;

/** The threads that clients come to. */
const places = ["a1", "a2", "b1"] as const;
type Place = (typeof places)[number];
/** Where node a is: `late` is without its lease. */
type Standing = "here" | "cut off" | "late";

interface ThreadsContext {
  readonly inside: Readonly<Record<Place, number>>;
  readonly standing: Standing;
}

export type ThreadsWalkEvent =
  | { readonly type: "a client comes" | "a client leaves" | "the thread dies"; readonly place: Place }
  | {
      readonly type:
        | "clients come while it is cut off, and leave"
        | "a client comes while what it takes is given back, and leaves"
        | "a thread dies while another node waits for its slot"
        | "it was paused for longer than its lease, and a client comes, and leaves"
        | "it is cut off"
        | "its lease ends"
        | "it is back"
        | "a lease passes";
    };

const sum = ({ inside }: ThreadsContext): number => places.reduce((total, place) => total + inside[place], 0);
const onA = ({ inside: { a1, a2 } }: ThreadsContext): number => a1 + a2;

/** Whether a client is let in that waits until it is known. */
function isLetIn(context: ThreadsContext, place: Place): boolean {
  if (context.standing === "here") return sum(context) < cap;
  // What the node without a lease had is node b's to lease.
  return place === "b1" && context.inside.b1 < cap;
}

function changed(context: ThreadsContext, place: Place, by: number): ThreadsContext {
  return { ...context, inside: { ...context.inside, [place]: context.inside[place] + by } };
}

function after(context: ThreadsContext, event: ThreadsWalkEvent): ThreadsContext {
  switch (event.type) {
    case "a client comes":
      return isLetIn(context, event.place) ? changed(context, event.place, 1) : context;
    case "a client leaves":
      return changed(context, event.place, -1);
    case "the thread dies":
      return changed(context, event.place, -context.inside[event.place]);
    case "a thread dies while another node waits for its slot":
      return changed(changed(context, "a1", -context.inside.a1), "b1", 1);
    case "it is cut off":
      return { ...context, standing: "cut off" };
    case "its lease ends":
      return { ...context, standing: "late" };
    case "it is back":
      return { ...context, standing: "here" };
    case "clients come while it is cut off, and leave":
    case "a client comes while what it takes is given back, and leaves":
    case "it was paused for longer than its lease, and a client comes, and leaves":
    case "a lease passes":
      return context;
  }
}

function isPossible(context: ThreadsContext, event: ThreadsWalkEvent): boolean {
  const { inside, standing } = context;
  switch (event.type) {
    case "a client comes":
      return standing !== "cut off" && (event.place !== "a2" || inside.a1 > 0);
    case "a client leaves":
    case "the thread dies":
      return inside[event.place] > 0;
    case "clients come while it is cut off, and leave":
    case "its lease ends":
      return standing === "cut off";
    case "a client comes while what it takes is given back, and leaves":
      return standing === "here" && sum(context) === cap - 1;
    case "a thread dies while another node waits for its slot":
      return standing === "here" && sum(context) === cap && inside.a1 > 0;
    case "it was paused for longer than its lease, and a client comes, and leaves":
    case "it is cut off":
      return standing === "here" && sum(context) <= cap;
    case "it is back":
      return standing !== "here";
    case "a lease passes":
      return standing === "here";
  }
}

export const fleetThreadsMachine = setup({
  types: { context: {} as ThreadsContext, events: {} as ThreadsWalkEvent },
  actions: { take: assign(({ context, event }) => after(context, event)) },
  guards: { isPossible: ({ context, event }) => isPossible(context, event) },
}).createMachine({
  id: "threads of a fleet",
  context: { inside: { a1: 0, a2: 0, b1: 0 }, standing: "here" },
  initial: "shared",
  states: { shared: { on: { "*": { guard: "isPossible", actions: "take" } } } },
});

export const events: readonly ThreadsWalkEvent[] = [
  ...places.flatMap((place) =>
    (["a client comes", "a client leaves"] as const).map((type) => ({ type, place }) as const),
  ),
  { type: "the thread dies", place: "a1" },
  ...(
    [
      ...[
        "clients come while it is cut off, and leave",
        "a client comes while what it takes is given back, and leaves",
      ],
      ...["a thread dies while another node waits for its slot", "it is cut off", "its lease ends", "it is back"],
      ...["it was paused for longer than its lease, and a client comes, and leaves", "a lease passes"],
    ] as const
  ).map((type) => ({ type }) as ThreadsWalkEvent),
];

const nodeOf = (fleet: WalkedThreads, place: Place): LendingNode => (place === "b1" ? fleet.b : fleet.a);
const threadOf = (place: Place): ThreadName => (place === "a2" ? 2 : 1);

/** Brings one event about. @returns what went wrong on the way */
export async function apply(fleet: WalkedThreads, event: ThreadsWalkEvent): Promise<string[]> {
  const { a, b, engine } = fleet;
  const wrong: string[] = [];
  switch (event.type) {
    case "a client comes":
      await fleet.comes(nodeOf(fleet, event.place), threadOf(event.place));
      break;
    case "a client leaves":
      nodeOf(fleet, event.place).leaves(threadOf(event.place));
      break;
    case "the thread dies":
      nodeOf(fleet, event.place).dies(threadOf(event.place));
      break;
    case "clients come while it is cut off, and leave": {
      const account = await a.account();
      let come = 0;
      while (come <= cap && (await fleet.comes(a, come % 2 === 0 ? 1 : 2))) come += 1;
      if (a.taken !== account) wrong.push(`${a.taken} of the ${account} slots were taken that are leased`);
      for (let left = come; left > 0; left -= 1) a.leaves(left % 2 === 1 ? 1 : 2);
      break;
    }
    case "a client comes while what it takes is given back, and leaves": {
      const before = a.inside(2);
      // Node a has leased all that is left, and does not need it.
      await fleet.comes(a, 2);
      a.leaves(2);
      const waiting = b.begins(1);
      const end = a.isOvertakenBy(2);
      await fleet.settle();
      end();
      waiting.look();
      await fleet.settle();
      if (a.taken + b.taken > cap) wrong.push(`${a.taken + b.taken} are inside`);
      if (a.inside(2) > before) a.leaves(2);
      if (waiting.said) b.leaves(1);
      break;
    }
    case "a thread dies while another node waits for its slot": {
      let waiting = b.begins(1);
      // It may have been refused one lately, and asks for none for a while.
      for (let passed = 0; waiting.said === false && passed < 700; passed += 50) {
        await fleet.pass(50);
        waiting = b.begins(1);
      }
      if (waiting.said !== null) wrong.push("The client does not wait.");
      await fleet.pass(50);
      a.dies(1);
      await fleet.pass(50);
      waiting.look();
      if (waiting.said !== true) wrong.push("The client that waits is not let in.");
      break;
    }
    case "it was paused for longer than its lease, and a client comes, and leaves": {
      const isFull = a.taken + b.taken >= cap;
      a.pause(leaseTime);
      await engine.lapse(a.name);
      const waiting = a.begins(1);
      if (waiting.said !== null) wrong.push("The client does not wait until those inside are counted.");
      if ((await fleet.answered(waiting)) === isFull) wrong.push(`The client is ${isFull ? "" : "not "}let in.`);
      if (waiting.said) a.leaves(1);
      break;
    }
    case "it is cut off":
      a.line.cut();
      break;
    case "its lease ends":
      await fleet.pass(leaseTime);
      await engine.lapse(a.name);
      // Node b is told how much there is now.
      await fleet.pass(leaseTime / 3);
      break;
    case "it is back":
      a.line.mend();
      break;
    case "a lease passes":
      await fleet.pass(leaseTime);
      break;
  }
  await fleet.settle();
  return wrong;
}

/** Who is inside where, what threads may do, and that nobody uses what the engine has not given. */
export async function compare(fleet: WalkedThreads, context: ThreadsContext, wrong: readonly string[]) {
  const { inside, standing } = context;
  const { a, b } = fleet;
  const [ofA, ofB] = [await a.account(), await b.account()];
  const isOver = sum(context) > cap;
  return {
    expected: {
      inside,
      taken: [onA(context), inside.b1],
      admits: [standing === "late" ? "refuses" : "leased", "leased"],
      unused: isOver ? "none" : "some",
      wrong: [],
    },
    actual: {
      inside: { a1: a.inside(1), a2: a.inside(2), b1: b.inside(1) },
      taken: [a.taken, b.taken],
      admits: [a.admits, b.admits],
      unused: isOver && ofA + ofB > sum(context) ? "some" : isOver ? "none" : "some",
      wrong: [
        ...wrong,
        ...(standing !== "late" && ofA < a.taken ? [`Node a uses ${a.taken}, and has leased ${ofA}.`] : []),
        ...(ofB < b.taken ? [`Node b uses ${b.taken}, and has leased ${ofB}.`] : []),
        ...(!isOver && ofA + ofB > cap ? [`${ofA} and ${ofB} are leased of ${cap}.`] : []),
      ],
    },
  };
}

/** What tells situations apart in which each event is tried. */
export function situationText({ inside, standing }: ThreadsContext): string {
  return JSON.stringify([inside, standing]);
}
