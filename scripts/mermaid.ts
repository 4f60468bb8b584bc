/** Draws a statechart as a Mermaid `stateDiagram-v2`, from the machine alone. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";

/** Stands for every state of the machine. */
const ANY = "any";

/**
 * The chart as Mermaid text: nested states, events, guards, delays, named actions, invoked actors and final states.
 * Entry, exit and transitions without a target are notes; transitions of the root start from “any state”.
 */
export function mermaid(machine: AnyStateMachine): string {
  const { root } = machine;
  return ["stateDiagram-v2", ...indent(statesOf(root)), ...indent(anyState(root)), ...indent(notesOf(root))].join("\n");
}

/** The states within a node: the initial one, each with its own, then the edges between them. */
function statesOf(parent: AnyStateNode): string[] {
  const states = Object.values(parent.states);
  const initial = parent.initial?.target[0];
  return [
    ...(initial ? [`[*] --> ${idOf(initial)}`] : []),
    ...states.flatMap(declaration),
    ...states.flatMap((state) => edgesFrom(state, idOf(state))),
    ...states.filter(({ type }) => type === "final").map((state) => `${idOf(state)} --> [*]`),
  ];
}

function declaration(state: AnyStateNode): string[] {
  const id = idOf(state);
  const title = id === state.key ? [] : [`state "${state.key}" as ${id}`];
  if (Object.keys(state.states).length === 0) return title;
  const lines = statesOf(state);
  // Mermaid wants an edge that leaves a composite state outside of its braces.
  const inner = lines.filter((line) => !leaves(state, line));
  const outer = lines.filter((line) => leaves(state, line));
  return [...title, `state ${id} {`, ...indent(inner), "}", ...outer];
}

function leaves(state: AnyStateNode, line: string): boolean {
  const target = / --> (\w+)/.exec(line)?.[1];
  return target !== undefined && !Object.values(state.states).some((inner) => idOf(inner) === target);
}

function anyState(root: AnyStateNode): string[] {
  const edges = edgesFrom(root, ANY);
  return edges.length === 0 ? [] : [`state "any state" as ${ANY}`, ...edges];
}

/** One edge for each target; what leads there stands on it line by line. */
function edgesFrom(state: AnyStateNode, from: string): string[] {
  const labels = new Map<string, string[]>();
  for (const transition of transitionsOf(state)) {
    for (const target of transition.target ?? []) {
      const id = idOf(target);
      labels.set(id, [...(labels.get(id) ?? []), labelOf(transition)]);
    }
  }
  return [...labels].map(([target, lines]) => `${from} --> ${target} : ${lines.join("<br/>")}`);
}

function notesOf(root: AnyStateNode): string[] {
  const nested = Object.values(root.states).flatMap((state) => [state, ...Object.values(state.states)]);
  return [...nested.flatMap((state) => noteOf(state, idOf(state))), ...noteOf(root, ANY)];
}

function noteOf(state: AnyStateNode, id: string): string[] {
  const lines = [
    ...actionsLine("entry", state.entry),
    ...actionsLine("exit", state.exit),
    ...state.invoke.map(({ src }) => `do / ${nameOf(src)}`),
    ...transitionsOf(state)
      .filter(({ target }) => !target || target.length === 0)
      .map(labelOf),
  ];
  return lines.length === 0 ? [] : [`note right of ${id}`, ...indent(lines), "end note"];
}

function actionsLine(when: string, actions: readonly unknown[]): string[] {
  const named = actions.filter((action) => !isTimer(action));
  return named.length === 0 ? [] : [`${when} / ${named.map(nameOf).join(", ")}`];
}

/** XState carries `after` out by actions of its own, which start and stop the timer. */
function isTimer(action: unknown): boolean {
  return typeof action === "function" && String(Reflect.get(action, "type")).startsWith("xstate.");
}

/** In the order of the chart; `on` holds the delayed ones and those of invoked actors too. */
function transitionsOf(state: AnyStateNode): AnyTransitionDefinition[] {
  return [...state.transitions.values()].flat().concat(state.always ?? []);
}

function labelOf(transition: AnyTransitionDefinition): string {
  const { eventType, guard, actions, source } = transition;
  const condition = guard === undefined ? "" : ` [${nameOf(guard)}]`;
  const effects = actions.length === 0 ? "" : ` / ${actions.map(nameOf).join(", ")}`;
  return `${eventText(eventType, source)}${condition}${effects}`;
}

/** XState's own event types in words: `after tlsTimeout`, `done bindSockets`. */
function eventText(eventType: string, source: AnyStateNode): string {
  if (eventType === "") return "always";
  const delay = source.after.find((delayed) => delayed.eventType === eventType)?.delay;
  if (delay !== undefined) return `after ${typeof delay === "number" ? `${delay} ms` : delay}`;
  const outcome = /^xstate\.(done|error)\.actor\./.exec(eventType)?.[1];
  if (outcome === undefined) return eventType;
  const actor = source.invoke.find(({ id }) => eventType.endsWith(id));
  return `${outcome} ${actor ? nameOf(actor.src) : ""}`.trimEnd();
}

/** The name, and the parameters where the chart fixes them. */
function nameOf(named: unknown): string {
  if (typeof named === "string") return named;
  if (typeof named !== "object" || named === null || !("type" in named)) return "inline";
  const params = "params" in named ? named.params : undefined;
  const fixed = typeof params === "object" && params !== null ? Object.values(params).map(String) : [];
  return fixed.length === 0 ? String(named.type) : `${named.type}(${fixed.join(", ")})`;
}

/** Mermaid's ids are of one space: an inner state bears its parent's name too. */
function idOf(state: AnyStateNode): string {
  return state.path.join("_");
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
