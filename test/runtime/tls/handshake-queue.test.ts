import { array, assert, boolean, integer, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { LocalSlots } from "../../../src/runtime/admission/slots.ts";
import { type HandshakePlace, HandshakeQueue } from "../../../src/runtime/tls/handshake-queue.ts";

test("handshakes begin in the order of their coming, and one that leaves the queue never begins", () => {
  const queue = new HandshakeQueue(new LocalSlots(1));
  const begun: string[] = [];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => queue.enter(() => begun.push(name)));
  expect(begun).toEqual(["a"]);
  b?.leave();
  a?.leave();
  a?.leave();
  expect(begun).toEqual(["a", "c"]);
  c?.leave();
  d?.leave();
  expect([begun, queue.underWay, queue.waiting]).toEqual([["a", "c", "d"], 0, 0]);
});

test("without a limit all begin at once", () => {
  const queue = new HandshakeQueue(new LocalSlots(Number.POSITIVE_INFINITY));
  for (let place = 0; place < 50; place++) queue.enter(() => {});
  expect([queue.underWay, queue.waiting]).toEqual([50, 0]);
});

test("under any order of entering and leaving the limit holds, and nobody waits while there is room", () => {
  const steps = array(record({ enter: boolean(), which: nat(30) }), { maxLength: 80 });
  assert(
    property(integer({ min: 1, max: 4 }), steps, (limit, each) => {
      const queue = new HandshakeQueue(new LocalSlots(limit));
      const places: HandshakePlace[] = [];
      const inside = new Set<HandshakePlace>();
      for (const { enter, which } of each) {
        const place = enter ? queue.enter(() => {}) : places[which];
        if (!place) continue;
        if (enter) inside.add(place);
        else inside.delete(place);
        if (enter) places.push(place);
        else place.leave();
        expect(queue.underWay).toBe(Math.min(limit, inside.size));
        expect(queue.waiting).toBe(inside.size - queue.underWay);
      }
    }),
  );
});
