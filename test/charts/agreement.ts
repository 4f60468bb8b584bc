/** Shows that a chart and its table agree: by pure transitions over all that can be reached, and by live actors. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import {
  type Actor,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
  initialTransition,
  transition,
} from "xstate";
import { type CompiledMachine, compile } from "../../src/charts/compile.ts";
import { actorsOf, type LifecycleLogic, type LifecycleMode } from "../../src/charts/lifecycle-logic.ts";
import { WatchedClock } from "./watched-clock.ts";

type Compiled = CompiledMachine<AnyStateMachine>;
type Actions = ReturnType<typeof transition>[1];
type Attempt = { snapshot: AnyMachineSnapshot; actions: Actions } | { failed: true };

export interface Walk {
  readonly input: unknown;
  readonly events: readonly AnyEventObject[];
  /** Brings every combination of the guards' outcomes about, one after the other. */
  readonly outcomes: Iterable<() => void>;
  /** Reached snapshots beyond this number are not walked on from. */
  readonly maxSnapshots: number;
}

export interface Walked {
  /** How many transitions were compared. */
  readonly compared: number;
  readonly reached: readonly AnyMachineSnapshot[];
}

interface Pair {
  readonly interpreted: AnyMachineSnapshot;
  readonly compiled: AnyMachineSnapshot;
}

export function walk(machine: AnyStateMachine, { input, events, outcomes, maxSnapshots }: Walk): Walked {
  const compiled = compile(machine);
  const found = new Map<string, Pair>();
  let compared = 0;
  const compareSeen = ({ interpreted, compiled }: Pair): void =>
    expectEqual(seen(compiled, events), seen(interpreted, events));
  const compare = (interpreted: Attempt, table: Attempt, before?: Pair): void => {
    compared++;
    expectEqual("failed" in table, "failed" in interpreted);
    if ("failed" in table || "failed" in interpreted) return;
    const isSame = interpreted.snapshot === before?.interpreted;
    expectEqual(table.snapshot === before?.compiled, isSame);
    // What has not changed was compared before.
    if (!isSame) compareSeen({ interpreted: interpreted.snapshot, compiled: table.snapshot });
    expectEqual(table.actions.map(described), interpreted.actions.map(described));
    // An actor whose snapshot is an error has ended.
    if (interpreted.snapshot.status === "error") return;
    const key = JSON.stringify([table.snapshot.value, table.snapshot.context, table.snapshot.status]);
    if (found.has(key) || found.size >= maxSnapshots) return;
    found.set(key, { interpreted: interpreted.snapshot, compiled: table.snapshot });
  };
  for (const bringAbout of outcomes) {
    bringAbout();
    compare(beginning(machine, input), beginning(compiled, input));
  }
  // A Map is iterated over what is added on the way, too.
  for (const pair of found.values()) {
    for (const bringAbout of outcomes) {
      bringAbout();
      compareSeen(pair);
      for (const event of [...events, ...timeouts(pair.interpreted)]) {
        compare(step(machine, pair.interpreted, event), step(compiled, pair.compiled, event), pair);
      }
    }
  }
  return { compared, reached: [...found.values()].map(({ compiled }) => compiled) };
}

/** Vitest's own comparison takes its time, also where there is nothing to say. */
export function expectEqual(table: unknown, interpreted: unknown): void {
  if (!isDeepStrictEqual(table, interpreted)) expect(table).toEqual(interpreted);
}

function beginning(logic: AnyStateMachine | Compiled, input: unknown): Attempt {
  const [snapshot, actions] = initialTransition(logic as AnyStateMachine, input);
  return { snapshot, actions };
}

function step(logic: AnyStateMachine | Compiled, from: AnyMachineSnapshot, event: AnyEventObject): Attempt {
  try {
    const [snapshot, actions] = transition(logic as AnyStateMachine, from, event);
    return { snapshot, actions };
  } catch {
    return { failed: true };
  }
}

function timeouts(snapshot: AnyMachineSnapshot): AnyEventObject[] {
  return snapshot._nodes.flatMap((node) => node.after.map(({ eventType }) => ({ type: eventType })));
}

/** All that a snapshot shows. Of an error, that there is one: the wording is ours. */
function seen(snapshot: AnyMachineSnapshot, events: readonly AnyEventObject[]) {
  const { status, output, error, context, value, _nodes, tags, children, historyValue, machine } = snapshot;
  const working = status !== "error";
  return {
    ...{ status, output, failed: error !== undefined, context, value, children, historyValue, machine: machine.id },
    nodes: _nodes.map((node) => node.id),
    tags: [...tags],
    safe: snapshot.hasTag("safe"),
    inA: snapshot.matches("a"),
    meta: JSON.stringify(snapshot.getMeta()),
    can: working ? events.map((event) => snapshot.can(event)) : [],
    json: working ? JSON.stringify(snapshot) : "",
    keys: Object.keys(snapshot),
  };
}

