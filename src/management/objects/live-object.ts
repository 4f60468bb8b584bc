/** An object that is in no document: what runs, or what has been. */
import { fieldKinds } from "./field-kinds.ts";
import type { ManagedObject, Snapshot } from "./managed-object.ts";

export function liveObject(name: string, snapshot: () => Snapshot): ManagedObject {
  return {
    name,
    isSingleton: false,
    get fields() {
      return fieldKinds(name);
    },
    snapshot,
  };
}
