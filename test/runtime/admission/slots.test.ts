import { array, assert, constantFrom, integer, nat, oneof, property, record } from "fast-check";
import { expect, test } from "vitest";
import { isPermit, LocalSlots, type Permit, takeSlots } from "../../../src/runtime/admission/slots.ts";
import { Door } from "./clients.ts";

function permitOf(...counters: LocalSlots[]): Permit {
  const taken = takeSlots(counters);
  if (!isPermit(taken)) throw new Error("There was no slot left.");
  return taken;
}

test("a permit gives its slot back once, however often it is released", () => {
  const counter = new LocalSlots(2);
  const permit = permitOf(counter);
  permitOf(counter);
  permit.release();
  permit.release();
  expect(counter.taken).toBe(1);
});

test("a slot that is added later is given back with the others, and none is taken after the release", () => {
  const [first, second] = [new LocalSlots(1), new LocalSlots(1)];
  const permit = permitOf(first);
  permit.add(second);
  expect([first.taken, second.taken]).toEqual([1, 1]);
  permit.release();
  permit.add(second);
  permit.release();
  expect([first.taken, second.taken]).toEqual([0, 0]);
});

test("of several counters either all give a slot or none does, and the one without any is named", () => {
  const [first, second] = [new LocalSlots(2), new LocalSlots(1)];
  permitOf(second);
  expect(takeSlots([first, second])).toBe(second);
  expect([first.taken, second.taken]).toEqual([0, 1]);
});

test("under any interleaving of accepts and releases no cap is exceeded, and the counts are those of the permits held", () => {
  const step = oneof(
    record({ kind: constantFrom("accept" as const), listener: nat(2) }),
    record({ kind: constantFrom("release" as const), permit: nat(40) }),
  );
  const caps = record({ server: integer({ min: 1, max: 8 }), listener: integer({ min: 1, max: 5 }) });
  assert(
    property(caps, array(step, { maxLength: 80 }), (limits, steps) => {
      const server = new LocalSlots(limits.server);
      const listeners = [0, 1, 2].map(() => new LocalSlots(limits.listener));
      const doors = listeners.map((listener) => new Door({ server, listener }));
      const permits: { permit: Permit; listener: number; held: boolean }[] = [];
      for (const each of steps) {
        if (each.kind === "accept") {
          const permit = doors[each.listener]?.arrive().permit;
          if (permit) permits.push({ permit, listener: each.listener, held: true });
        } else {
          const entry = permits[each.permit];
          entry?.permit.release();
          if (entry) entry.held = false;
        }
        const held = permits.filter((entry) => entry.held);
        expect(server.taken).toBe(held.length);
        expect(server.taken).toBeLessThanOrEqual(limits.server);
        for (const [index, counter] of listeners.entries()) {
          expect(counter.taken).toBe(held.filter(({ listener }) => listener === index).length);
          expect(counter.taken).toBeLessThanOrEqual(limits.listener);
        }
      }
    }),
  );
});
