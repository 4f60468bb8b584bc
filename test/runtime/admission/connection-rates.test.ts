import { array, assert, integer, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { addressKey } from "../../../src/protocols/address-key.ts";
import { LoginFailures } from "../../../src/protocols/login-failures.ts";
import { LocalAddressCounts } from "../../../src/runtime/admission/address-counts.ts";
import { LocalConnectionRates, mostAddresses, mostTimes } from "../../../src/runtime/admission/connection-rates.ts";

/** Lets one in if the rate allows. */
function attempt(rates: LocalConnectionRates, key: string): boolean {
  if (rates.exhausted(key)) return false;
  rates.note(key);
  return true;
}

describe("a rate", () => {
  test("lets count in, and the next one when the first is an interval ago, to the millisecond", () => {
    const clock = new SimulatedClock();
    const rates = new LocalConnectionRates({ count: 2, interval: 1_000 }, clock);
    expect(attempt(rates, "a")).toBe(true);
    clock.increment(400);
    expect([attempt(rates, "a"), attempt(rates, "a"), attempt(rates, "b")]).toEqual([true, false, true]);
    clock.increment(599);
    expect(attempt(rates, "a")).toBe(false);
    clock.increment(1);
    expect([attempt(rates, "a"), attempt(rates, "a")]).toEqual([true, false]);
    clock.increment(400);
    expect([attempt(rates, "a"), attempt(rates, "a")]).toEqual([true, false]);
  });

  test("decides every attempt as a log of all those let in would", () => {
    const limits = [integer({ min: 1, max: 4 }), integer({ min: 1, max: 20 })] as const;
    assert(
      property(...limits, array(nat(12), { maxLength: 60 }), (count, interval, pauses) => {
        const clock = new SimulatedClock();
        const rates = new LocalConnectionRates({ count, interval }, clock);
        const letIn: number[] = [];
        for (const pause of pauses) {
          clock.increment(pause);
          const allowed = letIn.filter((time) => clock.now() - time < interval).length < count;
          expect(attempt(rates, "a")).toBe(allowed);
          if (allowed) letIn.push(clock.now());
          expect(rates.times).toBeLessThanOrEqual(count);
        }
      }),
    );
  });

  test("forgets addresses that have been quiet for an interval, without a timer", () => {
    const clock = new SimulatedClock();
    const rates = new LocalConnectionRates({ count: 5, interval: 1_000 }, clock);
    for (let client = 0; client < 100; client++) rates.note(`quiet-${client}`);
    clock.increment(1_000);
    for (let client = 0; client < 50; client++) rates.note("busy");
    expect(rates.size).toBe(1);
    expect(rates.times).toBe(5);
  });

  test("remembers a bounded number of addresses: the one let in least recently gives way", () => {
    const rates = new LocalConnectionRates({ count: 1, interval: 1_000 }, new SimulatedClock());
    for (let client = 0; client < mostAddresses; client++) rates.note(`${client}`);
    expect(rates.exhausted("0")).toBe(true);
    rates.note("one more");
    expect(rates.size).toBe(mostAddresses);
    expect([rates.exhausted("0"), rates.exhausted("1"), rates.exhausted("one more")]).toEqual([false, true, true]);
  });

  test("remembers a bounded number of times", () => {
    const rates = new LocalConnectionRates({ count: mostTimes / 2, interval: 1_000 }, new SimulatedClock());
    for (const key of ["a", "b", "c"]) for (let time = 0; time < mostTimes / 2; time++) rates.note(key);
    expect(rates.times).toBe(mostTimes);
    expect([rates.exhausted("a"), rates.exhausted("b"), rates.exhausted("c")]).toEqual([false, true, true]);
  });
});

test("many more clients than are remembered, as behind a proxy, take bounded memory, and those who came last are known", () => {
  const clock = new SimulatedClock();
  const rates = new LocalConnectionRates({ count: 3, interval: 3_600_000 }, clock);
  const failures = new LoginFailures();
  const counts = new LocalAddressCounts();
  const key = (client: number) =>
    addressKey(`2001:db8:${(client >> 16).toString(16)}:${(client & 0xffff).toString(16)}::1`);
  const last = 150_000;
  for (let client = 0; client < last; client++) {
    const address = key(client);
    rates.note(address);
    const inside = counts.counter(address, null);
    inside.tryTake();
    if (client % 2 === 0) failures.failed(address, client);
    inside.giveBack();
  }
  expect([rates.size, failures.size, counts.size]).toEqual([mostAddresses, mostAddresses, 0]);
  expect(rates.times).toBeLessThanOrEqual(mostTimes);
  rates.note(key(last - 1));
  rates.note(key(last - 1));
  expect([rates.exhausted(key(last - 1)), rates.exhausted(key(0))]).toEqual([true, false]);
});
