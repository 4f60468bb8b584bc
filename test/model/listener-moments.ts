/** Moments that last no longer than some microtasks: whoever wants to meet them has to be told of them. */

import {
  drain,
  ends,
  exhausted,
  freed,
  has,
  held,
  inside,
  lacks,
  listening,
  paused,
  plain,
  reached,
  reasons,
  resume,
  resumed,
  retryFinds,
  retryInVain,
  stop,
  suspend,
} from "./listener-situations.ts";
import { type ListenerStimulus, shortestBackOff, watchInterval } from "./listener-world.ts";

export const moments: readonly ListenerStimulus[] = [
  {
    name: "the embedder suspends it, and resumes it while it pauses",
    events: [suspend, resume, paused, resumed],
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.when("paused.pausing", world.backgroundResume);
      await world.gatehouse.suspend("main");
    },
  },
  {
    name: "the embedder suspends it twice at once",
    events: [suspend, suspend, paused],
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.when("paused.pausing", world.backgroundSuspend);
      await world.gatehouse.suspend("main");
    },
  },
  {
    name: "the embedder suspends it, and stops the server while it pauses",
    events: (at) => ends(at, { type: "listener.suspend" }).toSpliced(1, 0, stop),
    possible: (at) => listening(at) && plain(at),
    leaves: ["stopped"],
    apply(world) {
      world.when("paused.pausing", world.backgroundStop);
      world.backgroundSuspend();
    },
  },
  {
    name: "descriptors run out, are looked for and run out again while it pauses",
    events: [suspend, exhausted, retryInVain, exhausted, paused],
    possible: (at) => listening(at) && plain(at),
    leaves: ["scarce"],
    apply(world) {
      world.exhaustDescriptors();
      world.when("paused.pausing", () => queueMicrotask(() => world.bench.clock.advance(2 * watchInterval)));
      world.backgroundSuspend();
    },
  },
  {
    name: "descriptors run out, and are there again while it pauses",
    events: [suspend, exhausted, retryFinds, paused],
    possible: (at) => listening(at) && plain(at),
    apply(world) {
      world.exhaustDescriptors();
      world.when("paused.pausing", () =>
        queueMicrotask(() => {
          world.bench.clock.advance(watchInterval);
          world.freeDescriptors();
          world.bench.clock.advance(shortestBackOff);
        }),
      );
      world.backgroundSuspend();
    },
  },
  {
    name: "a reload raises the cap while it pauses",
    events: [suspend, freed, paused],
    possible: (at) => listening(at) && plain(at) && !has(at, "raised"),
    leaves: ["raised"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, () => queueMicrotask(world.backgroundSuspend));
      await world.put({ main: 2 });
    },
  },
  {
    name: "a reload lowers the cap while it pauses",
    events: [suspend, reached, paused],
    possible: (at) => listening(at) && plain(at) && inside(at) && has(at, "raised") && !has(at, "lowered"),
    leaves: ["lowered"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, () => queueMicrotask(world.backgroundSuspend));
      await world.put({ main: 1 });
    },
  },
  {
    name: "a reload removes it while it pauses",
    events: (at) => ends(at, drain).toSpliced(0, 0, exhausted),
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.at({ chart: "reload", state: "retiring" }, () => {
        world.exhaustDescriptors();
        world.bench.clock.advance(watchInterval);
        world.freeDescriptors();
      });
      await world.put({ main: null });
    },
  },
  {
    name: "the embedder resumes it, and suspends it while it opens",
    events: [resume, suspend, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("paused.resuming", world.backgroundSuspend);
      await world.gatehouse.resume("main");
    },
  },
  {
    name: "the embedder resumes it twice at once",
    events: [resume, resume, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("paused.resuming", world.backgroundResume);
      await world.gatehouse.resume("main");
    },
  },
  {
    name: "the embedder resumes it, and stops the server while it opens",
    events: (at) => ends(at, resume).toSpliced(1, 0, stop),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["stopped"],
    apply(world) {
      world.when("paused.resuming", world.backgroundStop);
      world.backgroundResume();
    },
  },
  {
    name: "the embedder resumes it, and descriptors run out while it opens",
    events: [resume, exhausted, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["scarce"],
    apply(world) {
      world.when("paused.resuming", () => {
        world.exhaustDescriptors();
        world.bench.clock.advance(watchInterval);
      });
      world.backgroundResume();
    },
  },
  {
    name: "a reload raises the cap while it opens",
    events: [resume, freed, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended" && !has(at, "raised"),
    leaves: ["raised"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundResume);
      await world.put({ main: 2 });
    },
  },
  {
    name: "a reload lowers the cap while it opens",
    events: [resume, reached, paused],
    possible: (at) =>
      held(at) &&
      plain(at) &&
      reasons(at).join() === "suspended" &&
      inside(at) &&
      has(at, "raised") &&
      !has(at, "lowered"),
    leaves: ["lowered"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundResume);
      await world.put({ main: 1 });
    },
  },
  {
    name: "a reload removes it while it opens, descriptors being there again",
    events: (at) => ends(at, drain).toSpliced(0, 0, retryFinds),
    possible: (at) => held(at) && lacks(at) && !has(at, "queued") && reasons(at).join() === "no-descriptors",
    leaves: ["plenty"],
    async apply(world) {
      world.freeDescriptors();
      world.at({ chart: "reload", state: "retiring" }, () => world.bench.clock.advance(world.backOff));
      await world.put({ main: null });
    },
  },
];
