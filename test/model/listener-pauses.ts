/** Why a listener pauses, and accepts again: the embedder, a cap, descriptors, pressure. */

import {
  began,
  ended,
  exhausted,
  freed,
  handOver,
  has,
  held,
  inside,
  lacks,
  listening,
  none,
  outcome,
  paused,
  pauses,
  plain,
  reached,
  reasons,
  rests,
  resume,
  resumed,
  retryFinds,
  retryInVain,
  suspend,
  takeBack,
  waiting,
  without,
} from "./listener-situations.ts";
import { type ListenerStimulus, watchInterval } from "./listener-world.ts";

export const suspension: readonly ListenerStimulus[] = [
  {
    name: "the embedder suspends it",
    events: (at) => pauses(at, suspend),
    possible: (at) => rests(at) && !has(at, "queued"),
    apply: (world) => world.gatehouse.suspend("main"),
  },
  {
    name: "the embedder resumes it",
    events: (at) => (held(at) ? without(at, "suspended", resume) : [resume]),
    possible: (at) => rests(at) && !lacks(at) && !has(at, "queued"),
    apply: (world) => world.gatehouse.resume("main"),
  },
  {
    name: "the embedder resumes it, and there is no descriptor to accept with",
    events: [resume, outcome("error", "paused.resuming", { lacking: true }), paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["scarce"],
    async apply(world) {
      world.exhaustDescriptors();
      await world.gatehouse.resume("main");
    },
  },
];

export const succession: readonly ListenerStimulus[] = [
  {
    name: "a successor is about to take over",
    events: (at) => pauses(at, handOver),
    possible: (at) => rests(at) && plain(at) && !has(at, "handed over"),
    leaves: ["handed over"],
    apply: (world) => world.handOver(),
  },
  {
    name: "a successor is about to take over, and the embedder suspends it at that moment",
    events: [suspend, handOver, paused],
    possible: (at) => listening(at) && plain(at) && !has(at, "handed over"),
    leaves: ["handed over"],
    async apply(world) {
      world.at({ chart: "upgrade", state: "handingOver" }, world.backgroundSuspend);
      await world.handOver();
    },
  },
  {
    name: "a successor is about to take over, and the embedder resumes it at that moment",
    events: [resume, handOver, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended" && !has(at, "handed over"),
    leaves: ["handed over"],
    async apply(world) {
      world.at({ chart: "upgrade", state: "handingOver" }, world.backgroundResume);
      await world.handOver();
    },
  },
  {
    name: "the successor does not take over",
    events: (at) => without(at, "handing-over", takeBack),
    possible: (at) => held(at) && reasons(at).includes("handing-over") && !lacks(at) && !has(at, "queued"),
    apply: (world) => world.takeBack(),
  },
];

export const waits: ListenerStimulus = {
  name: "a client comes while nobody is let in, and waits in the kernel's queue",
  events: [],
  possible: (at) => held(at) && plain(at) && !has(at, "queued"),
  leaves: ["queued"],
  async apply(world) {
    const told = world.bench.events.length;
    const client = await world.connect(world.followedId.replace("listener:", ""));
    await world.turn(10);
    const [heard] = world.bench.events.slice(told);
    if (heard) throw new Error(`The client was not left in the queue: ${heard.type}.`);
    if (client.view !== "open") throw new Error(`The client was turned away: ${client.view}.`);
  },
};

export const capacity: readonly ListenerStimulus[] = [
  {
    name: "a client comes, and stays",
    events: (at) => (has(at, "raised") ? [] : [reached, paused]),
    possible: (at) => listening(at) && plain(at) && !has(at, "inside"),
    leaves: ["inside"],
    apply: (world) => world.visitor("main"),
  },
  {
    name: "the client leaves",
    events(at) {
      if (waiting(at)) return [none];
      return reasons(at).includes("at-capacity") ? without(at, "at-capacity", freed) : [];
    },
    possible: (at) => inside(at) && (waiting(at) || rests(at)) && !lacks(at) && !has(at, "queued"),
    leaves: ["left"],
    apply: (world) => world.client.leave(),
  },
  waits,
  {
    name: "a reload raises the cap",
    events: (at) => (held(at) && reasons(at).includes("at-capacity") ? without(at, "at-capacity", freed) : [freed]),
    possible: (at) => rests(at) && !has(at, "raised") && plain(at),
    leaves: ["raised"],
    apply: (world) => world.put({ main: 2 }),
  },
  {
    name: "a reload lowers the cap again, to those who are inside",
    events: (at) => pauses(at, reached),
    possible: (at) => rests(at) && has(at, "raised") && !has(at, "lowered") && inside(at) && plain(at),
    leaves: ["lowered"],
    apply: (world) => world.put({ main: 1 }),
  },
];

export const descriptors: readonly ListenerStimulus[] = [
  {
    name: "descriptors run out",
    events: (at) => pauses(at, exhausted),
    possible: (at) => rests(at) && plain(at),
    leaves: ["scarce"],
    apply(world) {
      world.exhaustDescriptors();
      world.bench.clock.advance(watchInterval);
    },
  },
  {
    name: "the back-off passes in vain",
    events: [retryInVain],
    possible: (at) => held(at) && lacks(at) && at.snapshot.context.retries < 3,
    apply: (world) => world.bench.clock.advance(world.backOff),
  },
  {
    name: "descriptors are still looked for in vain",
    events: [exhausted],
    possible: (at) => held(at) && lacks(at),
    once: true,
    apply: (world) => world.bench.clock.advance(watchInterval),
  },
  {
    name: "descriptors are there again when the back-off passes",
    events: (at) => without(at, "no-descriptors", retryFinds),
    possible: (at) => held(at) && lacks(at) && !has(at, "queued"),
    leaves: ["plenty"],
    apply(world) {
      world.freeDescriptors();
      world.bench.clock.advance(world.backOff);
    },
  },
];

export const pressure: readonly ListenerStimulus[] = [
  {
    name: "the process comes under pressure",
    events: (at) => pauses(at, began),
    possible: (at) => rests(at) && plain(at) && !has(at, "pressed"),
    leaves: ["pressed"],
    apply: (world) => world.press(true),
  },
  {
    name: "the pressure ends",
    events: (at) => without(at, "under-pressure", ended),
    possible: (at) => held(at) && reasons(at).includes("under-pressure") && !lacks(at) && !has(at, "queued"),
    leaves: ["relieved"],
    apply: (world) => world.press(false),
  },
  {
    name: "pressure comes and goes while it pauses",
    events: [suspend, began, ended, paused],
    possible: (at) => listening(at) && plain(at),
    apply(world) {
      world.when("paused.pausing", () => {
        world.press(true);
        world.press(false);
      });
      world.backgroundSuspend();
    },
  },
  {
    name: "pressure comes while it opens",
    events: [resume, began, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended" && !has(at, "pressed"),
    leaves: ["pressed"],
    apply(world) {
      world.when("paused.resuming", () => world.press(true));
      world.backgroundResume();
    },
  },
  {
    name: "pressure ends, comes back and ends while it opens",
    events: [ended, began, ended, paused, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "under-pressure",
    leaves: ["relieved"],
    apply(world) {
      world.when("paused.resuming", () => {
        world.press(true);
        world.press(false);
      });
      world.press(false);
    },
  },
];
