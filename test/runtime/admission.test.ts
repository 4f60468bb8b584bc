import { describe, expect, test } from "vitest";
import { type AdmissionRequest, admit } from "../../src/runtime/admission.ts";
import { SlotCounter } from "../../src/runtime/slots.ts";

/** Counters with so many slots taken of so many. */
function request(counts: { server: [number, number] | null; listener: [number, number] }, draining = false) {
  const counter = ([taken, limit]: [number, number]): SlotCounter => {
    const made = new SlotCounter(limit);
    for (let slot = 0; slot < taken; slot++) made.take();
    return made;
  };
  const { server, listener } = counts;
  return { draining, server: server && counter(server), listener: counter(listener) } satisfies AdmissionRequest;
}

describe("admission", () => {
  test.each([
    ["a listener that ends, before any cap", request({ server: [5, 5], listener: [3, 3] }, true), "draining", 0, 3],
    ["the server's cap before the listener's", request({ server: [5, 5], listener: [3, 3] }), "server-cap", 5, 5],
    ["the listener's cap", request({ server: [3, 5], listener: [3, 3] }), "listener-cap", 3, 3],
    ["the listener's cap without the server's", request({ server: null, listener: [1, 1] }), "listener-cap", 1, 1],
    ["a cap that was lowered below what is inside", request({ server: [7, 2], listener: [7, 9] }), "server-cap", 2, 7],
  ] as const)("names %s, and its counts at that moment", (...[, asked, rule, limit, current]) => {
    expect(admit(asked)).toEqual({ permit: null, refusal: { rule, limit, current } });
  });

  test("refuses without taking a slot anywhere", () => {
    const asked = request({ server: [1, 5], listener: [3, 3] });
    admit(asked);
    expect([asked.server?.taken, asked.listener.taken]).toEqual([1, 3]);
  });

  test("lets the last one in, who holds a slot in both counters until the permit is given back", () => {
    const asked = request({ server: [4, 5], listener: [2, 3] });
    const { permit } = admit(asked);
    expect([asked.server?.taken, asked.listener.taken]).toEqual([5, 3]);
    expect(admit(asked).refusal?.rule).toBe("server-cap");
    permit?.release();
    expect([asked.server?.taken, asked.listener.taken]).toEqual([4, 2]);
  });
});
