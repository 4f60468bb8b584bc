/** Causes of ends that protocols have registered, beside those of `endCauses`. */
import { type EndCause, endCauses, type OwnName, regularEnds } from "./causes.ts";

/** A cause of a protocol's own. */
export interface OwnEndCause {
  /** One sentence, for those who look at the ends of connections. */
  readonly meaning: string;
  /** `flushed` (the default): what was written is sent first. `cut`: the socket is destroyed, and unsent output is lost. */
  readonly end?: "flushed" | "cut";
  /** Whether somebody should look into it; true by default. */
  readonly isFailure?: boolean;
}

/**
 * Of the whole process: whoever watches connections of several servers knows causes by their names alone. As many as
 * protocols register, whose names are fixed.
 */
const registered = new Map<unknown, OwnEndCause>();

/** The latest registration of a name is in force. */
export function registerCauses(causes: Readonly<Record<OwnName, OwnEndCause>>): void {
  for (const [name, cause] of Object.entries(causes)) registered.set(name, cause);
}

/** Whether a connection can have ended for this cause. */
export function isEndCause(cause: unknown): cause is EndCause {
  return registered.has(cause) || (typeof cause === "string" && Object.hasOwn(endCauses, cause));
}

/** Whether a connection with this cause failed, through whoever's fault. */
export function isFailure(cause: unknown): boolean {
  return !regularEnds.has(cause) && registered.get(cause)?.isFailure !== false;
}

/** What a cause means; null for one that nobody has registered. */
export function meaningOfCause(cause: string): string | null {
  if (Object.hasOwn(endCauses, cause)) return endCauses[cause as keyof typeof endCauses];
  return registered.get(cause)?.meaning ?? null;
}
