import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { NEVER } from "rxjs";
import { expect, it } from "vitest";
import type { ListenerSettings } from "../../../src/config/index.ts";
import { addressCountsMemory, SharedAddressCounts } from "../../../src/runtime/admission/shared-address-counts.ts";
import { ratesMemory, SharedRates } from "../../../src/runtime/admission/shared-rates.ts";
import { SharedSlots } from "../../../src/runtime/admission/shared-slots.ts";
import { followHoldReasons } from "../../../src/runtime/listener/hold-reasons.ts";
import { type CounterMemory, counterMemory, SharedCounters } from "../../../src/runtime/shared/shared-counters.ts";
import { SharedTable, tableMemory } from "../../../src/runtime/shared/shared-table.ts";
import { threadsClock } from "../../../src/runtime/shared/threads-clock.ts";

it("gives back exactly what a dead thread had taken", () => {
  const memory = counterMemory();
  const [mine, dead] = [new SharedCounters(memory, 1), new SharedCounters(memory, 2)];
  mine.setLimit(5, 10);
  for (let taken = 0; taken < 4; taken++) mine.tryTake(5);
  for (let taken = 0; taken < 6; taken++) dead.tryTake(5);
  expect(mine.tryTake(5)).toBe(false);
  expect(mine.giveBackAllOf(2)).toBe(6);
  expect([mine.taken(5), mine.takenBy(1, 5), mine.takenBy(2, 5)]).toEqual([4, 4, 0]);
});

/** Four threads that take and give back. @returns the most that any of them has seen taken */
async function mostTaken(memory: CounterMemory): Promise<number> {
  const file = new URL("./take-and-give-back.ts", import.meta.url);
  const outcomes = await Promise.all(
    [1, 2, 3, 4].map(
      (thread) =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(file, { workerData: { memory, thread } });
          worker.on("message", resolve);
          worker.on("error", reject);
        }),
    ),
  );
  return Math.max(...outcomes);
}

it("never counts beyond the cap while four threads take and give back, and ends where it began", async () => {
  const memory = counterMemory();
  const own = new SharedCounters(memory, 0);
  own.setLimit(1, 7);
  expect(await mostTaken(memory)).toBeLessThanOrEqual(7);
  expect(own.taken(1)).toBe(0);
});

it("has nothing taken of what is set aside meanwhile, from the very moment on in which nobody has it", async () => {
  const memory = counterMemory();
  const own = new SharedCounters(memory, 0);
  own.setLimit(1, 7);
  let rounds = 0;
  let going = true;
  const lending = (async () => {
    for (; going; rounds++) {
      own.setAside(1, 5);
      // Those who have some keep it; from then on there are never more.
      let before = own.taken(1);
      for (let look = 0; look < 200; look++) {
        const taken = own.taken(1);
        expect(taken).toBeLessThanOrEqual(Math.max(2, before));
        before = taken;
      }
      own.setAside(1, 0);
      await new Promise(setImmediate);
    }
  })();
  expect(await mostTaken(memory)).toBeLessThanOrEqual(12);
  going = false;
  await lending;
  expect(rounds).toBeGreaterThan(0);
  expect(own.taken(1)).toBe(0);
});

it("is emptied when nobody has any of it, whatever is set aside", async () => {
  const memory = counterMemory();
  const [own, other] = [new SharedCounters(memory, 0), new SharedCounters(memory, 1)];
  own.setLimit(1, 7);
  own.setAside(1, 5);
  expect([other.tryTake(1), other.tryTake(1), other.tryTake(1)]).toEqual([true, true, false]);
  const emptied = new SharedSlots(own, 1).emptied();
  other.giveBack(1);
  other.giveBack(1);
  await emptied;
  expect([own.taken(1), own.left(1)]).toEqual([0, 2]);
});

it("hands over rates to another process, and keeps what has come there since", () => {
  const clock = { ...threadsClock, now: () => time };
  const rate = { count: 3, interval: 100 };
  const rates = () => new SharedRates(rate, { memory: ratesMemory(rate), thread: 0, clock });
  let time = 1_000;
  const [older, newer] = [rates(), rates()];
  for (const ann of [true, true, true, true, false]) {
    time += 10;
    older.note(ann ? "ann" : "bob");
  }
  const packed = older.pack();
  expect(packed).toEqual([
    ["ann", [40, 30, 20]],
    ["bob", [0]],
  ]);
  time = 50_000;
  newer.note("bob");
  newer.unpack(packed);
  expect([newer.exhausted("ann"), newer.recent("ann"), newer.recent("bob")]).toEqual([true, 3, 2]);
  time += 60;
  expect(newer.note("ann")).toBe(true);
  expect(newer.exhausted("ann")).toBe(true);
});

