import type { ReloadPlan } from "./reload-plan.ts";

export interface ShortPlan {
  /** Without listeners that stay as they are, and with the first entries of each list. */
  readonly plan: ReloadPlan;
  /** Entries that were left out. */
  readonly omitted: number;
}

/** What is kept of a plan after it was carried out: plans may name tens of thousands of addresses. */
export function shortPlan(plan: ReloadPlan, most: number): ShortPlan {
  let omitted = 0;
  const first = <Entry>(entries: readonly Entry[]): readonly Entry[] => {
    omitted += Math.max(0, entries.length - most);
    return entries.slice(0, most);
  };
  const { certificates, blocked, allowed } = plan;
  const short = {
    ...plan,
    listeners: first(plan.listeners.filter(({ kind }) => kind !== "unchanged")),
    certificates: {
      added: first(certificates.added),
      removed: first(certificates.removed),
      changed: first(certificates.changed),
    },
    blocked: { added: first(blocked.added), removed: first(blocked.removed) },
    allowed: { added: first(allowed.added), removed: first(allowed.removed) },
    conflicts: first(plan.conflicts),
  };
  return { plan: short, omitted };
}
