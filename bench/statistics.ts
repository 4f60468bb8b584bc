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

/**
 * Where the median of many more rounds would lie in nineteen of twenty runs: between two of the samples, whose ranks a
 * binomial distribution gives, whatever that of the samples is. All of them where there are fewer than six.
 */
export function medianInterval(samples: readonly number[]): readonly [from: number, to: number] {
  const sorted = samples.toSorted((a, b) => a - b);
  const count = sorted.length;
  let [outside, below, binomial] = [0, 0, 0.5 ** count];
  for (; outside + binomial <= 0.025 && below < count / 2 - 1; below += 1) {
    outside += binomial;
    binomial *= (count - below) / (below + 1);
  }
  const rank = Math.max(below - 1, 0);
  return [sorted[rank] ?? Number.NaN, sorted[count - 1 - rank] ?? Number.NaN];
}
