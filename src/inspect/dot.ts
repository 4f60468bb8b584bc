/** Draws a statechart in Graphviz' language, which `svg` renders. */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import {
  anyState,
  countIn,
  type DrawingOptions,
  type Edge,
  edgesFrom,
  idOf,
  type Label,
  notesOf,
  occupiedLook,
  statesOf,
} from "./chart-text.ts";
import { edgeLabel, htmlLines, htmlText, legendTable } from "./dot-labels.ts";

const plainLook = { fill: "#f8f9fa", line: "#495057" };

/** The same drawing as `mermaid`'s, as DOT; with a legend for counts and marks. */
export function dot(machine: AnyStateMachine, options: DrawingOptions = {}): string {
  const { root } = machine;
  const { marks } = options;
  const states = Object.values(root.states);
  const edges = [
    ...statesOf(machine).flatMap((state) => edgesFrom(state, idOf(state), marks)),
    ...edgesFrom(root, anyState, marks),
  ];
  const rootNotes = notesOf(root, marks);
  const hasAny = rootNotes.length > 0 || edges.some(({ from }) => from === anyState);
  return [
    `digraph ${quoted(machine.id)} {`,
    ...indent([
      "compound=true; rankdir=TB; nodesep=0.4; ranksep=0.5;",
      ...legend(options),
      `node [shape=box, style="rounded,filled", fillcolor="${plainLook.fill}", color="${plainLook.line}", fontname="Helvetica", fontsize=12];`,
      'edge [color="#868e96", fontname="Helvetica", fontsize=9];',
      ...initialOf(root),
      ...states.flatMap((state) => declaration(state, options)),
      ...(hasAny
        ? [`${quoted(anyState)} [style="rounded,dashed", label=<${stateLabel("any state", rootNotes)}>];`]
        : []),
      ...edges.map((edge) => edgeLine(edge, machine, options)),
    ]),
    "}",
  ].join("\n");
}

function legend({ counts, marks }: DrawingOptions): string[] {
  const entries = [
    ...(counts ? [{ ...occupiedLook, text: "occupied" }] : []),
    ...(marks?.legend ?? []).map((mark) => ({ ...mark, text: `${mark.sign} ${mark.meaning}`.trim() })),
  ];
  if (entries.length === 0) return [];
  const title = marks?.title ?? "(n): how many are there now";
  return [`fontname="Helvetica"; fontsize=11; labelloc=b; label=<${legendTable(title, entries)}>;`];
}

function declaration(state: AnyStateNode, options: DrawingOptions): string[] {
  const { counts, marks } = options;
  const count = counts ? countIn(state, counts) : 0;
  const name = counts ? `${state.key} (${count})` : state.key;
  const look = count > 0 ? occupiedLook : marks?.states.get(state.path.join("."));
  const text = `label=<${stateLabel(name, notesOf(state, marks))}>`;
  if (Object.keys(state.states).length === 0) {
    const shape = state.type === "final" ? ", peripheries=2" : "";
    const colour = look ? `, fillcolor="${look.fill}", color="${look.line}"` : "";
    return [`${quoted(idOf(state))} [${text}${shape}${colour}];`];
  }
  return [
    `subgraph ${quoted(`cluster_${idOf(state)}`)} {`,
    ...indent([
      `${text}; labelloc=t; labeljust=l; style=rounded; color="${(look ?? plainLook).line}"; fontname="Helvetica"; fontsize=12;`,
      ...initialOf(state),
      ...Object.values(state.states).flatMap((inner) => declaration(inner, options)),
    ]),
    "}",
  ];
}

function initialOf(parent: AnyStateNode): string[] {
  const initial = parent.initial?.target[0];
  if (!initial) return [];
  const point = quoted(`_initial_${idOf(parent)}`);
  // Above the state, not beside the point within it.
  const ends = clusterEnds({ head: initial });
  return [
    `${point} [shape=point, width=0.12, color="#212529", fillcolor="#212529", label=""];`,
    `${point} -> ${quoted(leafOf(initial))}${attributes(ends.length === 0 ? [] : [...ends, "minlen=2"])};`,
  ];
}

/** Graphviz draws edges between nodes, and cuts them at the border of the intended state. */
function edgeLine({ from, to, labels }: Edge, machine: AnyStateMachine, { marks, edgeIds }: DrawingOptions): string {
  const source = statesOf(machine).find((state) => idOf(state) === from);
  const ends = clusterEnds({ head: to, ...(source ? { tail: source } : {}) });
  const mark = marks?.legend.findLast((one) => labels.some((label) => label.mark === one));
  const id = edgeIds ? [`id=${quoted(`${from}>${idOf(to)}`)}`] : [];
  const look = [...ends, ...id, `label=<${edgeLabel(labels)}>`, ...(mark ? [`color="${mark.line}"`] : [])];
  return `${quoted(source ? leafOf(source) : from)} -> ${quoted(leafOf(to))}${attributes(look)};`;
}

function attributes(list: readonly string[]): string {
  return list.length === 0 ? "" : ` [${list.join(", ")}]`;
}

function clusterEnds({ head, tail }: { readonly head: AnyStateNode; readonly tail?: AnyStateNode }): string[] {
  return [
    ...(isComposite(head) ? [`lhead=${quoted(`cluster_${idOf(head)}`)}`] : []),
    ...(tail && isComposite(tail) ? [`ltail=${quoted(`cluster_${idOf(tail)}`)}`] : []),
  ];
}

function isComposite({ states }: AnyStateNode): boolean {
  return Object.keys(states).length > 0;
}

function leafOf(state: AnyStateNode): string {
  const [first] = Object.values(state.states);
  return first ? leafOf(first) : idOf(state);
}

function stateLabel(title: string, notes: readonly Label[]): string {
  const lines = notes.length === 0 ? "" : `<br/><font point-size="9" color="#495057">${htmlLines(notes)}</font>`;
  return `<b>${htmlText(title)}</b>${lines}`;
}

function quoted(id: string): string {
  return `"${id.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
