/** Paths through a model: the shortest, the simple, each possible step, and random walks that shrink. */
import fc from "fast-check";
import type { AnyActorScope, AnyEventObject, Snapshot } from "xstate";
import { getShortestPaths, getSimplePaths } from "xstate/graph";
import type { Driver } from "./driver.ts";
import { after, beginningOf, isPossible, situationText, stimuliOf } from "./expectation.ts";
import { joinedPaths } from "./joined-paths.ts";
import type { Model, Stimulus } from "./model.ts";
import type { Situation } from "./situation.ts";

/** The names of stimuli, in order: the argument of `walk()`, and the contents of scripts. */
export type Path = readonly string[];

export interface PathOptions {
  /** The largest number of situations that are visited; 10,000 by default. */
  readonly limit?: number;
}

export interface StepOptions extends PathOptions {
  /** Situations with equal texts count as one: the first that is found stands for all. All differ by default. */
  readonly distinguish?: (situation: Situation) => string;
  /**
   * Few long paths, up to 40 stimuli and the way to where they begin, that go on with what was not tried yet: fewer
   * instances are set up, and the script of a failure is longer. False by default.
   */
  readonly joined?: boolean;
}

/** The graph's vertices, as XState's graph functions expect them. */
type Vertex = Snapshot<unknown> & Situation;

/** One shortest path to each situation that the model can reach. */
export function shortestPaths<World extends Driver>(model: Model<World>, options: PathOptions = {}): Path[] {
  return getShortestPaths(logicOf(model), traversalOf(model, options)).map(namesOf);
}

/** Every path that visits no situation twice. There are many: give the model few stimuli, or few facts. */
export function simplePaths<World extends Driver>(model: Model<World>, options: PathOptions = {}): Path[] {
  return getSimplePaths(logicOf(model), traversalOf(model, options)).map(namesOf);
}

/**
 * Each stimulus in each situation: the shortest path there, and the stimulus. A path that is the beginning of another is
 * left out.
 */
export function everyStep<World extends Driver>(
  model: Model<World>,
  { distinguish = situationText, limit = 10_000, joined = false }: StepOptions = {},
): Path[] {
  const stimuli = stimuliOf(model);
  const beginning = beginningOf(model);
  if (joined) {
    const paths = joinedPaths<Situation, Stimulus<World>>({
      beginning,
      choices: (situation) => stimuli.filter((one) => isPossible(one, situation)),
      next: (situation, stimulus) => after(model, situation, stimulus),
      ...{ text: distinguish, limit },
    });
    return paths.map((path) => path.map(({ name }) => name));
  }
  const found = new Map<string, { readonly situation: Situation; readonly names: Path }>();
  found.set(distinguish(beginning), { situation: beginning, names: [] });
  const paths: Path[] = [];
  // Iterating over a Map includes what is added meanwhile: the shortest paths come first.
  for (const { situation, names } of found.values()) {
    for (const stimulus of stimuli.filter((one) => isPossible(one, situation))) {
      const path = [...names, stimulus.name];
      const next = after(model, situation, stimulus);
      const text = distinguish(next);
      paths.push(path);
      if (found.size < limit && !found.has(text)) found.set(text, { situation: next, names: path });
    }
  }
  return withoutPrefixes(paths);
}

/**
 * Random walks, for properties of fast-check. They shrink by leaving stimuli out, so that what is left of a failure is
 * short. The seed is fast-check's.
 *
 * @param length the largest number of stimuli in a walk; 12 by default
 * @example await fc.assert(fc.asyncProperty(randomPath(model), (path) => walk(model, path)), { seed: 5 });
 */
export function randomPath<World extends Driver>(
  model: Model<World>,
  { length = 12 }: { length?: number } = {},
): fc.Arbitrary<Path> {
  const stimuli = stimuliOf(model);
  const wishes = fc.noBias(fc.array(fc.nat(), { maxLength: length, size: "max" }));
  return wishes.map((each) => granted(model, stimuli, each));
}

/** Each wish takes one of the stimuli that are possible then. Only the last one ends what a path could go on with. */
function granted<World extends Driver>(
  model: Model<World>,
  stimuli: readonly Stimulus<World>[],
  wishes: readonly number[],
): Path {
  const names: string[] = [];
  let situation = beginningOf(model);
  for (const [index, wish] of wishes.entries()) {
    const possible = stimuli.filter((one) => isPossible(one, situation));
    const isLast = index === wishes.length - 1;
    const goesOn = (stimulus: Stimulus<World>): boolean => {
      const next = after(model, situation, stimulus);
      return stimuli.some((one) => isPossible(one, next));
    };
    const wished = possible[wish % possible.length];
    const chosen = isLast ? wished : (inTurn(possible, wish).find(goesOn) ?? wished);
    if (!chosen) break;
    names.push(chosen.name);
    situation = after(model, situation, chosen);
  }
  return names;
}

/** The list from a place on, and then what is before it. */
function inTurn<Item>(items: readonly Item[], place: number): Item[] {
  const first = place % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function logicOf<World extends Driver>(model: Model<World>) {
  const stimuli = new Map(stimuliOf(model).map((stimulus) => [stimulus.name, stimulus]));
  const vertex = (situation: Situation): Vertex => ({
    ...situation,
    status: "active",
    output: undefined,
    error: undefined,
  });
  return {
    getInitialSnapshot: (_scope: AnyActorScope): Vertex => vertex(beginningOf(model)),
    transition: (before: Vertex, { type }: AnyEventObject): Vertex => {
      const stimulus = stimuli.get(type);
      return stimulus ? vertex(after(model, before, stimulus)) : before;
    },
    getPersistedSnapshot: (snapshot: Vertex) => snapshot,
  };
}

function traversalOf<World extends Driver>(model: Model<World>, { limit = 10_000 }: PathOptions) {
  const stimuli = stimuliOf(model);
  return {
    events: (situation: Vertex) =>
      stimuli.filter((stimulus) => isPossible(stimulus, situation)).map(({ name }) => ({ type: name })),
    serializeState: (situation: Vertex) => situationText(situation),
    limit,
  };
}

function namesOf({ steps }: { steps: readonly { readonly event: AnyEventObject }[] }): Path {
  return steps.map(({ event }) => event.type).filter((type) => type !== "xstate.init");
}

function withoutPrefixes(paths: readonly Path[]): Path[] {
  const texts = paths.map((path) => JSON.stringify(path).slice(0, -1));
  const sorted = texts.toSorted();
  return paths.filter((_, index) => {
    const text = texts[index] ?? "";
    const next = sorted[sorted.lastIndexOf(text) + 1];
    return !next?.startsWith(`${text},`) && texts.indexOf(text) === index && text !== "[";
  });
}
