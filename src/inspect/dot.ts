/** Draws a statechart in Graphviz' language, which `svg` renders. */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { anyState, type ChartCounts, countIn, type Edge, edgesFrom, idOf, notesOf, statesOf } from "./chart-text.ts";

/** The same drawing as `mermaid`'s, as DOT. @param counts how many are in each state. */
export function dot(machine: AnyStateMachine, counts?: ChartCounts): string {
  const { root } = machine;
  const states = Object.values(root.states);
  const edges = [...statesOf(machine).flatMap((state) => edgesFrom(state, idOf(state))), ...edgesFrom(root, anyState)];
  const rootNotes = notesOf(root);
  const hasAny = rootNotes.length > 0 || edges.some(({ from }) => from === anyState);
  return [
    `digraph ${quoted(machine.id)} {`,
    ...indent([
      "compound=true; rankdir=TB; nodesep=0.4; ranksep=0.5;",
      'node [shape=box, style="rounded,filled", fillcolor="#f8f9fa", color="#495057", fontname="Helvetica", fontsize=12];',
      'edge [color="#868e96", fontname="Helvetica", fontsize=9];',
      ...initialOf(root),
      ...states.flatMap((state) => declaration(state, counts)),
      ...(hasAny ? [`${quoted(anyState)} [style="rounded,dashed", label=<${label("any state", rootNotes)}>];`] : []),
      ...edges.map((edge) => edgeLine(edge, machine)),
    ]),
    "}",
  ].join("\n");
}

function declaration(state: AnyStateNode, counts: ChartCounts | undefined): string[] {
  const count = counts ? countIn(state, counts) : 0;
  const name = counts ? `${state.key} (${count})` : state.key;
  const fill = count > 0 ? ', fillcolor="#b2f2bb", color="#2f9e44"' : "";
  const text = `label=<${label(name, notesOf(state))}>`;
  if (Object.keys(state.states).length === 0) {
    const shape = state.type === "final" ? ", peripheries=2" : "";
    return [`${quoted(idOf(state))} [${text}${shape}${fill}];`];
  }
  return [
    `subgraph ${quoted(`cluster_${idOf(state)}`)} {`,
    ...indent([
      `${text}; labeljust=l; style=rounded; color="${count > 0 ? "#2f9e44" : "#495057"}"; fontname="Helvetica"; fontsize=12;`,
      ...initialOf(state),
      ...Object.values(state.states).flatMap((inner) => declaration(inner, counts)),
    ]),
    "}",
  ];
}

function initialOf(parent: AnyStateNode): string[] {
  const initial = parent.initial?.target[0];
  if (!initial) return [];
  const point = quoted(`initial_${idOf(parent)}`);
  return [
    `${point} [shape=point, width=0.12, color="#212529", fillcolor="#212529", label=""];`,
    `${point} -> ${quoted(leafOf(initial))}${clusterEnds({ head: initial })};`,
  ];
}

/** Graphviz draws edges between nodes, and cuts them at the border of the state that is meant. */
function edgeLine({ from, to, labels }: Edge, machine: AnyStateMachine): string {
  const source = statesOf(machine).find((state) => idOf(state) === from);
  const ends = clusterEnds({ head: to, ...(source ? { tail: source } : {}) });
  const text = `label=<${labels.map((line) => `${escaped(line)}<br align="left"/>`).join("")}>`;
  return `${quoted(source ? leafOf(source) : from)} -> ${quoted(leafOf(to))}${ends.replace("]", ", ") || " ["}${text}];`;
}

function clusterEnds({ head, tail }: { readonly head: AnyStateNode; readonly tail?: AnyStateNode }): string {
  const parts = [
    ...(isComposite(head) ? [`lhead=${quoted(`cluster_${idOf(head)}`)}`] : []),
    ...(tail && isComposite(tail) ? [`ltail=${quoted(`cluster_${idOf(tail)}`)}`] : []),
  ];
  return parts.length === 0 ? "" : ` [${parts.join(", ")}]`;
}

function isComposite({ states }: AnyStateNode): boolean {
  return Object.keys(states).length > 0;
}

function leafOf(state: AnyStateNode): string {
  const [first] = Object.values(state.states);
  return first ? leafOf(first) : idOf(state);
}

function label(title: string, notes: readonly string[]): string {
  const lines = notes.map((line) => `<br/><font point-size="9" color="#495057">${escaped(line)}</font>`);
  return `<b>${escaped(title)}</b>${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function quoted(id: string): string {
  return `"${id.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
