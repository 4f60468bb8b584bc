/** The texts in a drawing of a chart: labels of transitions, notes of states, and counts. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { type ChartMark, type ChartMarks, transitionKey } from "../charts/chart-marks.ts";
import { invokedName, nameOf, transitionsOf, triggerText } from "../charts/text.ts";

/** Actors of one chart by state: `{ listening: 2, "paused.held": 1 }`. */
export type ChartCounts = Readonly<Record<string, number>>;

export interface DrawingOptions {
  /** How many are in each state: shown beside the state's name, and states with a count are coloured. */
  readonly counts?: ChartCounts;
  /** Colours of states and transitions, with a legend: those of `coverageMarks` in `gatehouse/testing`, or others. */
  readonly marks?: ChartMarks;
  /** In SVG, each transition's element gets the states it connects for its id: `accepted>active`. False by default. */
  readonly edgeIds?: boolean;
}

/** For states with a count. */
export const occupiedLook = { fill: "#b2f2bb", line: "#2f9e44" };

/** Stands for every state of the machine. No state's id begins like this. */
export const anyState = "_any";

/**
 * Ids share one namespace in a drawing: a nested state's includes its parents' names. Letters and digits stand for
 * themselves, any other unit of UTF-16 is `__` and four hexadecimal digits, so that no two states have the same id.
 */
export function idOf(state: AnyStateNode): string {
  return state.path.map((key) => key.replaceAll(/[^A-Za-z0-9]/g, escaped)).join("_");
}

function escaped(unit: string): string {
  return `__${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** How many are in a state, including its nested states. */
export function countIn(state: AnyStateNode, counts: ChartCounts): number {
  const path = state.path.join(".");
  const within = Object.entries(counts).filter(([counted]) => counted === path || counted.startsWith(`${path}.`));
  return within.reduce((sum, [, count]) => sum + count, 0);
}

export interface Label {
  readonly text: string;
  readonly mark: ChartMark | undefined;
}

export interface Edge {
  readonly from: string;
  readonly to: AnyStateNode;
  /** The transitions that lead there, one label each. */
  readonly labels: readonly Label[];
}

/** One edge for each target. */
export function edgesFrom(state: AnyStateNode, from: string, marks: ChartMarks | undefined): Edge[] {
  const labels = new Map<AnyStateNode, Label[]>();
  for (const transition of transitionsOf(state))
    for (const target of transition.target ?? [])
      labels.set(target, [...(labels.get(target) ?? []), labelOf(state, transition, marks)]);
  return [...labels].map(([to, lines]) => ({ from, to, labels: lines }));
}

/** Entry, exit, what a state does, and its transitions without a target. */
export function notesOf(state: AnyStateNode, marks: ChartMarks | undefined): Label[] {
  const plain = [
    ...actionsLine("entry", state.entry),
    ...actionsLine("exit", state.exit),
    ...state.invoke.map((invoked) => `do / ${invokedName(invoked)}`),
  ];
  const inner = transitionsOf(state).filter(({ target }) => !target || target.length === 0);
  return [
    ...plain.map((text) => ({ text, mark: undefined })),
    ...inner.map((transition) => labelOf(state, transition, marks)),
  ];
}

/** All states of a chart, outer ones before nested ones. */
export function statesOf({ root }: AnyStateMachine): AnyStateNode[] {
  const within = (state: AnyStateNode): AnyStateNode[] => [state, ...Object.values(state.states).flatMap(within)];
  return Object.values(root.states).flatMap(within);
}

function actionsLine(when: string, actions: readonly unknown[]): string[] {
  const named = actions.filter((action) => !isTimer(action));
  return named.length === 0 ? [] : [`${when} / ${named.map(nameOf).join(", ")}`];
}

/** XState implements `after` by its own actions, which start and stop the timer. */
function isTimer(action: unknown): boolean {
  return typeof action === "function" && String(Reflect.get(action, "type")).startsWith("xstate.");
}

function labelOf(state: AnyStateNode, transition: AnyTransitionDefinition, marks: ChartMarks | undefined): Label {
  const { actions } = transition;
  const trigger = triggerText(transition);
  const effects = actions.length === 0 ? "" : ` / ${actions.map(nameOf).join(", ")}`;
  const mark = marks?.transitions.get(transitionKey(state.path.join("."), trigger));
  return { text: `${mark?.sign ? `${mark.sign} ` : ""}${trigger}${effects}`, mark };
}
