import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import {
  drainedAtOnce,
  longestDrainSpread,
  mostDrainedInATurn,
  spreadDrain,
} from "../../../src/runtime/listener/drain-spread.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { causes } from "../ends.ts";
import { rawClient } from "../raw-client.ts";

function crowd(size: number) {
  const clock = new SimulatedClock();
  const told = new Map<number, number>();
  const connections = Array.from({ length: size }, (_, index) => ({
    drain: () => {
      expect(told.has(index)).toBe(false);
      told.set(index, clock.now());
    },
  }));
  const spread = (drainTimeout = 30_000) => spreadDrain(connections, { clock, drainTimeout });
  const pass = (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed++) clock.increment(1);
  };
  return { clock, told, spread, pass };
}

describe("a drain of many connections", () => {
  test.each([0, 1, drainedAtOnce])("tells %i of them at once, and leaves no timer", (size) => {
    const { told, spread } = crowd(size);
    spread();
    expect(told.size).toBe(size);
  });

  test("tells a handful at once and one more in each millisecond", () => {
    const { told, spread, pass } = crowd(116);
    spread();
    expect(told.size).toBe(drainedAtOnce);
    pass(50);
    expect(told.size).toBe(drainedAtOnce + 50);
    pass(50);
    expect(told.size).toBe(116);
  });

  test("takes no longer than a second, however many there are", () => {
    const { told, spread, pass } = crowd(8_000);
    spread();
    pass(longestDrainSpread / 2);
    expect(told.size).toBeGreaterThan(3_900);
    expect(told.size).toBeLessThan(4_100);
    pass(longestDrainSpread / 2);
    expect(told.size).toBe(8_000);
    const times = [...told.values()];
    const largest = Math.max(...Object.values(Object.groupBy(times, String)).map((together) => together?.length ?? 0));
    expect(largest).toBeLessThan(100);
  });

  test("drains no more of them in a turn when many are late, and leaves turns to others", () => {
    const { clock, told, spread } = crowd(8_000);
    spread();
    let before = told.size;
    clock.increment(longestDrainSpread);
    for (let turn = 0; turn < 100; turn++) {
      expect(told.size - before).toBeLessThanOrEqual(mostDrainedInATurn);
      before = told.size;
      clock.increment(0);
    }
    expect(told.size).toBe(8_000);
  });

  test("takes no longer than a tenth of drainTimeout", () => {
    const { told, spread, pass } = crowd(600);
    spread(500);
    pass(50);
    expect(told.size).toBe(600);
  });

  test("goes by the time that has passed when timers come late", () => {
    const { clock, told, spread } = crowd(1_016);
    spread();
    clock.increment(990);
    // Turns in which no time passes.
    for (let turn = 0; turn < 10; turn++) clock.increment(0);
    expect(told.size).toBeGreaterThan(1_000);
  });

  test("tells nobody any more once it is ended", () => {
    const { told, spread, pass } = crowd(100);
    spread()();
    pass(longestDrainSpread);
    expect(told.size).toBe(drainedAtOnce);
  });
});

describe("a server that stops with many sessions", () => {
  async function crowdedHouse(size: number) {
    const clock = new SimulatedClock();
    const house = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }], { backend: {}, clock });
    const clients = await Promise.all(Array.from({ length: size }, () => rawClient(house.port("smtp"))));
    await Promise.all(clients.map((client) => client.until("220 ")));
    const draining = () => house.events.filter(({ type }) => type === "connection.draining").length;
    return { house, clock, clients, draining };
  }

  test("says 421 to a handful of them at once, and to the others one after another", async () => {
    const { house, clock, clients, draining } = await crowdedHouse(drainedAtOnce + 40);
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    expect(draining()).toBe(drainedAtOnce);
    clock.increment(20);
    expect(draining()).toBe(drainedAtOnce + 20);
    clock.increment(20);
    for (const client of clients) {
      expect(await client.until("421 4.3.2 ")).toContain("421 4.3.2 ");
      client.socket.end();
    }
    await stopped;
    expect(new Set(causes(house.events))).toEqual(new Set(["drained"]));
  });

  test("ends those that have not been told yet, too, when it does not wait any more", async () => {
    const { house, clients } = await crowdedHouse(drainedAtOnce + 40);
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    const again = house.gatehouse.stop({ wait: false });
    for (const client of clients) {
      expect(await client.end).toBe("fin");
      client.socket.end();
    }
    await Promise.all([stopped, again]);
    expect(causes(house.events).filter((cause) => cause === "stopped").length).toBeGreaterThanOrEqual(40);
  });
});
