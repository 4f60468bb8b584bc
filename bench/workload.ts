/** What a workload of the benchmark is, and what comes out of it. */
import type { Goal } from "./goal.ts";

/** How much a run may take. */
export interface Effort {
  /** Turns that each contender gets. */
  readonly rounds: number;
  /** The same where turns are short, so that what disturbs the machine for a second spoils few of them. */
  readonly shortRounds: number;
  /** The first in a whole run, the second in a quick one. */
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
  /** Markdown that a bench has written itself. */
  readonly text?: string;
  /** What went wrong, other than a goal that was missed. */
  readonly failure?: string;
  /** Sentences: what was left out, what else was seen. */
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
  /** What was measured in turn with it; null for a figure that stands for itself. */
  readonly against: { readonly name: string; readonly samples: readonly number[] } | null;
  /** Null for what is shown for comparison. */
  readonly goal: Goal | null;
}
