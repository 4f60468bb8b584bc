import { z } from "zod";
import { mustBe } from "./expectation.ts";
import { INT_MAX } from "./fields.ts";
import { type Reading, read, unreadable } from "./reading.ts";

/** Longer times overflow the runtime's timers, which then fire at once: 2^31 − 1 ms, 24.8 days. */
export const LONGEST_DURATION = INT_MAX;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ms", 1n],
  ["s", 1_000n],
  ["m", 60_000n],
  ["h", 3_600_000n],
  ["d", 86_400_000n],
]);
const DURATION = /^(\d{1,20})(?:\.(\d{1,20}))?(ms|s|m|h|d)$/;
const FORMS = 'milliseconds as a whole number, or text with a unit like "500ms", "60s", "2m", "1h" or "1d"';

/**
 * Reads a duration with a unit into milliseconds. Fractions are allowed if the result is a whole number of
 * milliseconds: `1.5h` is 5,400,000 and `0.0001s` is an error.
 */
export function readDuration(text: string): Reading<number> {
  const [, whole, fraction = "", unit] = DURATION.exec(text) ?? [];
  const perUnit = UNITS.get(unit ?? "");
  if (whole === undefined || perUnit === undefined) {
    return unreadable(
      /^\d{1,20}$/.test(text) ? `must have a unit, like "${text}s" or "${text}ms"` : `must be ${FORMS}`,
    );
  }
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * perUnit;
  if (scaled % scale !== 0n) return unreadable("must come out at whole milliseconds");
  const milliseconds = scaled / scale;
  if (milliseconds > BigInt(LONGEST_DURATION)) {
    return unreadable(`must be at most ${LONGEST_DURATION} milliseconds (24.8 days)`);
  }
  return read(Number(milliseconds));
}

/** A duration field, in milliseconds. */
export function duration(shortest: 0 | 1) {
  const range = mustBe(`${FORMS}, from ${shortest} to ${LONGEST_DURATION} milliseconds`);
  const error = mustBe(FORMS);
  const number = z.int({ error: range }).min(shortest, { error: range }).max(LONGEST_DURATION, { error: range });
  const text = z.string({ error }).regex(DURATION, { abort: false, error: ({ input }) => why(String(input)) });
  return z.union([number, text], { error }).transform((value, context) => {
    const reading = typeof value === "number" ? read(value) : readDuration(value);
    if (reading.ok && reading.value >= shortest) return reading.value;
    context.addIssue({
      code: "custom",
      message: reading.ok ? `must be at least ${shortest} millisecond` : reading.reason,
    });
    return z.NEVER;
  });
}

function why(text: string): string {
  const reading = readDuration(text);
  return reading.ok ? "" : reading.reason;
}

/** A duration in plain words, in the largest unit that gives a whole number. */
export function describeDuration(milliseconds: number): string {
  const names = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const;
  for (const [name, size] of names) {
    const amount = milliseconds / size;
    if (amount >= 1 && Number.isInteger(amount)) return `${amount} ${name}${amount === 1 ? "" : "s"}`;
  }
  return `${milliseconds} ms`;
}
