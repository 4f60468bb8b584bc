/** Coverage as the colours of a drawing. */
import type { AnyStateMachine } from "xstate";
import { type ChartMark, type ChartMarks, transitionKey } from "../charts/chart-marks.ts";
import { declaredPairsOf, pairText } from "./chart.ts";
import type { CoverageReport, CoveredPair } from "./coverage.ts";
import { coverageSummary } from "./coverage-text.ts";

const impossible: ChartMark = mark("impossible", "impossible", { sign: "×", fill: "#e9ecef", line: "#6c757d" });
const walked: ChartMark = mark("walked", "walked", { sign: "", fill: "#c8e6c9", line: "#2e7d32" });
const partly: ChartMark = mark("partly", "walked in part", { sign: "~", fill: "#ffecb3", line: "#8a6100" });
const missing: ChartMark = mark("missing", "not walked", { sign: "!", fill: "#ffcdd2", line: "#c62828" });

function mark(name: string, meaning: string, look: Pick<ChartMark, "sign" | "fill" | "line">): ChartMark {
  return { name, meaning, ...look };
}

/**
 * For `svg`, `dot` and `mermaid` of `gatehouse/inspect`: `svg(machine, { marks: coverageMarks(machine, report) })`. A
 * state's colour shows all pairs in it, a transition's its pair, or all pairs that inherit it.
 */
export function coverageMarks(machine: AnyStateMachine, report: CoverageReport): ChartMarks {
  const covered = new Map(report.pairs.map((pair) => [pairText(pair), pair]));
  const states = new Map<string, CoveredPair[]>();
  const transitions = new Map<string, CoveredPair[]>();
  for (const pair of declaredPairsOf(machine)) {
    const found = covered.get(pairText(pair));
    if (!found) continue;
    for (const state of statesAround(pair.state)) add(states, state, found);
    add(transitions, transitionKey(pair.declaredIn, pair.event), found);
  }
  return {
    title: coverageSummary(report),
    legend: [impossible, walked, partly, missing],
    states: marked(states),
    transitions: marked(transitions),
  };
}

/** `paused.held` and `paused`. */
function statesAround(path: string): string[] {
  const names = path.split(".");
  return names.map((_, depth) => names.slice(0, depth + 1).join("."));
}

function add(all: Map<string, CoveredPair[]>, key: string, pair: CoveredPair): void {
  all.set(key, [...(all.get(key) ?? []), pair]);
}

function marked(all: ReadonlyMap<string, readonly CoveredPair[]>): Map<string, ChartMark> {
  return new Map([...all].map(([key, pairs]) => [key, markOf(pairs)]));
}

function markOf(pairs: readonly CoveredPair[]): ChartMark {
  const possible = pairs.filter((pair) => pair.impossible === null);
  if (possible.length === 0) return impossible;
  const done = possible.filter((pair) => pair.walked > 0).length;
  if (done === 0) return missing;
  return done === possible.length ? walked : partly;
}
