/** Which pairs of a state and an event real actors have walked, which they have not, and which cannot be walked. */
import type { AnyStateMachine } from "xstate";
import { type Pair, pairsOf, pairText } from "./chart.ts";
import type { Observation } from "./observation.ts";

/** Pairs that no real instance can reach, with the reason: `{ "active: peer.ended": "…" }`. */
export type Impossible = Readonly<Record<string, string>>;

export interface CoveredPair extends Pair {
  /** How often real actors took it. */
  readonly walked: number;
  /** Why it cannot be walked; null when it can. */
  readonly impossible: string | null;
}

export interface CoverageReport {
  /** The chart's id. */
  readonly chart: string;
  /** All pairs that the chart has a transition for. */
  readonly pairs: readonly CoveredPair[];
  /** Neither walked nor impossible. */
  readonly missing: readonly string[];
  /** Declared impossible, but walked all the same, or no pair of the chart. */
  readonly disproved: readonly string[];
}

/** Adds up what walks have seen. */
export class Coverage {
  /** By chart, then by pair. */
  readonly #walked = new Map<string, Map<string, number>>();

  add({ transitions }: Observation): void {
    for (const { chart, state, event } of transitions) this.#count(chart, pairText({ state, event }));
  }

  #count(chart: string, pair: string): void {
    const pairs = this.#walked.get(chart) ?? new Map<string, number>();
    this.#walked.set(chart, pairs.set(pair, (pairs.get(pair) ?? 0) + 1));
  }

  report(machine: AnyStateMachine, impossible: Impossible = {}): CoverageReport {
    const walked = this.#walked.get(machine.id) ?? new Map<string, number>();
    const pairs = pairsOf(machine).map((pair): CoveredPair => {
      const text = pairText(pair);
      return { ...pair, walked: walked.get(text) ?? 0, impossible: impossible[text] ?? null };
    });
    const known = new Set(pairs.map(pairText));
    const unknown = Object.keys(impossible).filter((text) => !known.has(text));
    return reportOn(machine.id, pairs, unknown);
  }
}

function reportOn(chart: string, pairs: readonly CoveredPair[], unknown: readonly string[]): CoverageReport {
  return {
    chart,
    pairs,
    missing: pairs.filter((pair) => pair.walked === 0 && pair.impossible === null).map(pairText),
    disproved: [...unknown, ...pairs.filter((pair) => pair.walked > 0 && pair.impossible !== null).map(pairText)],
  };
}

/** The reports cannot be merged: they are about different charts of one name. */
export class CoverageMismatchError extends Error {
  readonly code = "coverage-mismatch";

  constructor(chart: string, pair: string) {
    super(
      `Reports on the chart "${chart}" differ: "${pair}" is a pair in one of them only. Remove the older reports, and walk again.`,
    );
    this.name = "CoverageMismatchError";
  }
}

/**
 * Merges reports, for example of several processes: a pair was walked if any of them walked it, and is impossible
 * if any of them says so.
 * @returns one report for each chart, in order of first appearance
 * @throws CoverageMismatchError
 */
export function mergeCoverage(reports: readonly CoverageReport[]): CoverageReport[] {
  const merged = new Map<string, CoverageReport>();
  for (const report of reports) {
    const before = merged.get(report.chart);
    merged.set(report.chart, before ? merge(before, report) : report);
  }
  return [...merged.values()];
}

function merge(one: CoverageReport, other: CoverageReport): CoverageReport {
  const others = new Map(other.pairs.map((pair) => [pairText(pair), pair]));
  const pairs = one.pairs.map((pair): CoveredPair => {
    const text = pairText(pair);
    const same = others.get(text);
    if (!same) throw new CoverageMismatchError(one.chart, text);
    others.delete(text);
    return { ...pair, walked: pair.walked + same.walked, impossible: pair.impossible ?? same.impossible };
  });
  for (const text of others.keys()) throw new CoverageMismatchError(one.chart, text);
  const known = new Set(pairs.map(pairText));
  const disproved = new Set([...one.disproved, ...other.disproved]);
  return reportOn(
    one.chart,
    pairs,
    [...disproved].filter((text) => !known.has(text)),
  );
}