it("wakes who waits for a slot, however late the other thread gives it back", async () => {
  const memory = counterMemory();
  const [mine, other] = [new SharedCounters(memory, 1), new SharedCounters(memory, 2)];
  const slots = new SharedSlots(mine, 3);
  slots.limit = 1;
  other.tryTake(3);
  const heard: string[] = [];
  const freed = new Promise<void>((resolve) => {
    const end = slots.observe({
      full: () => void heard.push("full"),
      free: () => {
        heard.push("free");
        end();
        resolve();
      },
    });
  });
  other.giveBack(3);
  await freed;
  expect(heard).toEqual(["full", "free"]);
  await slots.emptied();
});

/** Another thread takes the slot as soon as it is free, and gives it back before this one looks again. */
function snatched() {
  const memory = counterMemory();
  const [mine, other] = [new SharedCounters(memory, 1), new SharedCounters(memory, 2)];
  const slots = new SharedSlots(mine, 3);
  slots.limit = 1;
  other.tryTake(3);
  let times = 3;
  slots.observe({
    full: () => {},
    free: () => {
      if (times-- <= 0) return;
      other.tryTake(3);
      queueMicrotask(() => other.giveBack(3));
    },
  });
  return { slots, begin: () => other.giveBack(3) };
}

it("wakes who was too late for a slot when it is free again, though nobody saw it taken", async () => {
  const { slots, begin } = snatched();
  const taken = new Promise<void>((resolve) => {
    slots.observe({ full: () => {}, free: () => slots.tryTake() && resolve() });
  });
  begin();
  await taken;
  expect(slots.taken).toBe(1);
});

it("lets a listener that holds go on when a slot is free again, though nobody saw it taken", async () => {
  const { slots, begin } = snatched();
  const settings = { atCapacity: "hold", ignoreServerCap: true } as ListenerSettings;
  const said: string[] = [];
  const following = followHoldReasons({ settings, counters: [slots], pressure$: NEVER }, ({ type }) => said.push(type));
  begin();
  await expect.poll(() => [slots.full, said.at(-1)], { timeout: 5_000 }).toEqual([false, "capacity.freed"]);
  following.unsubscribe();
});

it("is a map of rows by text, like one in the memory of one thread", () => {
  const key = fc.constantFrom("a", "b", "192.0.2.1", "2001:db8:1:2::/64", "x".repeat(70), "");
  const step = fc.record({ kind: fc.constantFrom("add", "remove", "look"), key });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new SharedTable(tableMemory({ rows: 16, width: 1 }), 1);
      const map = new Map<string, number>();
      for (const each of steps) {
        if (each.kind === "remove") {
          map.delete(each.key);
          table.alone(() => table.remove(each.key));
        } else if (each.kind === "add") {
          map.set(each.key, (map.get(each.key) ?? 0) + 1);
          table.alone(() => {
            const row = table.make(each.key, 1);
            row[0] = (row[0] ?? 0) + 1;
          });
        }
        expect(table.alone(() => table.find(each.key)?.[0])).toBe(map.get(each.key));
        expect(table.size).toBe(map.size);
      }
    }),
  );
});

it("counts no address beyond its cap, and gives back a dead thread's part of each", () => {
  const memory = addressCountsMemory();
  const [mine, dead] = [new SharedAddressCounts(memory, 1), new SharedAddressCounts(memory, 2)];
  expect([1, 2, 3].map(() => dead.counter("192.0.2.1", 3).tryTake())).toEqual([true, true, true]);
  expect(mine.counter("192.0.2.1", 3).tryTake()).toBe(false);
  expect(mine.counter("192.0.2.2", 3).tryTake()).toBe(true);
  mine.giveBackAllOf(2);
  expect([mine.of("192.0.2.1"), mine.of("192.0.2.2"), mine.size]).toEqual([0, 1, 1]);
  mine.counter("192.0.2.2", 3).giveBack();
  expect(mine.size).toBe(0);
});
