/** `x:Reload`: the latest reloads, with what they have changed. */
import { describePlan } from "../../config/index.ts";
import type { PastReload, ReloadHistory } from "../../runtime/reload/reload-history.ts";
import type { Json, JsonObject } from "../jmap/json.ts";
import { documentDifference, mostShown, type ObjectDifference, shownDifference } from "./document-difference.ts";
import { liveObject } from "./live-object.ts";
import type { ManagedObject, ManagedValue } from "./managed-object.ts";
import { stateString } from "./state-string.ts";

export function reloadObject(history: ReloadHistory): ManagedObject {
  const values = new WeakMap<PastReload, ReloadValue>();
  const valueFor = (reload: PastReload): ManagedValue => {
    const known = values.get(reload) ?? new ReloadValue(reload);
    values.set(reload, known);
    return known.shown(reload === history.inForce);
  };
  return liveObject("Reload", () => ({
    state: stateString(String(history.lastNumber)),
    values: history.reloads.map(valueFor),
  }));
}

/** The id of a reload: they are numbered from the start of the process on. */
export function reloadId({ number }: PastReload): string {
  return `reload${number}`;
}

class ReloadValue {
  readonly #reload: PastReload;
  #difference: readonly ObjectDifference[] | null | undefined;

  constructor(reload: PastReload) {
    this.#reload = reload;
  }

  shown(isInForce: boolean): ManagedValue {
    const { at, by, outcome, generation, plan, certificatesChanged, warnings, error, configuration } = this.#reload;
    const difference = () => this.#differenceOf();
    return {
      id: reloadId(this.#reload),
      at: at.toISOString(),
      by,
      outcome,
      generation,
      isInForce,
      isKept: configuration !== null,
      planText: plan && planText(plan),
      plan: plan && (plan.plan as unknown as JsonObject),
      certificatesChanged,
      warnings: Object.fromEntries(warnings.map((text) => [text, true as const])),
      error: error?.message ?? null,
      code: error && codeOf(error),
      // Documents are compared once somebody asks for it.
      get difference(): Json {
        const found = difference();
        return found && shownDifference(found);
      },
      get differenceOmitted(): number {
        return Math.max(0, (difference()?.length ?? 0) - mostShown);
      },
    };
  }

  #differenceOf(): readonly ObjectDifference[] | null {
    const { former, configuration } = this.#reload;
    this.#difference ??= former && configuration && documentDifference(former, configuration);
    return this.#difference;
  }
}

function planText({ plan, omitted }: NonNullable<PastReload["plan"]>): string {
  const text = describePlan(plan).trimEnd();
  return omitted === 0 ? text : `${text}\nand ${omitted} more`;
}

function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}
