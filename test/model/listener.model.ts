/** The listener's chart, and how each of its events comes about. */
import { listenerMachine } from "../../src/machines/index.ts";
import type { Difference, Model, Situation } from "../../src/testing/index.ts";
import { moments } from "./listener-moments.ts";
import { capacity, descriptors, pressure, succession, suspension } from "./listener-pauses.ts";
import { drain, ends, has, held, inside } from "./listener-situations.ts";
import { end, queues, start, startsThatFail } from "./listener-starts-and-ends.ts";
import { type ListenerStimulus, ListenerWorld, refusalTimeout } from "./listener-world.ts";

/** Guards that ask the real world are answered by what a stimulus says of it. */
const machine = listenerMachine.provide({
  guards: {
    findsDescriptors: ({ event }) => Reflect.get(event, "found") === true,
    foundNoDescriptor: ({ event }) => Reflect.get(event, "lacking") === true,
  },
});

/** The listener is found by name, and says why it does not accept. */
function compare(world: ListenerWorld, { snapshot }: Situation): Difference[] {
  const status = world.gatehouse.listeners().find(({ name }) => `listener:${name}` === world.followedId);
  if (!status || snapshot.status !== "active") return [];
  const expected = snapshot.matches("paused") ? [...snapshot.context.pausedBy].toSorted() : [];
  const actual = [...status.pausedBy].toSorted();
  return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [{ of: "pausedBy", expected, actual }];
}

interface ListenerModelOptions {
  readonly drainTimeout?: number;
  readonly stimuli?: readonly ListenerStimulus[];
}

export function listenerModel({ drainTimeout = 30_000, stimuli }: ListenerModelOptions = {}): Model<ListenerWorld> {
  return {
    machine,
    input: { drainTimeout, refusalTimeout },
    stimuli: stimuli ?? [
      start,
      ...startsThatFail,
      ...suspension,
      ...succession,
      ...capacity,
      ...descriptors,
      ...pressure,
      ...end,
      ...moments,
      ...queues,
    ],
    async open(bench) {
      const world = new ListenerWorld(bench, { drainTimeout });
      await world.prepareScarcity();
      return world;
    },
    follows: (id) => id === "listener:main",
    context: ["pausedBy"],
    compare,
    mayPass: ({ state }, at) => state === "draining" && inside(at) && !has(at, "stopped"),
  };
}

/** A drain that is shorter than the time to refuse those who wait. */
export function hastyModel(): Model<ListenerWorld> {
  const hasty: ListenerStimulus = {
    name: "it drains with a client in its queue for longer than drainTimeout",
    events: (at) => ends(at, drain).toSpliced(1, 0, { type: "xstate.after.drainTimeout.listener.draining" }),
    possible: (at) => held(at),
    async apply(world) {
      world.when("draining.refusing", () => queueMicrotask(() => world.bench.clock.advance(refusalTimeout / 2)));
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  };
  const [first] = suspension;
  return {
    ...listenerModel({ drainTimeout: refusalTimeout / 2, stimuli: [start, ...(first ? [first] : []), hasty] }),
    mayPass: () => false,
  };
}
