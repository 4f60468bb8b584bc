import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { LocalAddressCounts } from "../../../src/runtime/admission/address-counts.ts";
import type { AdmissionLimits } from "../../../src/runtime/admission/admission.ts";
import { AllowList } from "../../../src/runtime/admission/allow-list.ts";
import { BlockList } from "../../../src/runtime/admission/block-list.ts";
import type { AddressLimits, AdmissionRequest, AdmissionRule } from "../../../src/runtime/admission/client-limits.ts";
import { LocalConnectionRates } from "../../../src/runtime/admission/connection-rates.ts";
import { LocalSlots } from "../../../src/runtime/admission/slots.ts";
import type { Pressure } from "../../../src/runtime/pressure/pressure.ts";
import { addressLimits, Door } from "./clients.ts";

const proxy = "198.51.100.1";

/** A counter with so many slots taken of so many. */
function slots(taken: number, limit: number): LocalSlots {
  const made = new LocalSlots(Math.max(taken, limit));
  for (let slot = 0; slot < taken; slot++) made.tryTake();
  made.limit = limit;
  return made;
}

const room = { server: slots(1, 5), listener: slots(1, 5) };
const full = { server: slots(5, 5), listener: slots(3, 3) };

function blocking() {
  const blockList = new BlockList(new SimulatedClock());
  blockList.add({ address: "192.0.2.0/24" });
  return addressLimits({ blockList });
}

function capped() {
  const counts = new LocalAddressCounts();
  counts.counter("192.0.2.1", null).tryTake();
  const rates = new LocalConnectionRates({ count: 1, interval: 1_000 }, new SimulatedClock());
  rates.note("192.0.2.1");
  return addressLimits({ cap: 1, counts, rates });
}

const own: AdmissionRule = () => ({ rule: "own", limit: 0, current: 0 });

function fast() {
  const rates = new LocalConnectionRates({ count: 2, interval: 1_000 }, new SimulatedClock());
  rates.note("192.0.2.1");
  rates.note("192.0.2.1");
  return addressLimits({ rates, rules: [own] });
}

/** The same limits, from which an address is exempt. */
function allowing(limits: AddressLimits, address = "192.0.2.1"): AddressLimits {
  const allowList = new AllowList(new SimulatedClock());
  allowList.add({ address, expiresAt: null, reason: null });
  return { ...limits, allowList };
}

const hot: Pressure = { exhausted: [{ resource: "heap", limit: 95, current: 97 }], sample: null };

