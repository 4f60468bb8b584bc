/** A listener that a reload adds. */
import type { Model } from "../../src/testing/index.ts";
import { listenerModel } from "./listener.model.ts";
import { waits } from "./listener-pauses.ts";
import {
  began,
  bound,
  ended,
  exhausted,
  freed,
  has,
  listen,
  opened,
  outcome,
  paused,
  reached,
  stop,
} from "./listener-situations.ts";
import { type ListenerStimulus, ListenerWorld, talkListener, type Wanted, watchInterval } from "./listener-world.ts";
import { Somebody } from "./occupied-address.ts";

/** A listener that a reload adds to a server of few places. */
export function addedModel(): Model<ListenerWorld> {
  const others = [talkListener("old"), talkListener("added")];
  const add = (maxConnections: number): Wanted => ({ system: { maxConnections }, main: null, others });
  const stimulus = (name: string, given: Pick<ListenerStimulus, "events" | "apply">): ListenerStimulus => ({
    name,
    ...given,
    possible: (at) => !has(at, "added"),
    leaves: ["added"],
  });
  const begins = outcome("done", "binding.addresses");
  const stimuli: ListenerStimulus[] = [
    waits,
    stimulus("a reload adds it", { events: [...bound, listen, opened], apply: (world) => world.put(add(1)) }),
    stimulus("a reload adds it to a server that is full", {
      events: [reached, ended, begins, listen, opened, paused],
      async apply(world) {
        await world.visitor("old");
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it to a server that is full, and makes more room", {
      events: [reached, ended, begins, freed, listen, opened],
      async apply(world) {
        await world.visitor("old");
        await world.put(add(2));
      },
    }),
    stimulus("a reload adds it to a server that has room, and lowers the cap to those who are inside", {
      events: [freed, ended, begins, reached, listen, opened, paused],
      async apply(world) {
        await world.put({ system: { maxConnections: 2 }, main: null, others: [talkListener("old")] });
        await world.visitor("old");
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it to a server that is full, and a place is free when it opens", {
      events: [reached, ended, begins, listen, freed, opened],
      async apply(world) {
        const client = await world.connect("old");
        // The connection keeps its place until the client closes its side, or for as long as closing may take.
        client.line("THROW");
        await client.untilEnd();
        world.when("binding.opening", () => world.bench.clock.advance(5_000));
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it under pressure", {
      events: [freed, began, begins, listen, opened, paused],
      async apply(world) {
        world.press(true);
        await world.put(add(1));
      },
    }),
    ...(["bound", "opening"] as const).flatMap((state): ListenerStimulus[] => [
      stimulus(`a reload adds it, and pressure comes when it is at binding.${state}`, {
        events: state === "bound" ? [...bound, began, listen, opened, paused] : [...bound, listen, began, paused],
        async apply(world) {
          world.when(`binding.${state}`, () => world.press(true));
          await world.put(add(1));
        },
      }),
      stimulus(`a reload adds it under pressure, which ends when it is at binding.${state}`, {
        events:
          state === "bound"
            ? [freed, began, begins, ended, listen, opened]
            : [freed, began, begins, listen, ended, opened],
        async apply(world) {
          world.press(true);
          world.when(`binding.${state}`, () => world.press(false));
          await world.put(add(1));
        },
      }),
    ]),
    {
      ...stimulus("a reload adds it, and descriptors run out when it opens", {
        events: [...bound, listen, exhausted, paused],
        async apply(world) {
          world.when("binding.opening", () => {
            world.exhaustDescriptors();
            world.bench.clock.advance(watchInterval);
          });
          await world.put(add(1));
        },
      }),
      leaves: ["added", "scarce"],
    },
    stimulus("a reload adds it, and is undone because another listener cannot be bound", {
      events: [...bound, stop],
      async apply(world) {
        const somebody = new Somebody();
        const port = await somebody.listen();
        const taken = talkListener("taken", { bind: [`127.0.0.1:${port}`] });
        await world.put({ ...add(1), others: [...others, taken] }).catch(() => {});
        await somebody.close();
      },
    }),
  ];
  return {
    ...listenerModel({ stimuli }),
    async open(bench) {
      const old = { system: { maxConnections: 1 }, main: null, others: [talkListener("old")] };
      const world = new ListenerWorld(bench, { ...old, drainTimeout: 30_000 });
      world.followedId = "listener:added";
      await world.prepareScarcity();
      await world.gatehouse.start();
      return world;
    },
    follows: (id) => id === "listener:added",
    mayPass: () => false,
  };
}
