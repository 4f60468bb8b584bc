/** Coverage as text, as JSON that processes put together, and as the colours of drawings. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createActor, createMachine, SimulatedClock } from "xstate";
import { dot, mermaid, svg } from "../../src/inspect/index.ts";
import {
  Coverage,
  CoverageFileError,
  CoverageMismatchError,
  type CoverageReport,
  coverageMarks,
  coverageSummary,
  coverageText,
  type Impossible,
  mergeCoverage,
  Observation,
  readCoverage,
  writeCoverage,
} from "../../src/testing/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

const chart = createMachine({
  id: "lamp",
  initial: "off",
  on: { BREAK: ".broken" },
  states: {
    off: { on: { ON: "lit", KICK: {} } },
    lit: {
      initial: "dim",
      on: { OFF: "off" },
      states: { dim: { on: { UP: "bright" } }, bright: { on: { DOWN: "dim" }, after: { 60000: "dim" } } },
    },
    broken: { type: "final" },
  },
});

/** What an actor that gets these events has walked. */
function walkOf(events: readonly string[], impossible: Impossible = {}, machine = chart): CoverageReport {
  const clock = new SimulatedClock();
  const observation = new Observation(() => clock.now());
  const actor = createActor(machine, { clock, inspect: observation.inspect }).start();
  for (const type of events) actor.send({ type } as never);
  const coverage = new Coverage();
  coverage.add(observation);
  return coverage.report(machine, impossible);
}

const one = walkOf(["ON", "UP", "OFF"], { "off: KICK": "nobody comes near it" });
const other = walkOf(["ON", "UP", "DOWN", "BREAK"]);

describe("a report in a file", () => {
  test("is read back as it was written, into folders that are made for it", async () => {
    const file = join(temporaryDirectory(), "coverage", "lamp.json");
    await writeCoverage(file, [one]);
    expect(await readCoverage(file)).toEqual([one]);
  });

  test("has the fields that the docs name", async () => {
    const file = join(temporaryDirectory(), "lamp.json");
    await writeCoverage(file, [walkOf(["ON"], { "off: KICK": "nobody comes near it", "off: FLY": "lamps do not" })]);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      version: 1,
      charts: [
        {
          chart: "lamp",
          pairs: expect.arrayContaining([
            { state: "off", event: "ON", walked: 1, impossible: null },
            { state: "off", event: "KICK", walked: 0, impossible: "nobody comes near it" },
          ]),
          missing: expect.arrayContaining(["lit.dim: UP", "lit.bright: after 60000 ms"]),
          disproved: ["off: FLY"],
        },
      ],
    });
  });

  test.each([
    ["no JSON", "{"],
    ["of another version", JSON.stringify({ version: 2, charts: [] })],
    ["without its pairs", JSON.stringify({ version: 1, charts: [{ chart: "lamp" }] })],
    [
      "with a count below 0",
      JSON.stringify({ version: 1, charts: [{ ...one, pairs: [{ ...one.pairs[0], walked: -1 }] }] }),
    ],
  ])("that is %s is refused with its name", async (_, text) => {
    const file = join(temporaryDirectory(), "lamp.json");
    await writeFile(file, text);
    const read = readCoverage(file);
    await expect(read).rejects.toThrow(CoverageFileError);
    await expect(read).rejects.toThrow(file);
  });
});

describe("reports of several processes", () => {
  test("add up: walked where any has walked, impossible where any says so", () => {
    const [merged, ...more] = mergeCoverage([one, other]);
    expect(more).toEqual([]);
    const pairs = Object.fromEntries(
      merged?.pairs.map(({ state, event, walked }) => [`${state}: ${event}`, walked]) ?? [],
    );
    expect(pairs).toEqual({
      "off: ON": 2,
      "off: KICK": 0,
      "off: BREAK": 0,
      "lit.dim: UP": 2,
      "lit.dim: OFF": 0,
      "lit.dim: BREAK": 1,
      "lit.bright: DOWN": 1,
      "lit.bright: after 60000 ms": 0,
      "lit.bright: OFF": 1,
      "lit.bright: BREAK": 0,
    });
    expect(merged?.missing).toEqual(["off: BREAK", "lit.dim: OFF", "lit.bright: after 60000 ms", "lit.bright: BREAK"]);
  });

  test("disprove each other, and keep what one alone has found", () => {
    const wrong = walkOf([], { "off: ON": "it cannot be switched on", "off: FLY": "lamps do not" });
    expect(wrong.disproved).toEqual(["off: FLY"]);
    const [merged] = mergeCoverage([wrong, other]);
    expect(merged?.disproved).toEqual(["off: FLY", "off: ON"]);
    expect(coverageText(merged ?? wrong)).toMatch(/^ {2}x off: FLY {2,}said to be impossible/m);
  });

  test("of several charts stay apart", () => {
    const second = walkOf(
      [],
      {},
      createMachine({ id: "switch", initial: "a", states: { a: { on: { GO: "a" } } } }) as never,
    );
    expect(mergeCoverage([one, second, other]).map((report) => report.chart)).toEqual(["lamp", "switch"]);
  });

  test("of different charts of one name are refused", () => {
    const older = { ...one, pairs: one.pairs.slice(1) };
    expect(() => mergeCoverage([one, older])).toThrow(CoverageMismatchError);
    expect(() => mergeCoverage([older, one])).toThrow('"off: ON" is a pair in one of them only');
  });
});

test("the summary counts what can be walked, and what cannot", () => {
  expect(coverageSummary(one)).toBe("lamp: 3 of 9 pairs walked, 1 impossible");
});

describe("the coloured diagram", () => {
  const options = { marks: coverageMarks(chart, walkOf(["ON", "BREAK"], { "off: KICK": "nobody comes near it" })) };

  test("colours states and transitions, inherited ones by all that inherit them", () => {
    const drawing = dot(chart, options);
    expect(drawing).toMatch(/"off" \[.*fillcolor="#ffecb3"/);
    expect(drawing).toMatch(/"lit_bright" \[.*fillcolor="#ffcdd2"/);
    expect(drawing).toMatch(/"off" -> "lit_dim".*color="#2e7d32"\];/);
    expect(drawing).toMatch(/"lit_dim" -> "lit_bright".*! UP.*color="#c62828"\];/);
    // Of those who may break, one did.
    expect(drawing).toMatch(/"_any" -> "broken".*~ BREAK.*color="#8a6100"\];/);
    expect(drawing).toContain("× KICK");
  });

  test("has a legend, and the summary", async () => {
    const drawing = await svg(chart, options);
    for (const text of [
      "lamp: 2 of 9 pairs walked, 1 impossible",
      "walked",
      "~ walked in part",
      "! not walked",
      "× impossible",
    ])
      expect(drawing).toMatch(new RegExp(`<text [^>]*>${text}</text>`));
    expect(await svg(chart)).not.toContain("walked");
  });

  test("is there as Mermaid, as far as that has colours", () => {
    const drawing = mermaid(chart, options);
    expect(drawing).toMatch(/^---\ntitle: "lamp: 2 of 9 pairs walked, 1 impossible"\n---\nstateDiagram-v2\n/);
    expect(drawing).toContain("classDef missing fill:#ffcdd2,stroke:#c62828,color:#000\n  class lit_bright missing");
    expect(drawing).toContain("class off,lit_dim partly");
    expect(drawing).toContain("lit_dim --> lit_bright : ! UP");
  });
});
