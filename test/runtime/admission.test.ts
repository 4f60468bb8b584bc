import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { AddressCounts } from "../../src/runtime/admission/address-counts.ts";
import { BlockList } from "../../src/runtime/admission/block-list.ts";
import type { AdmissionRequest, ClientLimits } from "../../src/runtime/admission/client-limits.ts";
import { ConnectionRates } from "../../src/runtime/admission/connection-rates.ts";
import { type Arrival, admit, admitClient, admitProxy } from "../../src/runtime/admission.ts";
import { SlotCounter } from "../../src/runtime/slots.ts";
import { clientOf, unlimitedClient } from "./admission/clients.ts";

interface Counts {
  readonly server: [number, number] | null;
  readonly listener: [number, number];
}

/** Counters with so many slots taken of so many. */
function arrival(counts: Counts, client: ClientLimits = unlimitedClient()) {
  const counter = ([taken, limit]: [number, number]): SlotCounter => {
    const made = new SlotCounter(limit);
    for (let slot = 0; slot < taken; slot++) made.take();
    return made;
  };
  const { server, listener } = counts;
  return { draining: false, server: server && counter(server), listener: counter(listener), client } satisfies Arrival;
}

const room: Counts = { server: [1, 5], listener: [1, 5] };
const full: Counts = { server: [5, 5], listener: [3, 3] };

function blockedClient(): ClientLimits {
  const blockList = new BlockList(new SimulatedClock());
  blockList.add({ address: "192.0.2.0/24" });
  return clientOf({ blockList });
}

function cappedClient(): ClientLimits {
  const counts = new AddressCounts();
  counts.counter("192.0.2.1").take();
  const rates = new ConnectionRates({ count: 1, interval: 1_000 }, new SimulatedClock());
  rates.note("192.0.2.1");
  return clientOf({ cap: 1, counts, rates });
}

function fastClient(): ClientLimits {
  const rates = new ConnectionRates({ count: 2, interval: 1_000 }, new SimulatedClock());
  rates.note("192.0.2.1");
  rates.note("192.0.2.1");
  return clientOf({ rates, rules: [() => ({ rule: "own", limit: 0, current: 0 })] });
}

describe("admission", () => {
  test.each([
    ["a listener that ends, before all", { ...arrival(full, blockedClient()), draining: true }, "draining", 0, 3],
    ["the block list, before any cap", arrival(full, blockedClient()), "blocked", 0, 0],
    ["the server's cap before the listener's", arrival(full), "server-cap", 5, 5],
    ["the listener's cap", arrival({ server: [3, 5], listener: [3, 3] }, cappedClient()), "listener-cap", 3, 3],
    ["the listener's cap without the server's", arrival({ server: null, listener: [1, 1] }), "listener-cap", 1, 1],
    ["a cap that was lowered below what is inside", arrival({ server: [7, 2], listener: [7, 9] }), "server-cap", 2, 7],
    ["the address's cap before its rate", arrival(room, cappedClient()), "address-cap", 1, 1],
    ["the address's rate before the embedder's rules", arrival(room, fastClient()), "address-rate", 2, 2],
  ] as const)("names %s, and its counts at that moment", (...[, asked, rule, limit, current]) => {
    expect(admit(asked)).toEqual({ permit: null, refusal: { rule, limit, current } });
  });

  test("refuses without taking a slot anywhere", () => {
    const asked = arrival({ server: [1, 5], listener: [3, 3] });
    admit(asked);
    expect([asked.server?.taken, asked.listener.taken]).toEqual([1, 3]);
  });

  test("lets the last one in, who holds a slot in every counter until the permit is given back", () => {
    const counts = new AddressCounts();
    const asked = arrival({ server: [4, 5], listener: [2, 3] }, clientOf({ counts, cap: 1 }));
    const { permit } = admit(asked);
    expect([asked.server?.taken, asked.listener.taken, counts.of("192.0.2.1")]).toEqual([5, 3, 1]);
    expect(admit(asked).refusal?.rule).toBe("server-cap");
    permit?.release();
    permit?.release();
    expect([asked.server?.taken, asked.listener.taken, counts.of("192.0.2.1"), counts.size]).toEqual([4, 2, 0, 0]);
  });

  test("of a proxy takes the slot at once, and asks about the client later", () => {
    const counts = new AddressCounts();
    const asked = arrival({ server: [0, 5], listener: [0, 5] }, clientOf({ counts, cap: 1 }));
    const { permit } = admitProxy(asked);
    if (!permit) throw new Error("There is room.");
    expect([asked.server?.taken, counts.of("192.0.2.1")]).toEqual([1, 0]);
    expect(admitClient(asked, permit)).toBeNull();
    expect([asked.server?.taken, counts.of("192.0.2.1")]).toEqual([1, 1]);
    expect(admitClient(asked, permit)).toEqual({ rule: "address-cap", limit: 1, current: 1 });
    permit.release();
    expect([asked.server?.taken, counts.of("192.0.2.1")]).toEqual([0, 0]);
  });

  test("counts no connection for the rate that another rule refuses", () => {
    const rates = new ConnectionRates({ count: 1, interval: 1_000 }, new SimulatedClock());
    const rules = [() => ({ rule: "own", limit: 0, current: 0 })];
    expect(admit(arrival(room, clientOf({ rates, rules }))).refusal?.rule).toBe("own");
    expect(admit(arrival(room, clientOf({ rates }))).refusal).toBeNull();
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
    const counts = new AddressCounts();
    counts.counter("192.0.2.1").take();
    const expected = {
      listener: "smtp",
      peer: { address: "192.0.2.1", port: 40_000 },
      connections: { server: 1, listener: 2, address: 1 },
    };
    admit(arrival({ server: [1, 5], listener: [2, 5] }, clientOf({ counts, rules })));
    const behind = arrival({ server: [1, 5], listener: [2, 5] }, clientOf({ counts, rules }, "192.0.2.1", true));
    const { permit } = admitProxy(behind);
    if (permit) admitClient({ ...behind }, permit);
    expect(asked[0]).toEqual({ ...expected, proxied: false });
    expect(asked[1]).toEqual({ ...expected, proxied: true, connections: { ...expected.connections, address: 2 } });
  });

  test("refuse when one throws, and say so", () => {
    const failures: unknown[] = [];
    const error = new Error("no database");
    const fail = () => {
      throw error;
    };
    const client = clientOf({ rules: [() => null, fail], ruleFailed: (reason) => failures.push(reason) });
    expect(admit(arrival(room, client)).refusal?.rule).toBe("rule-failed");
    expect(failures).toEqual([error]);
  });
});
