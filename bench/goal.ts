/** A goal of the benchmark, and whether it is met. */
import { median, medianInterval, ratios } from "./statistics.ts";
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

export type Verdict = "met" | "not met" | "too noisy to say";

/** By the median of the rounds, if it is known well enough to be on one side of the limit. */
export function judge({ of, is, limit }: Goal, { samples, against }: Pick<Row, "samples" | "against">): Verdict {
  const values = of === "ratio" ? ratios(samples, against?.samples ?? []) : samples;
  const [from, to] = medianInterval(values);
  const isBelow = median(values) <= limit;
  if (isBelow ? to > limit : from <= limit) return "too noisy to say";
  return isBelow === (is === "at most") ? "met" : "not met";
}

export function describeGoal({ of, is, limit }: Goal): string {
  return `${is === "at most" ? "≤" : "≥"} ${limit}${of === "ratio" ? "×" : ""}`;
}
