import { assert, maxSafeNat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { durationText, readDuration, readSize, sizeText } from "../../src/console/forms/quantities.ts";

describe("durations and sizes", () => {
  it("are read as they are written", () => {
    assert(
      property(maxSafeNat(), (value) => {
        expect(readDuration(durationText(value))).toBe(value);
        expect(readSize(sizeText(value))).toBe(value);
      }),
    );
  });

  it.each([
    ["1h 30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["60s", 60_000],
    ["250", 250],
    ["10 s", 10_000],
    ["soon", null],
    ["5 minutes", null],
    ["-1s", null],
    ["9999999999999999d", null],
  ])("%j is %j milliseconds", (text, expected) => expect(readDuration(text)).toBe(expected));

  it("are written in the largest units", () => {
    expect([60_000, 90_500, 0].map(durationText)).toEqual(["1m", "1m 30s 500ms", "0s"]);
    expect([65_536, 1_500, 0].map(sizeText)).toEqual(["64KiB", "1500", "0"]);
  });
});
