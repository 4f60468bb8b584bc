import { expect, it } from "vitest";
import { reasonAt, stackOf } from "../../src/console/parts/reason-stack.ts";
import type { EndSeries } from "../../src/console/wire/end-series.ts";

it("stacks reasons on one another, the regular ones below, and knows whose part of a bar is clicked", () => {
  const now = Date.parse("2026-11-29T12:00:30Z");
  const minute = Date.parse("2026-11-29T12:00:00Z");
  const series = (reason: string, count: number, listener = "smtp"): EndSeries => ({
    ...{ kind: "ended", listener, reason, count, meaning: null, isFailure: reason !== "quit" },
    perMinute: new Map([[minute, count]]),
  });
  const palette = new Map<string, number>();
  const stack = stackOf([series("tls-failed", 9), series("quit", 2), series("quit", 3, "imap")], now, palette);
  expect(stack.reasons.map(({ reason, total, colour }) => [reason, total, colour])).toEqual([
    ["quit", 5, 1],
    ["tls-failed", 9, 2],
  ]);
  const last = stack.minutes.length - 1;
  expect([stack.minutes.length, stack.minutes[last]]).toEqual([60, minute]);
  expect([0, 5, 5.1, 14, 15].map((height) => reasonAt(stack, last, height))).toEqual([
    "quit",
    "quit",
    "tls-failed",
    "tls-failed",
    null,
  ]);
  // Another reason in front keeps the colours that were given.
  expect(
    stackOf([series("peer-ended", 90), series("tls-failed", 1)], now, palette).reasons.map(({ colour }) => colour),
  ).toEqual([3, 2]);
});
