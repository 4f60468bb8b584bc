import { setImmediate as immediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { isTimeForTurn } from "../../../src/runtime/connection/turn-time.ts";

test("Woken sessions have some milliseconds of each iteration of the event loop.", async () => {
  await immediate();
  expect(isTimeForTurn()).toBe(true);
  for (const end = performance.now() + 11; performance.now() < end; );
  expect(isTimeForTurn()).toBe(false);
  await Promise.resolve();
  expect(isTimeForTurn()).toBe(false);
  await immediate();
  expect(isTimeForTurn()).toBe(true);
});
