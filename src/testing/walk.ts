/** Walks one path: on real sockets, against a real instance of its own, compared with the model after every step. */
import { inspect } from "node:util";
import type { AnyMachineSnapshot } from "xstate";
import { Bench } from "./bench.ts";
import { stateText } from "./chart.ts";
import type { Coverage } from "./coverage.ts";
import type { Driver } from "./driver.ts";
import { type Step, stepsOf } from "./expectation.ts";
import { invariants } from "./invariants.ts";
import type { Difference, Model } from "./model.ts";
import { disagreements } from "./oracle.ts";
import type { Path } from "./paths.ts";
import { scriptOf } from "./script.ts";

/** The real instance differs from the model. The message ends with a script that reproduces it. */
export class WalkError extends Error {
  readonly code = "walk-failed";
  /** The path up to the step that failed. */
  readonly path: Path;
  readonly differences: readonly Difference[];

  constructor(what: string, { path, differences, cause }: Findings) {
    const found = differences.map(
      (one) => `  ${one.of}: expected ${inspect(one.expected)}, got ${inspect(one.actual)}`,
    );
    super([what, ...found, "The same again:", "", scriptOf(path)].join("\n"), { cause });
    this.name = "WalkError";
    this.path = path;
    this.differences = differences;
  }
}

interface Findings {
  readonly path: Path;
  readonly differences: readonly Difference[];
  readonly cause?: unknown;
}

export interface WalkOptions {
  /** Records what was walked. */
  readonly coverage?: Coverage;
  /** Milliseconds of real time for the instance to catch up with the model after each step; 3,000 by default. */
  readonly patience?: number;
}

/**
 * @throws PathError when the model has no such path
 * @throws WalkError when the instance differs from the model, or an invariant is broken
 */
export async function walk<World extends Driver>(
  model: Model<World>,
  path: Path,
  { coverage, patience = 3_000 }: WalkOptions = {},
): Promise<void> {
  const steps = stepsOf(model, path);
  const bench = new Bench(model.date);
  const world = await model.open(bench);
  world.follows = ({ id, chart }) => chart === model.machine.id && (model.follows?.(id) ?? true);
  const walked: string[] = [];
  let failure: unknown;
  try {
    for (const step of steps) {
      walked.push(step.stimulus.name);
      await take(step, { model, world, path: [...walked], patience });
    }
  } catch (error) {
    failure = error;
  }
  await end(world, walked, failure);
  coverage?.add(bench.observation);
  await world.until(() => (world.openSockets() ?? 0) <= 0, 1_000);
  await holdInvariants(model, world, { path: walked, ended: true });
}

/** A failure on the way counts for more than one at the end. */
async function end(world: Driver, path: Path, failure: unknown): Promise<void> {
  try {
    await within(world.close());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    failure ??= new WalkError(`The instance could not be stopped: ${reason}`, { path, cause, differences: [] });
  }
  if (failure !== undefined) throw failure;
}

async function take<World extends Driver>(
  { stimulus, before, after }: Step<World>,
  { model, world, path, patience }: { model: Model<World>; world: World; path: Path; patience: number },
): Promise<void> {
  world.situation = before;
  try {
    await within(stimulus.apply(world));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WalkError(`${JSON.stringify(stimulus.name)} could not be done: ${reason}`, {
      ...{ path, cause, differences: [] },
    });
  }
  const differences = await disagreements(model, world, { situation: after, patience });
  const state = stateText((after.snapshot as AnyMachineSnapshot)._nodes);
  if (differences.length > 0)
    throw new WalkError(`After ${JSON.stringify(stimulus.name)} the model is in ${state}, and the instance differs:`, {
      ...{ path, differences },
    });
  await holdInvariants(model, world, { path, ended: false });
}

/** Milliseconds of real time that one stimulus may take. */
const longestStep = 30_000;

/** Something that never ends is a failure like any other. */
async function within(work: void | Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it had no end after ${longestStep} ms`)), longestStep);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function holdInvariants<World extends Driver>(
  model: Model<World>,
  world: World,
  { path, ended }: { path: Path; ended: boolean },
): Promise<void> {
  for (const { name, broken } of [...invariants, ...(model.invariants ?? [])]) {
    const what = await broken(world, ended);
    if (what === null) continue;
    const when = ended ? "when all was closed" : `after ${JSON.stringify(path.at(-1))}`;
    throw new WalkError(`Broken ${when}: ${name}. ${what}.`, { path, differences: [] });
  }
}
