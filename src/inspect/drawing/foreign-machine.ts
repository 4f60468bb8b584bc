/** A machine that can be drawn, from the definition that another program's inspector has sent. */
import { type AnyStateMachine, createMachine } from "xstate";
import { statesOf } from "../chart-text.ts";
import { definitionOf } from "../definition.ts";

/** Graphviz' time grows faster than these. */
const mostStates = 400;
const mostTransitions = 2_000;
/** Characters of a name in the drawing. */
const longestName = 200;

/**
 * Only names are taken, so that nothing of it can run: actions, guards and actors do nothing.
 * @param text JSON, as `@xstate.actor` has it
 * @throws an error that says why it cannot be drawn
 */
export function foreignMachine(text: string): AnyStateMachine {
  const config: unknown = withShortNames(JSON.parse(text));
  if (typeof config !== "object" || config === null || !("states" in config))
    throw new Error("It has no states: its logic is no state machine.");
  const id = "id" in config && typeof config.id === "string" ? config.id : "(machine)";
  const machine: AnyStateMachine = createMachine(definitionOf(config, { id, own: false }) as never);
  const states = statesOf(machine);
  const transitions = [machine.root, ...states].reduce((sum, state) => sum + countOf(state.transitions), 0);
  if (states.length > mostStates) throw new Error(`It has ${states.length} states; up to ${mostStates} are drawn.`);
  if (transitions > mostTransitions)
    throw new Error(`It has ${transitions} transitions; up to ${mostTransitions} are drawn.`);
  return machine;
}

function countOf(transitions: ReadonlyMap<string, readonly unknown[]>): number {
  return [...transitions.values()].reduce((sum, list) => sum + list.length, 0);
}

/** What the sender's serialiser writes for a value that lies too deep or contains itself. */
const omitted = /^\[(?:Object|Array|Circular|\.\.\.)\]$|^\d+ (?:item|items) not stringified$/;

function withShortNames(value: unknown): unknown {
  if (typeof value === "string") return omitted.test(value) ? undefined : printable(value);
  if (Array.isArray(value)) return value.map(withShortNames).filter((part) => part !== undefined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [printable(name), withShortNames(part)]));
}

/** XML has no place for most control characters. */
function printable(name: string): string {
  return name.slice(0, longestName).replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD");
}
