/** What every pane of the inspector is given. */
import type { Collection } from "../model/collection.ts";
import type { Focus } from "../model/focus.ts";

export interface PaneContext {
  readonly collection: Collection;
  readonly focus: Focus;
  /** Draws everything again, once for all changes of this turn. */
  changed(): void;
}

/** What is typed into a field of search. */
export function typed(event: Event): string {
  return (event.target as HTMLInputElement).value.trim().toLowerCase();
}

export function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}
