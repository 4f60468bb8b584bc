/** A workload of the benchmark, and its results. */
import type { Goal } from "./goal.ts";

/** The size of a run. */
export interface Effort {
  /** Turns of each contender. */
  readonly rounds: number;
  /** The same for short turns, so that a disturbance of a second spoils few of them. */
  readonly shortRounds: number;
  /** The first value in a full run, the second in a quick one. */
  pick<Value>(whole: Value, quick: Value): Value;
}

export interface Workload {
  /** As on the command line. */
  readonly name: string;
  /** Descriptors that the server or the load needs. */
  readonly openFiles?: number;
  /** Why it cannot be measured here, or null. */
  missing?(): string | null;
  run(effort: Effort): Promise<Findings>;
}

export interface Findings {
  readonly tables: readonly Table[];
  /** Markdown written by the bench itself. */
  readonly text?: string;
  /** What went wrong, other than a missed goal. */
  readonly failure?: string;
  /** Sentences about what was left out or also observed. */
  readonly notes?: readonly string[];
}

export interface Table {
  /** Of the figures, e.g. `CPU µs per connection`. */
  readonly unit: string;
  /** Decimals of the figures; 1 by default. */
  readonly digits?: number;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly measured: string;
  /** One for each round. */
  readonly samples: readonly number[];
  /** The baseline measured in turn with it; null for a figure on its own. */
  readonly against: { readonly name: string; readonly samples: readonly number[] } | null;
  /** Null for figures shown only for comparison. */
  readonly goal: Goal | null;
}
