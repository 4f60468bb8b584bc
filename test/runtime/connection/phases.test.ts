import { expect, test } from "vitest";
import { Phases } from "../../../src/runtime/connection/phases.ts";

test("the phases of a connection add up to its whole life, from the accept on", () => {
  const phases = new Phases(10.25);
  phases.enter("accepted", 10.5);
  phases.enter("proxyHeader", 11);
  phases.enter("admitting", 16);
  phases.enter("active", 20);
  expect(phases.elapsed(21.5)).toBe(1.5);
  phases.enter("upgrading", 22);
  phases.enter("active", 30);
  phases.enter("draining", 35);
  phases.enter("closing", 40);
  phases.enter("closed", 41.5);
  const { total, ...spent } = phases.durations(41.5);
  expect(spent).toEqual({ proxyHeader: 5.75, admission: 4, handshake: 8, session: 12, closing: 1.5 });
  expect(total).toBe(31.25);
});

test("a phase that never was is null", () => {
  const phases = new Phases(0);
  phases.enter("active", 1);
  phases.enter("closed", 4);
  const never = { proxyHeader: null, admission: null, handshake: null, closing: null };
  expect(phases.durations(4)).toEqual({ ...never, session: 4, total: 4 });
});
