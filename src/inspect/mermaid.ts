/** Draws a statechart as a Mermaid `stateDiagram-v2`, from the machine alone. */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import {
  anyState,
  countIn,
  type DrawingOptions,
  type Edge,
  edgesFrom,
  idOf,
  notesOf,
  occupiedLook,
  statesOf,
} from "./chart-text.ts";

/**
 * The chart as Mermaid text: nested states, events, guards, delays, named actions, invoked actors and final states.
 * Entry, exit and transitions without a target are notes; transitions of the root start from “any state”.
 * Mermaid colours neither transitions nor composite states.
 */
export function mermaid(machine: AnyStateMachine, options: DrawingOptions = {}): string {
  const { root } = machine;
  const { marks } = options;
  return [
    ...(marks ? ["---", `title: ${JSON.stringify(marks.title)}`, "---"] : []),
    "stateDiagram-v2",
    ...indent(linesWithin(root, options)),
    ...indent(anyStateLines(root, options)),
    ...indent(notes(machine, options)),
    ...indent(colours(machine, options)),
  ].join("\n");
}

/** The states within a node: the initial one, each with its own, then the edges between them. */
function linesWithin(parent: AnyStateNode, options: DrawingOptions): string[] {
  const states = Object.values(parent.states);
  const initial = parent.initial?.target[0];
  return [
    ...(initial ? [`[*] --> ${idOf(initial)}`] : []),
    ...states.flatMap((state) => declaration(state, options)),
    ...states.flatMap((state) => edgesFrom(state, idOf(state), options.marks).map(edgeLine)),
    ...states.filter(({ type }) => type === "final").map((state) => `${idOf(state)} --> [*]`),
  ];
}

function declaration(state: AnyStateNode, options: DrawingOptions): string[] {
  const id = idOf(state);
  const name = options.counts ? `${state.key} (${countIn(state, options.counts)})` : state.key;
  const title = id === name ? [] : [`state "${name}" as ${id}`];
  if (Object.keys(state.states).length === 0) return title;
  const lines = linesWithin(state, options);
  // Mermaid requires an edge that leaves a composite state outside its braces.
  const inner = lines.filter((line) => !leaves(state, line));
  const outer = lines.filter((line) => leaves(state, line));
  return [...title, `state ${id} {`, ...indent(inner), "}", ...outer];
}

function leaves(state: AnyStateNode, line: string): boolean {
  const target = / --> (\w+)/.exec(line)?.[1];
  return target !== undefined && !Object.values(state.states).some((inner) => idOf(inner) === target);
}

function anyStateLines(root: AnyStateNode, { marks }: DrawingOptions): string[] {
  const edges = edgesFrom(root, anyState, marks).map(edgeLine);
  return edges.length === 0 ? [] : [`state "any state" as ${anyState}`, ...edges];
}

function edgeLine({ from, to, labels }: Edge): string {
  return `${from} --> ${idOf(to)} : ${labels.map(({ text }) => text).join("<br/>")}`;
}

function notes(machine: AnyStateMachine, options: DrawingOptions): string[] {
  return [
    ...statesOf(machine).flatMap((state) => noteOf(state, idOf(state), options)),
    ...noteOf(machine.root, anyState, options),
  ];
}

function noteOf(state: AnyStateNode, id: string, { marks }: DrawingOptions): string[] {
  const lines = notesOf(state, marks).map(({ text }) => text);
  return lines.length === 0 ? [] : [`note right of ${id}`, ...indent(lines), "end note"];
}

function colours(machine: AnyStateMachine, { counts, marks }: DrawingOptions): string[] {
  const leaves = statesOf(machine).filter((state) => Object.keys(state.states).length === 0);
  const taken = leaves.filter((state) => counts !== undefined && countIn(state, counts) > 0);
  const classes = [
    { name: "taken", ...occupiedLook, states: taken },
    ...(marks?.legend ?? []).map((mark) => ({
      ...mark,
      states: leaves.filter(({ path }) => marks?.states.get(path.join(".")) === mark),
    })),
  ];
  return classes
    .filter(({ states }) => states.length > 0)
    .flatMap(({ name, fill, line, states }) => [
      `classDef ${name} fill:${fill},stroke:${line},color:#000`,
      `class ${states.map(idOf).join(",")} ${name}`,
    ]);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
