/** Statistics for few samples from a noisy machine: the median, and the spread. */

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below = Number.NaN, above = below] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}

/** Median and, if there are several, minimum and maximum: `43.1 (41.0–47.9)`. */
export function spread(samples: readonly number[], digits: number): string {
  const figure = (value: number): string => value.toFixed(digits);
  if (samples.length < 2) return figure(median(samples));
  return `${figure(median(samples))} (${figure(Math.min(...samples))}–${figure(Math.max(...samples))})`;
}

/** Round by round: a disturbance of a whole round affects both sides of the ratio. */
export function ratios(samples: readonly number[], against: readonly number[]): number[] {
  return samples.map((sample, round) => sample / (against[round] ?? Number.NaN));
}
