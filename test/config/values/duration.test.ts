import fc from "fast-check";
import { expect, test } from "vitest";
import { describeDuration, LONGEST_DURATION, readDuration } from "../../../src/config/values/duration.ts";
import { listenerWith, mistakesWith } from "../documents.ts";

test.each([
  ["500ms", 500],
  ["60s", 60_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
  ["1.5h", 5_400_000],
  ["0.1s", 100],
  ["1.10s", 1_100],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(readDuration(text)).toEqual({ ok: true, value: milliseconds });
});

test("a number is milliseconds", () => {
  expect(listenerWith({ tlsTimeout: 1234 }).tlsTimeout).toBe(1234);
});

test.each(["", "60", "60 s", "s", "-1s", "1.s", ".5s", "1e3ms", "1S", "0.0001s", "25d", "١s", `${"9".repeat(400)}d`])(
  "%j is not a duration",
  (text) => {
    expect(readDuration(text).ok).toBe(false);
    expect(mistakesWith({ tlsTimeout: text })).toHaveLength(1);
  },
);

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 1e300, true, {}, "0s"])(
  "a time limit of %j is refused",
  (value) => {
    expect(mistakesWith({ tlsTimeout: value })).toHaveLength(1);
  },
);

test("text without a unit is told which units there are", () => {
  expect(mistakesWith({ tlsTimeout: "60" })).toEqual(['tlsTimeout: must have a unit, like "60s" or "60ms"']);
});

test("the longest duration is the longest that a timer takes", () => {
  expect(listenerWith({ tlsTimeout: 2 ** 31 - 1 }).tlsTimeout).toBe(LONGEST_DURATION);
  expect(mistakesWith({ tlsTimeout: "2147483648ms" })).toEqual([
    "tlsTimeout: must be at most 2147483647 milliseconds (24.8 days)",
  ]);
});

test("any whole number of a unit is as many milliseconds as its size says, or too long", () => {
  const units = [
    ["ms", 1],
    ["s", 1_000],
    ["m", 60_000],
    ["h", 3_600_000],
    ["d", 86_400_000],
  ] as const;
  fc.assert(
    fc.property(fc.nat(3_000_000), fc.constantFrom(...units), (amount, [unit, size]) => {
      const reading = readDuration(`${amount}${unit}`);
      const milliseconds = amount * size;
      expect(reading.ok).toBe(milliseconds <= LONGEST_DURATION);
      if (reading.ok) expect(reading.value).toBe(milliseconds);
    }),
  );
});

test("no text makes reading a duration throw, and what is read is a whole number in range", () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^\d{0,30}\.?\d{0,30}(ms|s|m|h|d)?$/));
  fc.assert(
    fc.property(texts, (text) => {
      const reading = readDuration(text);
      if (!reading.ok) return;
      expect(Number.isInteger(reading.value)).toBe(true);
      expect(reading.value).toBeLessThanOrEqual(LONGEST_DURATION);
    }),
  );
});

test.each([
  [86_400_000, "1 day"],
  [5_400_000, "90 minutes"],
  [30_000, "30 seconds"],
  [1_500, "1500 ms"],
  [0, "0 ms"],
])("%d ms is said as %s", (milliseconds, words) => {
  expect(describeDuration(milliseconds)).toBe(words);
});
