/** Settings that a document may hold and that this version does not carry out: said at every start, never silently dropped. */
import type { ListenerSettings } from "../config/index.ts";

export interface UnsupportedSetting {
  /** As in the document. */
  readonly field: string;
  readonly text: string;
}

export function unsupportedSettings(settings: ListenerSettings): UnsupportedSetting[] {
  const asked: [field: string, asked: boolean, effect: string][] = [
    ["atCapacity", settings.atCapacity === "hold", "connections over the cap are rejected"],
  ];
  return asked.flatMap(([field, isAsked, effect]) =>
    isAsked ? [{ field, text: `${field} is not carried out in this version: ${effect}.` }] : [],
  );
}
