/** Draws a statechart as a Mermaid `stateDiagram-v2`, from the machine alone. */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { anyState, type ChartCounts, countIn, type Edge, edgesFrom, idOf, notesOf, statesOf } from "./chart-text.ts";

/**
 * The chart as Mermaid text: nested states, events, guards, delays, named actions, invoked actors and final states.
 * Entry, exit and transitions without a target are notes; transitions of the root start from “any state”.
 * @param counts how many are in each state: it stands beside the state's name, and states where somebody is are coloured.
 */
export function mermaid(machine: AnyStateMachine, counts?: ChartCounts): string {
  const { root } = machine;
  return [
    "stateDiagram-v2",
    ...indent(linesWithin(root, counts)),
    ...indent(anyStateLines(root)),
    ...indent(notes(machine)),
    ...indent(counts ? colours(machine, counts) : []),
  ].join("\n");
}

/** The states within a node: the initial one, each with its own, then the edges between them. */
function linesWithin(parent: AnyStateNode, counts: ChartCounts | undefined): string[] {
  const states = Object.values(parent.states);
  const initial = parent.initial?.target[0];
  return [
    ...(initial ? [`[*] --> ${idOf(initial)}`] : []),
    ...states.flatMap((state) => declaration(state, counts)),
    ...states.flatMap((state) => edgesFrom(state, idOf(state)).map(edgeLine)),
    ...states.filter(({ type }) => type === "final").map((state) => `${idOf(state)} --> [*]`),
  ];
}

function declaration(state: AnyStateNode, counts: ChartCounts | undefined): string[] {
  const id = idOf(state);
  const name = counts ? `${state.key} (${countIn(state, counts)})` : state.key;
  const title = id === name ? [] : [`state "${name}" as ${id}`];
  if (Object.keys(state.states).length === 0) return title;
  const lines = linesWithin(state, counts);
  // Mermaid wants an edge that leaves a composite state outside of its braces.
  const inner = lines.filter((line) => !leaves(state, line));
  const outer = lines.filter((line) => leaves(state, line));
  return [...title, `state ${id} {`, ...indent(inner), "}", ...outer];
}

function leaves(state: AnyStateNode, line: string): boolean {
  const target = / --> (\w+)/.exec(line)?.[1];
  return target !== undefined && !Object.values(state.states).some((inner) => idOf(inner) === target);
}

function anyStateLines(root: AnyStateNode): string[] {
  const edges = edgesFrom(root, anyState).map(edgeLine);
  return edges.length === 0 ? [] : [`state "any state" as ${anyState}`, ...edges];
}

function edgeLine({ from, to, labels }: Edge): string {
  return `${from} --> ${idOf(to)} : ${labels.join("<br/>")}`;
}

function notes(machine: AnyStateMachine): string[] {
  return [...statesOf(machine).flatMap((state) => noteOf(state, idOf(state))), ...noteOf(machine.root, anyState)];
}

function noteOf(state: AnyStateNode, id: string): string[] {
  const lines = notesOf(state);
  return lines.length === 0 ? [] : [`note right of ${id}`, ...indent(lines), "end note"];
}

/** Mermaid does not colour composite states. */
function colours(machine: AnyStateMachine, counts: ChartCounts): string[] {
  const taken = statesOf(machine).filter(
    (state) => Object.keys(state.states).length === 0 && countIn(state, counts) > 0,
  );
  return taken.length === 0
    ? []
    : ["classDef taken fill:#b2f2bb,stroke:#2f9e44,color:#000", `class ${taken.map(idOf).join(",")} taken`];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
