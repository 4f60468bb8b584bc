/** Walks models of one chart on real sockets, and demands that every pair that can be walked was. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  Coverage,
  coverageText,
  type Driver,
  everyStep,
  type Impossible,
  type Model,
  randomPath,
  type Situation,
  walk,
  writeCoverage,
} from "../../src/testing/index.ts";

export interface Suite<World extends Driver> {
  /** By what they are called; all of one chart. */
  readonly models: Readonly<Record<string, Model<World>>>;
  /** How many pairs the chart has. One more or less is another chart: bring it about here, too. */
  readonly pairs: number;
  /** Pairs that cannot be walked, with the reason. */
  readonly impossible: Impossible;
  /** What tells situations apart in which each stimulus is tried. */
  distinguish(situation: Situation): string;
  /** How many random walks each model gets. */
  readonly randomWalks: number;
  /** Begins anew for each stimulus in each situation: for models that know only about how late it is. */
  readonly apart?: boolean;
}

/** Another seed makes other random walks: `MODEL_SEED=7 vitest run test/model`. */
const seed = Number(process.env["MODEL_SEED"] ?? 5);

/** For a machine that has other things to do: an instance that is well needs none of it. */
const patience = 20_000;

/** `npm run chart-coverage` puts together what each file of tests has walked: it leaves its report in this folder. */
const reports = process.env["CHART_COVERAGE"];

export function walkModels<World extends Driver>({
  models,
  pairs,
  impossible,
  distinguish,
  randomWalks,
  apart = false,
}: Suite<World>): void {
  const coverage = new Coverage();
  const [machine] = Object.values(models).map((model) => model.machine);
  if (!machine) throw new Error("There is no model.");

  describe.each(Object.entries(models))("%s", (_, model) => {
    test("each stimulus does in each state what the chart says", async () => {
      for (const path of everyStep(model, { distinguish, joined: !apart }))
        await walk(model, path, { coverage, patience });
    });

    test.skipIf(model.stimuli.length < 8)("random walks find the instance where the chart is", async () => {
      const property = fc.asyncProperty(randomPath(model, { length: 10 }), (path) =>
        walk(model, path, { coverage, patience }),
      );
      await fc.assert(property, { seed, numRuns: randomWalks, interruptAfterTimeLimit: 20_000 });
    });
  });

  test("every pair of a state and an event that can be walked was walked", () => {
    const report = coverage.report(machine, impossible);
    expect(report.pairs.length, coverageText(report)).toBe(pairs);
    expect(report.missing, coverageText(report)).toEqual([]);
    expect(report.disproved).toEqual([]);
  });

  afterAll(async () => {
    if (reports === undefined) return;
    await writeCoverage(join(reports, `${randomUUID()}.json`), [coverage.report(machine, impossible)]);
  });
}
