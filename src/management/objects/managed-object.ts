/** What the management API has objects of. */
import type { JsonObject } from "../jmap/json.ts";

/** How a field can be compared: sets, lists and objects cannot. */
export type FieldKind = "string" | "number" | "boolean" | "date" | "other";

/** An object as `/get` returns it: every field, with its `id`. */
export interface ManagedValue extends JsonObject {
  readonly id: string;
}

/** All objects of one kind at one moment. */
export interface Snapshot {
  /** Another one whenever another object, or another value of one, would be returned. */
  readonly state: string;
  readonly values: readonly ManagedValue[];
}

export interface ManagedObject {
  /** Without `x:`: `NetworkListener`. */
  readonly name: string;
  /** There is one, with the id `singleton`; it cannot be queried. */
  readonly isSingleton: boolean;
  /** All but `id`. */
  readonly fields: ReadonlyMap<string, FieldKind>;
  snapshot(): Snapshot;
}

export const singletonId = "singleton";
