import type { StateValue } from "xstate";

/** A state's value in one line: `listening`, `paused.held`; regions of a parallel state with a comma between them. */
export function statePath(value: StateValue): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([outer, inner]) => (inner === undefined || isEmpty(inner) ? outer : `${outer}.${statePath(inner)}`))
    .join(",");
}

function isEmpty(value: StateValue): boolean {
  return typeof value === "object" && Object.keys(value).length === 0;
}
