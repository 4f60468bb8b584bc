/** Runs one actor's current chart on recorded events: pure, without any of its effects. */
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from "xstate";
import { EffectNotProvided } from "../charts/effect-not-provided.ts";
import { statePath } from "../charts/text.ts";
import { Sanitizer, type ShownEvent, type ShownSnapshot } from "./sanitizer.ts";

/** With more guards whose answers were not recorded, not every combination of answers is tried. */
const mostUnknownGuards = 8;
/** Milliseconds. */
const longestDelay = 2_147_483_647;

export class ChartReplay {
  readonly #machine: AnyStateMachine;
  readonly #shown: (snapshot: unknown) => ShownSnapshot;
  /** Guards that ask the world, or need a context that was not recorded: every answer is possible. */
  readonly #unknownGuards: readonly string[];
  readonly #answers = new Map<string, boolean>();
  #recorded: ShownSnapshot;

  constructor(chart: AnyStateMachine, initial: ShownSnapshot) {
    this.#recorded = initial;
    this.#unknownGuards = unknownGuardsOf(chart, initial.context === undefined).slice(0, mostUnknownGuards);
    const guards = this.#unknownGuards.map((name) => [name, () => this.#answers.get(name) ?? false]);
    // What matters is that they do not expire by themselves: the recording has the event.
    const delays = Object.keys(chart.implementations.delays).map((name) => [name, longestDelay]);
    this.#machine = chart.provide({ guards: Object.fromEntries(guards), delays: Object.fromEntries(delays) });
    const view = new Sanitizer().viewOf(chart);
    this.#shown = (snapshot) => view.snapshot(snapshot);
  }

  /** How the current chart starts differently from the recording; null when it does not. */
  beginning(): string | null {
    const today = initialPath(this.#machine);
    const recorded = pathOf(this.#recorded);
    return today === recorded ? null : `today's chart begins in "${today}"`;
  }

  /** Continues from this snapshot, without a comparison. */
  resume(snapshot: ShownSnapshot): void {
    this.#recorded = snapshot;
  }

  /**
   * How the current chart responds to this event differently from the recording; null when it does not. Continues from
   * what was recorded.
   */
  step(event: ShownEvent, after: ShownSnapshot): string | null {
    const before = this.#recorded;
    this.#recorded = after;
    const outcomes = new Set<string>();
    for (const answers of this.#combinations()) {
      const difference = this.#try(answers, { before, event, after });
      if (difference === null) return null;
      outcomes.add(difference);
    }
    return [...outcomes].join(", or ");
  }

  #try(answers: number, { before, event, after }: { before: ShownSnapshot; event: ShownEvent; after: ShownSnapshot }) {
    for (const [index, guard] of this.#unknownGuards.entries())
      this.#answers.set(guard, (answers & (1 << index)) !== 0);
    let today: ShownSnapshot;
    try {
      const [snapshot] = transition(this.#machine, this.#restored(before), event);
      today = this.#shown(snapshot);
    } catch (error) {
      return `today's chart fails: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (pathOf(today) !== pathOf(after)) return `today's chart goes to "${pathOf(today)}"`;
    if (today.status !== after.status) return `today the chart is "${today.status}" then`;
    return contextDifference(today.context, after.context);
  }

  #restored({ value, context = {} }: ShownSnapshot): AnyMachineSnapshot {
    return this.#machine.resolveState({ value: value ?? {}, context: context as object });
  }

  *#combinations(): Generator<number> {
    for (let answers = 0; answers < 2 ** this.#unknownGuards.length; answers += 1) yield answers;
  }
}

function pathOf({ value }: ShownSnapshot): string {
  return value === undefined ? "" : statePath(value);
}

function initialPath({ root }: AnyStateMachine): string {
  const [target] = root.initial?.target ?? [];
  let state = target;
  while (state?.initial?.target?.[0]) state = state.initial.target[0];
  return state?.path.join(".") ?? "";
}

/** The guards that work only where the runtime provides them; all of them when there is no context to check. */
function unknownGuardsOf({ implementations }: AnyStateMachine, withoutContext: boolean): string[] {
  return Object.entries(implementations.guards as Readonly<Record<string, unknown>>)
    .filter(([, guard]) => withoutContext || isUnprovided(guard))
    .map(([name]) => name);
}

function isUnprovided(guard: unknown): boolean {
  if (typeof guard !== "function") return false;
  try {
    guard({ context: {}, event: { type: "" } }, undefined);
  } catch (error) {
    return error instanceof EffectNotProvided;
  }
  return false;
}

function contextDifference(today: unknown, recorded: unknown): string | null {
  if (recorded === undefined || today === undefined) return null;
  const [now, then] = [today, recorded] as [Record<string, unknown>, Record<string, unknown>];
  const names = [...new Set([...Object.keys(now), ...Object.keys(then)])];
  const differing = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(then[name]));
  if (differing.length === 0) return null;
  return differing
    .map((name) => `today "${name}" is ${JSON.stringify(now[name])}, not ${JSON.stringify(then[name])}`)
    .join(", ");
}