function described({ type, params, info, exec }: Actions[number]) {
  const { context, event } = info;
  // XState binds the effects of its own actions again each time.
  return { type, params, context, event, exec: type.startsWith("xstate.") ? typeof exec : exec };
}

export type Move = { readonly send: AnyEventObject } | { readonly wait: number } | { readonly run: () => void };

/** What everyone around a live actor notices, in order, while the moves are made. */
export function notices(
  logic: AnyStateMachine | Compiled,
  { input, moves, calls }: { input: unknown; moves: readonly Move[]; calls: unknown[] },
): unknown[] {
  calls.length = 0;
  const clock = new WatchedClock();
  const actor: Actor<AnyStateMachine> = createActor(logic as AnyStateMachine, {
    ...{ id: "actor", input, clock },
    inspect: (event) => calls.push(inspected(event)),
    logger: (...words) => calls.push(["logged", ...words]),
  });
  actor.subscribe({
    next: (snapshot) => calls.push(["next", state(snapshot)]),
    error: () => calls.push(["error"]),
    complete: () => calls.push(["complete", actor.getSnapshot().output]),
  });
  actor.on("*", (event) => calls.push(["emitted", event]));
  actor.start();
  for (const move of moves) {
    if (actor.getSnapshot().status !== "active") break;
    if ("run" in move) move.run();
    else if ("wait" in move) clock.increment(move.wait);
    else actor.send(move.send);
    calls.push(["timers", clock.running]);
  }
  actor.stop();
  calls.push(["end", state(actor.getSnapshot()), clock.running]);
  return [...calls];
}

/**
 * What the runtime notices of an actor: its effects, its snapshots, its timers, its error; and where it is watched, all that
 * its inspector is told, in between.
 */
export function runtimeNotices(
  logic: LifecycleLogic<AnyStateMachine>,
  {
    mode,
    input,
    moves,
    calls,
    events,
    watched = false,
  }: {
    mode: LifecycleMode;
    watched?: boolean;
    input: unknown;
    moves: readonly Move[];
    calls: unknown[];
    events: readonly AnyEventObject[];
  },
): unknown[] {
  calls.length = 0;
  const clock = new WatchedClock();
  const inspect = (event: InspectionEvent) => {
    calls.push(told(event, events));
    if (event.type !== "@xstate.actor") return;
    (event.actorRef as AnyActorRef).subscribe({
      next: (snapshot) => calls.push(["next", seen(snapshot, events)]),
      error: () => calls.push(["error"]),
      complete: () => calls.push(["complete"]),
    });
  };
  const actors = actorsOf(logic, {
    ...{ mode, id: () => "actor", clock },
    inspect: () => (watched ? inspect : undefined),
    changed: (carrier: unknown[], value) => {
      const snapshot = actor.getSnapshot();
      expectEqual(snapshot.value, value);
      // What nobody watches needs no properties of its own.
      const { keys, ...all } = seen(snapshot, events);
      carrier.push(["changed", watched ? { keys, ...all } : all]);
    },
    failed: (carrier) => carrier.push(["failed"]),
  });
  const actor = actors(calls, input as never);
  actor.start();
  for (const move of moves) {
    if (actor.getSnapshot().status !== "active") break;
    if ("run" in move) move.run();
    else if ("wait" in move) clock.increment(move.wait);
    else actor.send(move.send as never);
    calls.push(["timers", clock.running]);
  }
  const { value, status } = actor.getSnapshot();
  return [...calls, ["end", value, status]];
}

/** Everything in an inspection event, the actor and its session by their relations. */
function told(event: InspectionEvent, events: readonly AnyEventObject[]): object {
  const { actorRef, rootId, ...rest } = event;
  expectEqual(rootId, actorRef.sessionId);
  const actor = JSON.stringify(actorRef);
  if (event.type === "@xstate.event") return { ...rest, actor, sourceRef: event.sourceRef === actorRef };
  return "snapshot" in event
    ? { ...rest, actor, snapshot: seen(event.snapshot as AnyMachineSnapshot, events) }
    : { ...rest, actor };
}

function state({ value, context, status, tags }: AnyMachineSnapshot) {
  return { value, context, status, tags: [...(tags ?? [])] };
}

function inspected(event: InspectionEvent): unknown {
  switch (event.type) {
    case "@xstate.actor":
      return [event.type];
    case "@xstate.event":
      return [event.type, event.event, event.sourceRef !== undefined];
    case "@xstate.action":
      return [event.type, event.action];
    case "@xstate.microstep":
      return [event.type, event.event, event._transitions, state(event.snapshot as AnyMachineSnapshot)];
    default:
      return [event.type, event.event, state(event.snapshot as AnyMachineSnapshot)];
  }
}
