import { expect, test } from "vitest";
import { assign, setup } from "xstate";
import { actorsOf, lifecycleLogic } from "../../src/charts/lifecycle-logic.ts";

interface Settings {
  readonly name: string;
}

const contexts = new WeakMap<Settings, { settings: Settings; count: number }>();

const counter = setup({
  types: {
    context: {} as { settings: Settings; count: number },
    input: {} as Settings,
    events: {} as { type: "go" } | { type: "count" },
  },
  actions: { count: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: "counter",
  context: ({ input }) => {
    const context = contexts.get(input) ?? { settings: input, count: 0 };
    contexts.set(input, context);
    return context;
  },
  initial: "here",
  states: {
    here: { on: { go: "there", count: { actions: "count" } } },
    there: { on: { count: { actions: "count" } } },
  },
});

function actors() {
  const make = actorsOf(lifecycleLogic(counter), { mode: "compiled", id: () => "counter", inspect: () => undefined });
  return (input: Settings) => {
    const actor = make({}, input);
    actor.start();
    return actor;
  };
}

test("actors in the same state with the context that they began with share a snapshot", () => {
  const start = actors();
  const settings = { name: "one" };
  const [first, second] = [start(settings), start(settings)];
  expect(first.getSnapshot()).toBe(second.getSnapshot());
  first.send({ type: "go" });
  expect(first.getSnapshot()).not.toBe(second.getSnapshot());
  expect([first.getSnapshot().value, second.getSnapshot().value]).toEqual(["there", "here"]);
  second.send({ type: "go" });
  expect(second.getSnapshot()).toBe(first.getSnapshot());
});

test("what is assigned in one actor is seen in no other", () => {
  const start = actors();
  const settings = { name: "one" };
  const [first, second] = [start(settings), start(settings)];
  first.send({ type: "count" });
  expect([first.getSnapshot().context.count, second.getSnapshot().context.count]).toEqual([1, 0]);
  second.send({ type: "go" });
  first.send({ type: "go" });
  expect(first.getSnapshot().context).toEqual({ settings, count: 1 });
  expect(second.getSnapshot().context).toEqual({ settings, count: 0 });
});

test("actors that begin with other contexts keep to their own, whoever began last", () => {
  const start = actors();
  const [one, other] = [{ name: "one" }, { name: "other" }];
  const first = start(one);
  const second = start(other);
  const third = start(one);
  for (const actor of [first, second, third]) actor.send({ type: "go" });
  expect([first, second, third].map((actor) => actor.getSnapshot().context.settings)).toEqual([one, other, one]);
});
