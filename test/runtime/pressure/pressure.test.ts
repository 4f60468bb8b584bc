import { array, assert, constantFrom, integer, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  initialPressure,
  isExhausted,
  judgeSample,
  type PressureSample,
  type PressureState,
} from "../../../src/runtime/pressure/pressure.ts";
import { pressureResources } from "../../../src/runtime/pressure/pressure-resource.ts";
import {
  defaultPressureThresholds,
  PressureOptionError,
  type PressureThresholds,
  readThresholds,
} from "../../../src/runtime/pressure/thresholds.ts";
import { sample } from "./samples.ts";

function judge(samples: readonly PressureSample[], thresholds: PressureThresholds = defaultPressureThresholds) {
  let state: PressureState = initialPressure;
  return samples.map((each) => {
    state = judgeSample(state, each, thresholds);
    return state.pressure;
  });
}

const names = (samples: readonly PressureSample[], thresholds?: PressureThresholds) =>
  judge(samples, thresholds).map(({ exhausted }) => exhausted.map(({ resource }) => resource).join());

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe("pressure", () => {
  test("of the event loop begins with the fourth sample in a row at the high mark, and ends with the fourth at the low one", () => {
    const [slow, quick] = [sample({ eventLoopDelay: 1_000 }), sample({ eventLoopDelay: 500 })];
    expect(names([...times(4, slow), ...times(4, quick), quick])).toEqual([
      ...times(3, ""),
      ...times(4, "eventLoopDelay"),
      "",
      "",
    ]);
  });

  test("is not made by a long collection of garbage, which two samples show", () => {
    const collection = sample({ eventLoopDelay: 30_000 });
    const quiet = times(2, sample());
    expect(names(times(20, [collection, collection, ...quiet]).flat())).toEqual(times(80, ""));
  });

  test("of descriptors begins and ends at once, with the figures", () => {
    const [many, fewer, few] = [949, 950, 901].map((descriptors) => sample({ descriptors }));
    if (!many || !fewer || !few) throw new Error("There are three.");
    const judged = judge([many, fewer, few, sample({ descriptors: 900 })]);
    expect(judged.map(({ exhausted }) => exhausted)).toEqual([
      [],
      [{ resource: "descriptors", limit: 950, current: 950 }],
      [{ resource: "descriptors", limit: 950, current: 901 }],
      [],
    ]);
  });

  test("of several resources names each, in their order", () => {
    const all = sample({ eventLoopDelay: 2_000, heap: 990, descriptors: 990 });
    expect(names(times(4, all)).at(-1)).toBe("eventLoopDelay,heap,descriptors");
  });

  test("is never of what cannot be known, has no limit, or is not to be looked at", () => {
    const shown = sample({ descriptors: 999 });
    const unknown = sample({ descriptors: null });
    expect(names([shown, unknown, unknown])).toEqual(["descriptors", "", ""]);
    const unlimited = { ...shown, descriptors: { used: 1e9, limit: Number.POSITIVE_INFINITY } };
    expect(names([unlimited])).toEqual([""]);
    expect(names([shown], readThresholds({ descriptors: null }))).toEqual([""]);
  });

  test("changes sides only when as many samples in a row say so, and never within the band", () => {
    const thresholds = record({ low: nat(100), band: nat(100), samples: integer({ min: 1, max: 5 }) });
    const zones = array(constantFrom("above", "high", "within", "low", "below"), { maxLength: 60 });
    assert(
      property(thresholds, zones, ({ low, band, samples }, walk) => {
        const high = low + band + 2;
        const values = { above: high + 1, high, within: low + 1, low, below: Math.max(0, low - 1) };
        const threshold = { high, low, samples };
        const judged = judge(
          walk.map((zone) => sample({ eventLoopDelay: values[zone] })),
          { eventLoopDelay: threshold, heap: null, descriptors: null },
        );
        let [exhausted, since] = [false, 0];
        for (const [index, pressure] of judged.entries()) {
          const last = walk.slice(Math.max(since, index + 1 - samples), index + 1);
          const against = exhausted ? ["low", "below"] : ["above", "high"];
          if (last.length === samples && last.every((zone) => against.includes(zone))) {
            exhausted = !exhausted;
            since = index + 1;
          }
          expect(isExhausted(pressure, "eventLoopDelay")).toBe(exhausted);
        }
      }),
    );
  });

  test("of one resource does not depend on the others", () => {
    const values = record({ eventLoopDelay: nat(2_000), heap: nat(1_000), descriptors: nat(1_000) });
    assert(
      property(array(values, { maxLength: 40 }), (walk) => {
        const together = judge(walk.map(sample));
        for (const resource of pressureResources) {
          const alone = judge(walk.map((each) => sample({ [resource]: each[resource] })));
          expect(together.map((pressure) => isExhausted(pressure, resource))).toEqual(
            alone.map((pressure) => isExhausted(pressure, resource)),
          );
        }
      }),
    );
  });
});

describe("thresholds", () => {
  test("are the defaults but for what is given", () => {
    const { heap, eventLoopDelay } = readThresholds({ heap: { high: 0.9 } });
    expect(heap).toEqual({ ...defaultPressureThresholds.heap, high: 0.9 });
    expect(eventLoopDelay).toEqual(defaultPressureThresholds.eventLoopDelay);
  });

  test.each([
    [{ heap: { high: 0 } }, "heap.high"],
    [{ heap: { high: Number.NaN } }, "heap.high"],
    [{ heap: { high: 0.5 } }, "heap.low"],
    [{ eventLoopDelay: { low: -1 } }, "eventLoopDelay.low"],
    [{ descriptors: { samples: 1.5 } }, "descriptors.samples"],
    [{ descriptors: { samples: 0 } }, "descriptors.samples"],
  ])("cannot be %j: the error names %s", (options, option) => {
    const read = () => readThresholds(options);
    expect(read).toThrow(PressureOptionError);
    expect(read).toThrow(`pressure.thresholds.${option} must be`);
  });
});
