import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compile } from "../../src/charts/compile.ts";
import { type LifecycleMode, lifecycleLogic } from "../../src/charts/lifecycle-logic.ts";
import { expectEqual, type Move, notices, runtimeNotices, walk } from "./agreement.ts";
import { chart, eventTypes, type GuardOutcomes, machineOf, withoutSystem } from "./random-chart.ts";

/** Others each time. */
const charts = 400;
/** Every snapshot is tried with every event and guard outcome: ten times what the other properties cost. */
const walkedCharts = 60;
const input = { count: 1 };
const events = eventTypes.map((type) => ({ type, detail: 1 }));

const move = fc.oneof(
  fc.record({ send: fc.constantFrom(...events) }),
  fc.record({ wait: fc.constantFrom(0, 5, 10, 20) }),
  fc.record({ guards: fc.record({ first: fc.boolean(), second: fc.boolean() }) }),
);

describe("a random chart of the lifecycle subset", () => {
  // XState's development build warns of events to actors that have ended: random charts do that, too. A spy would keep
  // what it was called with.
  const { warn } = console;
  beforeEach(() => {
    console.warn = () => {};
  });
  afterEach(() => {
    console.warn = warn;
  });

  it("has the same transitions as its table, from every state, for every event and guard outcome", () => {
    let compared = 0;
    fc.assert(
      fc.property(chart, (spec) => {
        const guards: GuardOutcomes = { first: false, second: false };
        const outcomes = [0, 1, 2, 3].map((bits) => () => {
          guards.first = (bits & 1) > 0;
          guards.second = (bits & 2) > 0;
        });
        compared += walk(machineOf(spec, guards), { input, events, outcomes, maxSnapshots: 10 }).compared;
      }),
      { numRuns: walkedCharts },
    );
    expect(compared).toBeGreaterThan(walkedCharts * 20);
  }, 240_000);

  it("lives the same life as its table: actions, timers, subscribers and inspectors notice no difference", () => {
    fc.assert(
      fc.property(chart, fc.array(move, { minLength: 5, maxLength: 20 }), (spec, script) => {
        const guards: GuardOutcomes = { first: false, second: false };
        const calls: unknown[] = [];
        const machine = machineOf(spec, guards, calls);
        const moves = script.map((each): Move => {
          return "guards" in each ? { run: () => Object.assign(guards, each.guards) } : each;
        });
        const live = (logic: Parameters<typeof notices>[0]) => {
          Object.assign(guards, { first: true, second: false });
          return notices(logic, { input, moves, calls });
        };
        expectEqual(live(compile(machine)), live(machine));
      }),
      { numRuns: charts },
    );
  }, 240_000);

  const anActor = (watched: boolean) => () => {
    fc.assert(
      fc.property(chart, fc.array(move, { minLength: 5, maxLength: 20 }), (spec, script) => {
        const guards: GuardOutcomes = { first: false, second: false };
        const calls: unknown[] = [];
        const logic = lifecycleLogic(machineOf(withoutSystem(spec), guards, calls));
        expect(logic.chart.table.needsXState).toBe(false);
        const moves = script.map((each): Move => {
          return "guards" in each ? { run: () => Object.assign(guards, each.guards) } : each;
        });
        const live = (mode: LifecycleMode) => {
          Object.assign(guards, { first: true, second: false });
          return runtimeNotices(logic, { mode, watched, input, moves, calls, events });
        };
        expectEqual(live("compiled"), live("interpreted"));
      }),
      { numRuns: charts },
    );
  };

  it(
    "lives the same life when nobody watches: actions, snapshots and timers are those of XState's interpreter",
    anActor(false),
    240_000,
  );

  it(
    "lives the same life when it is watched: the inspector is told what XState tells, in the same order, between the same actions",
    anActor(true),
    240_000,
  );
});
