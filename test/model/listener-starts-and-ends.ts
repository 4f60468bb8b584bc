/** How a listener begins, and how it ends. */

import {
  bound,
  drain,
  ends,
  handsOver,
  has,
  held,
  listen,
  none,
  opened,
  outcome,
  plain,
  reasons,
  rests,
  stop,
  waiting,
} from "./listener-situations.ts";
import { type ListenerStimulus, refusalTimeout } from "./listener-world.ts";

export const start: ListenerStimulus = {
  name: "the server starts",
  events: [...bound, listen, opened],
  possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
  leaves: ["started"],
  apply: (world) => world.gatehouse.start(),
};

export const startsThatFail: readonly ListenerStimulus[] = [
  ...(["addresses", "bound", "opening"] as const).map(
    (state): ListenerStimulus => ({
      name: `the server starts, and is stopped when the listener comes to binding.${state}`,
      events: [...{ addresses: [], bound, opening: [...bound, listen] }[state], stop],
      possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
      leaves: ["started"],
      apply(world) {
        world.when(`binding.${state}`, world.backgroundStop);
        world.begin(world.gatehouse.start());
      },
    }),
  ),
  {
    name: "the server starts, and descriptors run out when the listener opens",
    events: [...bound, listen, outcome("error", "binding.opening")],
    possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
    leaves: ["started"],
    async apply(world) {
      world.when("binding.opening", () => world.exhaustDescriptors());
      world.begin(world.gatehouse.start());
      await world.until(() => world.gatehouse.state === "failed");
      world.freeDescriptors();
    },
  },
];

export const end: readonly ListenerStimulus[] = [
  {
    name: "the server drains",
    events: (at) => ends(at, drain),
    possible: (at) => rests(at) && plain(at),
    apply: (world) => world.begin(world.gatehouse.stop()),
  },
  {
    name: "a reload removes it",
    events: (at) => ends(at, drain),
    possible: (at) => rests(at) && plain(at),
    apply: (world) => world.put({ main: null }),
  },
  {
    name: "the server stops at once",
    events: (at) => (waiting(at) ? [stop, ...(has(at, "stopped") ? [none] : [])] : ends(at, stop)),
    possible: (at) => (rests(at) && !has(at, "queued") && !handsOver(at)) || waiting(at),
    leaves: ["stopped"],
    apply: (world) => world.backgroundStop(),
  },
];

/** Clients wait in the kernel's queue of a suspended listener that ends. */
export const queues: readonly ListenerStimulus[] = [
  {
    name: "it drains with a client in its queue, and there is no descriptor to say so with",
    events: (at) => ends(at, drain).toSpliced(1, 1, outcome("error", "draining.refusing")),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      await world.connect("main");
      world.exhaustDescriptors();
      world.begin(world.gatehouse.stop());
    },
  },
  {
    name: "it drains with a client in its queue, and that takes its time",
    events: (at) => ends(at, drain).toSpliced(1, 1, { type: "xstate.after.refusalTimeout.listener.draining.refusing" }),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("draining.refusing", () => queueMicrotask(() => world.bench.clock.advance(refusalTimeout)));
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  },
  {
    name: "it drains with a client in its queue, and the server stops at once meanwhile",
    events: (at) => ends(at, drain).toSpliced(1, 0, stop),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["stopped"],
    async apply(world) {
      world.when("draining.refusing", world.backgroundStop);
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  },
];
