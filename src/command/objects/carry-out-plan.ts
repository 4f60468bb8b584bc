/** Carries the lines of a plan out as one transaction: what is there is read, and changed unless somebody else changed it since. */
import { type CallMethods, type MethodAnswer, RefusedError } from "../ask-jmap.ts";
import { allObjects } from "./all-objects.ts";
import { callsOf, type PlannedChange, type PlannedChanges, planChanges, type ThereNow } from "./plan-changes.ts";
import type { PlanLine } from "./plan-file.ts";
import { type Refusal, refusalsIn } from "./set-answer.ts";

/** How often a plan is made again because others have changed the same objects. */
const mostAttempts = 5;

export interface RefusedChange extends Refusal {
  readonly change: PlannedChange;
}

export interface CarriedOut extends PlannedChanges {
  /** Empty where all was done, or would be. */
  readonly refusals: readonly RefusedChange[];
  /** Ids of what was created, by the plan's keys. */
  readonly ids: ReadonlyMap<string, string>;
  /** The plan of the reload; null where nothing was to be done. */
  readonly plan: unknown;
  readonly planText: string;
  /** Where it is kept, when the document's own file cannot be written. */
  readonly keptIn: string | null;
}

/** Nothing is done where a line has a problem. @throws ControlUnreachableError, RefusedError */
export async function carryOutPlan(
  call: CallMethods,
  lines: readonly PlanLine[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<CarriedOut> {
  for (let attempt = 1; ; attempt += 1) {
    const { there, toDestroy } = await readThere(call, lines);
    const { changes, unchanged, problems } = planChanges(lines, there, toDestroy);
    const planned = { changes, unchanged, problems, refusals: [], ids: new Map(), plan: null, keptIn: null };
    if (problems.length > 0 || changes.length === 0) return { ...planned, planText: "Nothing changes." };
    try {
      const answers = await call(callsOf(changes, { there, dryRun }));
      return { ...planned, ...outcomeOf(answers, changes) };
    } catch (error) {
      const isOutdated = error instanceof RefusedError && error.type === "stateMismatch";
      if (!isOutdated || attempt === mostAttempts) throw error;
    }
  }
}

async function readThere(call: CallMethods, lines: readonly PlanLine[]) {
  const there = new Map<string, ThereNow>();
  for (const object of new Set(lines.map((line) => line.object))) there.set(object, await allObjects(call, object));
  const toDestroy = new Map<number, readonly string[]>();
  for (const { line, does, object, value } of lines) {
    if (does !== "destroy") continue;
    const { list } = await allObjects(call, object, value);
    toDestroy.set(
      line,
      list.map((one) => String(one["id"])),
    );
  }
  return { there, toDestroy };
}

function outcomeOf(answers: readonly MethodAnswer[], changes: readonly PlannedChange[]) {
  const ids = new Map<string, string>();
  for (const { created } of answers)
    for (const [key, { id }] of Object.entries((created ?? {}) as Readonly<Record<string, { id: string }>>))
      ids.set(key, id);
  const refusals = answers.flatMap(refusalsIn).flatMap((refusal): RefusedChange[] => {
    const change = changes.find(({ verb, key }) => verb === refusal.verb && key === refusal.key);
    return change ? [{ ...refusal, change }] : [];
  });
  const [{ plan = null, planText = "", keptIn } = {}] = answers;
  return {
    ids,
    refusals,
    plan,
    planText: String(planText).trimEnd(),
    keptIn: typeof keptIn === "string" ? keptIn : null,
  };
}
