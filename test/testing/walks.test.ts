/** A model of four stimuli, whose instance has a bug or not: what paths, walks, scripts and coverage make of it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { CONTINUE, close, createGatehouse, type SessionProtocol } from "../../src/index.ts";
import {
  Coverage,
  coverageText,
  Driver,
  everyStep,
  type Model,
  PathError,
  randomPath,
  scriptOf,
  shortestPaths,
  simplePaths,
  WalkError,
  walk,
} from "../../src/testing/index.ts";
import { plainSession } from "../plain-session.ts";

const chart = createMachine({
  id: "switch",
  initial: "off",
  states: {
    off: { on: { ON: "on" } },
    on: { on: { OFF: "off", END: "over" }, after: { 60000: "off" } },
    over: { type: "final" },
  },
});

/** Echoes nothing; with the bug it does not close at the end. */
function switchModel({ bug }: { readonly bug: boolean }): Model {
  const protocol = (bench: Parameters<Model["open"]>[0]): SessionProtocol => ({
    kind: "session",
    name: "switch",
    startTls: false,
    busy: () => "busy\r\n",
    open() {
      const actor = createActor(chart, { clock: bench.clock, inspect: bench.options.inspect }).start();
      return plainSession({
        state: "switching",
        receive(chunk) {
          const line = Buffer.from(chunk).toString().trim();
          actor.send({ type: line });
          return actor.getSnapshot().status === "done" && !bug ? close("quit") : CONTINUE;
        },
        closed: () => void actor.stop(),
      });
    },
  });
  return {
    machine: chart,
    stimuli: ["ON", "OFF", "END"].map((line) => ({
      name: `says ${line}`,
      events: [{ type: line }],
      possible: ({ snapshot }) => snapshot.status === "active",
      apply: async (world) => (world.clients[0] ?? (await world.connect())).line(line),
    })),
    async open(bench) {
      const config = [{ name: "switch", protocol: "switch", bind: ["127.0.0.1:0"] }];
      const gatehouse = createGatehouse({ ...bench.options, config, protocols: [protocol(bench)] });
      await gatehouse.start();
      return new Driver(gatehouse, bench);
    },
    compare: ({ clients: [client] }, { snapshot }) => {
      const [expected, actual] = [snapshot.status === "done", client !== undefined && client.view !== "open"];
      return expected === actual ? [] : [{ of: "the end", expected, actual }];
    },
  };
}

const sound = switchModel({ bug: false });
const broken = switchModel({ bug: true });

describe("paths", () => {
  test("are the shortest to each situation, all simple ones, and each stimulus in each situation", () => {
    expect(shortestPaths(sound)).toContainEqual(["says ON", "says END"]);
    expect(simplePaths(sound).length).toBeGreaterThanOrEqual(3);
    const steps = everyStep(sound);
    for (const last of ["says ON", "says OFF", "says END", "60000 passes in on"])
      expect(steps.some((path) => path[0] === "says ON" && path.at(-1) === last)).toBe(true);
    expect(new Set(steps.map((path) => path.join())).size).toBe(steps.length);
    expect(everyStep(sound, { joined: true }).length).toBeLessThan(steps.length);
  });

  test("at random are possible, the same for the same seed, and no longer than wanted", () => {
    const [one, other] = [1, 2].map(() => fc.sample(randomPath(sound, { length: 5 }), { seed: 7, numRuns: 50 }));
    expect(one).toEqual(other);
    for (const path of one ?? []) expect(path.length).toBeLessThanOrEqual(5);
  });

  test("at random go on where they can: most have more than one step, though few stimuli are possible in a state", () => {
    const paths = fc.sample(randomPath(sound, { length: 9 }), { seed: 7, numRuns: 100 });
    expect(paths.reduce((steps, path) => steps + path.length, 0)).toBeGreaterThan(400);
    expect(paths.filter((path) => path.at(-1) === "says END").length).toBeGreaterThan(5);
  });

  test("that the model does not have are errors that say so", async () => {
    await expect(walk(sound, ["says MAYBE"])).rejects.toThrow(PathError);
    await expect(walk(sound, ["says ON", "says END", "says ON"])).rejects.toThrow("is not possible in");
  });
});

test.each([false, true])(
  "a sound instance is where the chart is on every path, joined: %s, and every pair is walked",
  async (joined) => {
    const coverage = new Coverage();
    for (const path of everyStep(sound, { joined })) await walk(sound, path, { coverage });
    const report = coverage.report(chart);
    expect(report.missing).toEqual([]);
    expect(report.pairs.map(({ state, event }) => `${state}: ${event}`)).toEqual([
      "off: ON",
      "on: OFF",
      "on: END",
      "on: after 60000 ms",
    ]);
  },
);

test("coverage tells what is missing, what is impossible, and what was disproved", async () => {
  const coverage = new Coverage();
  await walk(sound, ["says ON"], { coverage });
  const report = coverage.report(chart, { "off: ON": "never", "on: END": "for a reason" });
  expect(report.missing).toEqual(["on: OFF", "on: after 60000 ms"]);
  expect(report.disproved).toEqual(["off: ON"]);
  expect(coverageText(report)).toContain("impossible: for a reason");
});

describe("a bug", () => {
  test("is found, shrunk to the shortest path, and printed as a script that finds it again", async () => {
    const property = fc.asyncProperty(randomPath(broken, { length: 8 }), (path) =>
      walk(broken, path, { patience: 300 }),
    );
    const outcome = await fc.check(property, { seed: 3, numRuns: 50 });
    expect(outcome.failed).toBe(true);
    expect(outcome.counterexample).toEqual([["says ON", "says END"]]);
    const found = outcome.errorInstance;
    if (!(found instanceof WalkError)) throw new Error("The walk did not fail.");
    const script = found.message.slice(found.message.indexOf("await walk("));
    expect(script).toBe(scriptOf(["says ON", "says END"]));

    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const run = new AsyncFunction("walk", "model", script);
    await expect(run(walk, broken)).rejects.toThrow(WalkError);
    await expect(run(walk, sound)).resolves.toBeUndefined();
  });
});
