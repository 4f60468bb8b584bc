import { assert, maxSafeNat, property } from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { localText, readLocal } from "../../src/console/forms/local-moments.ts";
import {
  durationText,
  readDuration,
  readSize,
  roughDurationText,
  sizeText,
} from "../../src/console/forms/quantities.ts";
import { octetsText } from "../../src/console/parts/octets.ts";

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

  it("are as exact as people want them where they are only read", () => {
    expect([388, 23_474, 90_500].map(roughDurationText)).toEqual(["388ms", "23s", "1m 31s"]);
    expect([0, 38, 7_168, 18_850, 5_000_000].map(octetsText)).toEqual(["0 B", "38 B", "7 KiB", "18 KiB", "4 MiB"]);
  });

  it("are moments of the browser's time zone in a form, and UTC for the server", () => {
    vi.stubEnv("TZ", "Asia/Tokyo");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(localText("2030-01-31T12:00:00Z")).toBe("2030-01-31T21:00:00");
    expect(readLocal("2030-01-31T21:00")).toBe("2030-01-31T12:00:00Z");
  });
});