describe("admission", () => {
  test.each<[string, Partial<AdmissionLimits>, string, number, number]>([
    ["the block list, before any cap", { ...full, addresses: blocking() }, "blocked", 0, 0],
    ["the server's cap before the listener's", full, "server-cap", 5, 5],
    ["the listener's cap", { server: slots(3, 5), listener: slots(3, 3), addresses: capped() }, "listener-cap", 3, 3],
    ["the listener's cap without the server's", { server: null, listener: slots(1, 1) }, "listener-cap", 1, 1],
    ["a cap that was lowered below what is inside", { server: slots(7, 2), listener: slots(7, 9) }, "server-cap", 2, 7],
    ["the address's cap before its rate", { ...room, addresses: capped() }, "address-cap", 1, 1],
    ["the address's rate before pressure", { ...room, addresses: fast() }, "address-rate", 2, 2],
  ])("names %s, and its counts at that moment", (...[, limits, rule, limit, current]) => {
    const door = new Door(limits);
    door.pressure$.next(hot);
    expect(door.arrive()).toMatchObject({ permit: null, refusal: { rule, limit, current } });
  });

  test("names a listener that ends, before all", () => {
    const door = new Door({ ...full, addresses: blocking() });
    expect(door.arrive({ draining: true }).refusal).toEqual({ rule: "draining", limit: 0, current: 3 });
  });

  test("names what is exhausted, before the embedder's rules, until it no longer is", () => {
    const door = new Door({ addresses: addressLimits({ rules: [own] }) });
    door.pressure$.next(hot);
    expect(door.arrive().refusal).toEqual({ rule: "pressure", resource: "heap", limit: 95, current: 97 });
    door.pressure$.next({ exhausted: [], sample: null });
    expect(door.arrive().refusal?.rule).toBe("own");
  });

  test("asks about pressure before the header of a proxy, and not where the listener does not refuse for it", () => {
    const door = new Door();
    door.pressure$.next(hot);
    expect(door.arrive({ address: proxy }).refusal?.rule).toBe("pressure");
    door.limits$.next({ ...door.limits$.value, refusesUnderPressure: false });
    expect([door.arrive().refusal, door.arrive({ address: proxy }).refusal]).toEqual([null, null]);
  });

  test.each<[string, Partial<AdmissionLimits>, string | null]>([
    ["the block list", { addresses: allowing(blocking()) }, null],
    ["the address's cap and rate", { ...room, addresses: allowing(capped()) }, null],
    ["the server's cap", { ...full, addresses: allowing(blocking()) }, "server-cap"],
    [
      "the listener's cap",
      { server: slots(3, 5), listener: slots(3, 3), addresses: allowing(capped()) },
      "listener-cap",
    ],
    ["an embedder's rule", { addresses: allowing(fast()) }, "own"],
  ])("asks those who are exempt from rules about addresses only for the others: %s", (...[, limits, rule]) => {
    expect(new Door(limits).arrive().refusal?.rule ?? null).toBe(rule);
  });

  test("refuses under pressure those who are exempt from rules about addresses", () => {
    const door = new Door({ addresses: allowing(blocking()) });
    door.pressure$.next(hot);
    expect(door.arrive().refusal?.rule).toBe("pressure");
  });

  test("does not count one that is exempt against the others of its /64", () => {
    const counts = new LocalAddressCounts();
    const addresses = allowing(addressLimits({ cap: 1, counts }), "2001:db8::1");
    const door = new Door({ addresses });
    for (const address of ["2001:db8::1", "2001:db8::1", "2001:db8::2"])
      expect(door.arrive({ address }).refusal).toBeNull();
    expect(door.arrive({ address: "2001:db8::3" }).refusal?.rule).toBe("address-cap");
  });

  test("goes by the limits of the moment", () => {
    const door = new Door({ listener: slots(1, 2) });
    door.limits$.next({ ...door.limits$.value, listener: slots(1, 1) });
    expect(door.arrive().refusal?.rule).toBe("listener-cap");
  });

  test("refuses without taking a slot anywhere", () => {
    const [server, listener] = [slots(1, 5), slots(3, 3)];
    new Door({ server, listener }).arrive();
    expect([server.taken, listener.taken]).toEqual([1, 3]);
  });

  test("lets the last one in, who holds a slot in every counter until the permit is given back", () => {
    const counts = new LocalAddressCounts();
    const [server, listener] = [slots(4, 5), slots(2, 3)];
    const door = new Door({ server, listener, addresses: addressLimits({ counts, cap: 1 }) });
    const { permit } = door.arrive();
    expect([server.taken, listener.taken, counts.of("192.0.2.1")]).toEqual([5, 3, 1]);
    expect(door.arrive().refusal?.rule).toBe("server-cap");
    permit?.release();
    permit?.release();
    expect([server.taken, listener.taken, counts.of("192.0.2.1"), counts.size]).toEqual([4, 2, 0, 0]);
  });

  test("of a proxy takes the slot at once, and asks about the client later", () => {
    const counts = new LocalAddressCounts();
    const server = slots(0, 5);
    const door = new Door({ server, listener: slots(0, 5), addresses: addressLimits({ counts, cap: 1 }) });
    const { permit, owesHeader } = door.arrive({ address: proxy });
    if (!permit) throw new Error("There is room.");
    expect(owesHeader).toBe(true);
    expect([server.taken, counts.of("192.0.2.1"), counts.size]).toEqual([1, 0, 0]);
    expect(door.arrive({ permit })).toMatchObject({ permit, refusal: null, owesHeader: false });
    expect([server.taken, counts.of("192.0.2.1")]).toEqual([1, 1]);
    expect(door.arrive({ permit }).refusal).toEqual({ rule: "address-cap", limit: 1, current: 1 });
    permit.release();
    expect([server.taken, counts.of("192.0.2.1")]).toEqual([0, 0]);
  });

  test("lets a proxy that speaks for itself in by its own address", () => {
    const door = new Door();
    const { permit } = door.arrive({ address: proxy });
    expect(door.arrive({ address: proxy, permit })).toMatchObject({ refusal: null, owesHeader: false });
  });

  test("counts no connection for the rate that another rule refuses", () => {
    const rates = new LocalConnectionRates({ count: 1, interval: 1_000 }, new SimulatedClock());
    const refusing = new Door({ addresses: addressLimits({ rates, rules: [own] }) });
    expect(refusing.arrive().refusal?.rule).toBe("own");
    expect(new Door({ addresses: addressLimits({ rates }) }).arrive().refusal).toBeNull();
  });
});

describe("the embedder's rules", () => {
  test("are told who asks and who is inside, without this connection, proxied or not", () => {
    const asked: AdmissionRequest[] = [];
    const rules = [
      (request: AdmissionRequest) => {
        asked.push(request);
        return null;
      },
    ];
    const counts = new LocalAddressCounts();
    counts.counter("192.0.2.1", null).tryTake();
    const expected = {
      listener: "smtp",
      peer: { address: "192.0.2.1", port: 40_000 },
      connections: { server: 1, listener: 2, address: 1 },
    };
    const door = () =>
      new Door({ server: slots(1, 5), listener: slots(2, 5), addresses: addressLimits({ counts, rules }) });
    door().arrive();
    const behind = door();
    behind.arrive({ permit: behind.arrive({ address: proxy }).permit });
    expect(asked).toEqual([
      { ...expected, proxied: false },
      { ...expected, proxied: true, connections: { ...expected.connections, address: 2 } },
    ]);
  });

  test("refuse when one throws, and say so; the next one is asked again", () => {
    const failures: unknown[] = [];
    const error = new Error("no database");
    let throws = true;
    const rules: AdmissionRule[] = [
      () => null,
      () => {
        if (throws) throw error;
        return null;
      },
    ];
    const door = new Door({ addresses: addressLimits({ rules, ruleFailed: (reason) => failures.push(reason) }) });
    expect(door.arrive().refusal?.rule).toBe("rule-failed");
    expect(failures).toEqual([error]);
    throws = false;
    expect(door.arrive().refusal).toBeNull();
  });
});
