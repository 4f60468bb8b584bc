import { isDeepStrictEqual } from "node:util";
import type { ClusterSettings, ShownCluster } from "../document/cluster.ts";
import type { ConnectionRate } from "../document/listener.ts";
import type { SessionLimits } from "../document/session-limits.ts";
import type { PublicText } from "../values/secret-text.ts";

export type FieldValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | ConnectionRate
  | PublicText
  | ClusterSettings
  | ShownCluster
  | SessionLimits;

/**
 * Compares field values within one plan. Each pair of sets is compared once: thousands of listeners may share the
 * server's networks, which may be thousands, too.
 */
export class Comparison {
  readonly #sets = new Map<readonly string[], Map<readonly string[], boolean>>();

  areSame(one: FieldValue, other: FieldValue): boolean {
    if (one === other) return true;
    if (typeof one !== "object" || typeof other !== "object") return false;
    if (!isSet(one) || !isSet(other)) return isDeepStrictEqual(one, other);
    const known = this.#sets.get(one) ?? new Map<readonly string[], boolean>();
    this.#sets.set(one, known);
    const same = known.get(other) ?? areSameSets(one, other);
    known.set(other, same);
    return same;
  }
}

function isSet(value: FieldValue): value is readonly string[] {
  return Array.isArray(value);
}

/** No element occurs in a set twice. */
function areSameSets(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  const elements = new Set(other);
  return one.every((element) => elements.has(element));
}
