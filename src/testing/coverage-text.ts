/** Coverage in readable form. */
import { pairText } from "./chart.ts";
import type { CoverageReport } from "./coverage.ts";

/** `connection: 50 of 50 pairs walked, 6 impossible`. */
export function coverageSummary({ chart, pairs, missing }: CoverageReport): string {
  const walkable = pairs.filter(({ impossible }) => impossible === null).length;
  return `${chart}: ${walkable - missing.length} of ${walkable} pairs walked, ${pairs.length - walkable} impossible`;
}

/**
 * The summary, and one line for each pair: `+` walked, how often; `!` not walked; `-` impossible, why; `x` disproved.
 */
export function coverageText(report: CoverageReport): string {
  const { pairs, disproved } = report;
  const width = Math.max(...pairs.map((pair) => pairText(pair).length));
  const lines = pairs.map((pair) => {
    const text = pairText(pair).padEnd(width);
    if (pair.impossible !== null) return `  - ${text}  impossible: ${pair.impossible}`;
    return pair.walked > 0 ? `  + ${text}  ${pair.walked}` : `  ! ${text}  not walked`;
  });
  const wrong = disproved.map(
    (text) => `  x ${text.padEnd(width)}  said to be impossible, but walked, or no pair of the chart`,
  );
  return [coverageSummary(report), ...lines, ...wrong].join("\n");
}
