/** The names of a chart's states and transitions for people: in log lines, metrics, drawings and coverage. */
import type { AnyStateNode, AnyTransitionDefinition, StateValue } from "xstate";

/** A state's value in one line: `listening`, `paused.held`; regions of a parallel state are separated by a comma. */
export function statePath(value: StateValue): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([outer, inner]) => (inner === undefined || isEmpty(inner) ? outer : `${outer}.${statePath(inner)}`))
    .join(",");
}

function isEmpty(value: StateValue): boolean {
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** In the chart's order; `on` includes delayed transitions and those of invoked actors. */
export function transitionsOf(state: AnyStateNode): AnyTransitionDefinition[] {
  return [...state.transitions.values()].flat().concat(state.always ?? []);
}

/** What makes a transition happen: its event, and its guard. */
export function triggerText({ eventType, guard, source }: AnyTransitionDefinition): string {
  const condition = guard === undefined ? "" : ` [${nameOf(guard)}]`;
  return `${eventText(eventType, source)}${condition}`;
}

/** XState's own event types in words: `after tlsTimeout`, `done bindSockets`. */
function eventText(eventType: string, source: AnyStateNode): string {
  if (eventType === "") return "always";
  const delay = source.after.find((delayed) => delayed.eventType === eventType)?.delay;
  if (delay !== undefined) return `after ${typeof delay === "number" ? `${delay} ms` : delay}`;
  const outcome = /^xstate\.(done|error)\.actor\./.exec(eventType)?.[1];
  if (outcome === undefined) return eventType;
  const actor = source.invoke.find(({ id }) => eventType.endsWith(id));
  return `${outcome} ${actor ? invokedName(actor) : ""}`.trimEnd();
}

/** What a state does: the name of its logic; of logic without a name, the id that the chart gives it. */
export function invokedName({ src, id }: AnyStateNode["invoke"][number]): string {
  const name = nameOf(src);
  if (!name.startsWith("xstate.invoke.")) return name;
  // XState's own id of an actor without one: its number, and the state.
  return /^\d+\./.test(id) ? "inline" : id;
}

/** The name, with the parameters that the chart fixes. */
export function nameOf(named: unknown): string {
  if (typeof named === "string") return named;
  if (typeof named !== "object" || named === null || !("type" in named)) return "inline";
  const params = "params" in named ? named.params : undefined;
  const fixed = typeof params === "object" && params !== null ? Object.values(params).map(String) : [];
  return fixed.length === 0 ? String(named.type) : `${named.type}(${fixed.join(", ")})`;
}
