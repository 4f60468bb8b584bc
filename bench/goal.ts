/** A goal of the benchmark, and whether it is met. */
import { median, ratios } from "./statistics.ts";
import type { Row } from "./workload.ts";

export interface Goal {
  /** What it limits: the ratio to the baseline, or the figure itself. */
  readonly of: "ratio" | "figure";
  readonly is: "at most" | "at least";
  readonly limit: number;
}

export function atMost(limit: number, of: Goal["of"] = "ratio"): Goal {
  return { of, is: "at most", limit };
}

export function atLeast(limit: number, of: Goal["of"] = "ratio"): Goal {
  return { of, is: "at least", limit };
}

/** Judged by the median of the rounds. */
export function isMet({ of, is, limit }: Goal, { samples, against }: Pick<Row, "samples" | "against">): boolean {
  const value = median(of === "ratio" ? ratios(samples, against?.samples ?? []) : samples);
  return is === "at most" ? value <= limit : value >= limit;
}

export function describeGoal({ of, is, limit }: Goal): string {
  return `${is === "at most" ? "≤" : "≥"} ${limit}${of === "ratio" ? "×" : ""}`;
}
