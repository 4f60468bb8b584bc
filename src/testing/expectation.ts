/** Where a path leads according to the model: by pure transitions of the chart, without any effects. */
import { type AnyMachineSnapshot, initialTransition, transition } from "xstate";
import { timeoutsOf } from "./chart.ts";
import type { Driver } from "./driver.ts";
import type { Model, Stimulus } from "./model.ts";
import type { Situation } from "./situation.ts";
import { letTimePass } from "./time-out.ts";

/** A stimulus, where it is applied, and where it leads. */
export interface Step<World extends Driver = Driver> {
  readonly stimulus: Stimulus<World>;
  readonly before: Situation;
  readonly after: Situation;
}

/** A script names a stimulus that the model does not have, or one that is impossible at this point. */
export class PathError extends Error {
  readonly code = "path-impossible";

  constructor(message: string) {
    super(message);
    this.name = "PathError";
  }
}

/** The model's stimuli, and one for each time-out of the chart: `tlsTimeout passes in handshaking`. */
export function stimuliOf<World extends Driver>(model: Model<World>): readonly Stimulus<World>[] {
  const timeouts = timeoutsOf(model.machine).map(({ node, delay, event }): Stimulus<World> => {
    const state = node.path.join(".");
    return {
      name: `${delay} passes in ${state}`,
      events: [{ type: event }],
      possible: (situation) =>
        situation.snapshot.status === "active" &&
        situation.snapshot._nodes.some(({ id }) => id === node.id) &&
        (model.mayPass?.({ state, delay }, situation) ?? true),
      apply: (world) =>
        letTimePass(world, { state, delay, milliseconds: (at) => model.milliseconds?.({ state, delay }, at) }),
    };
  });
  return [...model.stimuli, ...timeouts];
}

/** Before the first stimulus. */
export function beginningOf<World extends Driver>(model: Model<World>): Situation {
  const [snapshot] = initialTransition(model.machine, model.input);
  return { snapshot: snapshot as AnyMachineSnapshot, facts: new Set() };
}

export function isPossible<World extends Driver>(stimulus: Stimulus<World>, situation: Situation): boolean {
  if (stimulus.once && situation.facts.has(stimulus.name)) return false;
  return stimulus.possible?.(situation) ?? true;
}

export function after<World extends Driver>(
  { machine }: Model<World>,
  situation: Situation,
  stimulus: Stimulus<World>,
): Situation {
  const events = typeof stimulus.events === "function" ? stimulus.events(situation) : stimulus.events;
  let { snapshot } = situation;
  for (const event of events) {
    // An actor that has ended takes no events.
    if (snapshot.status !== "active") break;
    [snapshot] = transition(machine, snapshot, event) as [AnyMachineSnapshot, unknown];
  }
  const left = [...(stimulus.leaves ?? []), ...(stimulus.once ? [stimulus.name] : [])];
  return { snapshot, facts: left.length === 0 ? situation.facts : new Set([...situation.facts, ...left]) };
}

/**
 * The steps of a script.
 * @throws PathError
 */
export function stepsOf<World extends Driver>(model: Model<World>, names: readonly string[]): Step<World>[] {
  const stimuli = new Map(stimuliOf(model).map((stimulus) => [stimulus.name, stimulus]));
  let before = beginningOf(model);
  return names.map((name) => {
    const stimulus = stimuli.get(name);
    if (!stimulus) throw new PathError(`The model has no stimulus ${JSON.stringify(name)}: see its stimuli.`);
    if (!isPossible(stimulus, before)) {
      const state = JSON.stringify(before.snapshot.value);
      throw new PathError(
        `${JSON.stringify(name)} is not possible in ${state}: shorten the script, or change the model.`,
      );
    }
    const step = { stimulus, before, after: after(model, before, stimulus) };
    before = step.after;
    return step;
  });
}

/** Identifies a situation within one model. */
export function situationText({ snapshot, facts }: Situation): string {
  return JSON.stringify([snapshot.value, snapshot.context, snapshot.status, [...facts].toSorted()]);
}
