import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Alarm, actorClock, clearAlarm, setAlarm } from "../../../src/runtime/time/alarms.ts";
import { systemClock } from "../../../src/runtime/time/clock.ts";
import { TestClock } from "../../../src/testing/clock.ts";

/** Tells when it has gone off. */
class TestAlarm implements Alarm {
  due = 0;
  place: unknown;
  readonly wentOff: Promise<number>;
  readonly #told: (() => void) | undefined;
  #resolve: (time: number) => void = () => {};

  constructor(told?: () => void) {
    this.#told = told;
    this.wentOff = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  goOff(): void {
    this.#resolve(systemClock.now());
    this.#told?.();
  }
}

const inMilliseconds = (milliseconds: number) => Math.ceil(systemClock.now() + milliseconds);

describe("alarms of the system's clock", () => {
  it("go off in the order in which they are due, never early, and not when they were cleared", async () => {
    const order: number[] = [];
    const early: number[] = [];
    const alarms = Array.from({ length: 300 }, (_, number) => {
      const alarm: TestAlarm = new TestAlarm(() => {
        order.push(alarm.due);
        if (systemClock.now() < alarm.due) early.push(number);
      });
      // Each number below 61 comes up about as often, in no order.
      setAlarm(systemClock, alarm, inMilliseconds((number * 37) % 61));
      return alarm;
    });
    const kept = alarms.filter((alarm, number) => {
      if (number % 3 !== 0) return true;
      clearAlarm(systemClock, alarm);
      return false;
    });
    const dues = kept.map(({ due }) => due).sort((one, other) => one - other);
    await Promise.all(kept.map(({ wentOff }) => wentOff));
    expect(order).toEqual(dues);
    expect(early).toEqual([]);
    expect(alarms.every(({ place }) => place === undefined)).toBe(true);
  });

  it("can be set again by what goes off, and earlier than all others", async () => {
    const late = new TestAlarm();
    setAlarm(systemClock, late, inMilliseconds(60_000));
    const second = new TestAlarm();
    const first = new TestAlarm(() => setAlarm(systemClock, second, inMilliseconds(2)));
    setAlarm(systemClock, first, inMilliseconds(1));
    await first.wentOff;
    expect(await second.wentOff).toBeGreaterThanOrEqual(second.due);
    expect(late.place).toBe(0);
    clearAlarm(systemClock, late);
    clearAlarm(systemClock, late);
    expect(late.place).toBeUndefined();
  });

  it("go off in nobody's context", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen = await new Promise<string | undefined>((resolve) => {
      const alarm = new TestAlarm(() => resolve(context.getStore()));
      context.run("who set it", () => setAlarm(systemClock, alarm, inMilliseconds(1)));
    });
    expect(seen).toBeUndefined();
  });

  it("go off although another one threw", async () => {
    const { stdout } = await runs(`
      process.on("uncaughtException", ({ message }) => console.log(message));
      set(5, () => { throw new Error("thrown"); });
      set(6, () => console.log("went off"));
    `);
    expect(stdout).toBe("thrown\nwent off\n");
  });

  it("go off at once when they are overdue, which Node is not told as a time in the past", async () => {
    const { stdout, stderr } = await runs(`
      set(-50, () => console.log("went off"));
      set(3, () => { const end = Date.now() + 20; while (Date.now() < end); set(-5, () => console.log("so did this")); });
    `);
    expect({ stdout, stderr }).toEqual({ stdout: "went off\nso did this\n", stderr: "" });
  });

  it("keep the process alive for as long as one is set", async () => {
    const { stdout } = await runs(`
      clearAlarm(systemClock, set(600_000, () => console.log("cleared")));
      set(20, () => console.log("waited for"));
      clearAlarm(systemClock, set(600_000, () => console.log("cleared")));
    `);
    expect(stdout).toBe("waited for\n");
  });
});

describe("the clock of the actors of many connections", () => {
  it("has timers that are alarms, and can be cleared", async () => {
    const clock = actorClock(systemClock);
    const began = systemClock.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cleared = clock.setTimeout(() => expect.unreachable("It was cleared."), 1);
    clock.setTimeout(resolve, 5);
    clock.clearTimeout(cleared);
    clock.clearTimeout(cleared);
    clock.clearTimeout(undefined);
    await promise;
    expect(systemClock.now() - began).toBeGreaterThanOrEqual(5);
  });

  it("is another one's own, which is to see each timer", () => {
    const clock = new TestClock();
    expect(actorClock(clock)).toBe(clock);
  });
});

it("an alarm of another clock is a timer of that clock", () => {
  const clock = new TestClock();
  let count = 0;
  const alarm = new TestAlarm(() => count++);
  setAlarm(clock, alarm, 50);
  expect(clock.pending).toEqual([{ due: 50, delay: 50 }]);
  clock.advance(50);
  expect(count).toBe(1);
  setAlarm(clock, alarm, 80);
  clearAlarm(clock, alarm);
  expect(clock.pending).toEqual([]);
});

/** Runs a script in a process of its own until it ends by itself. */
function runs(script: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const from = (path: string) => JSON.stringify(new URL(`../../../src/runtime/time/${path}`, import.meta.url).href);
  const prelude = `
    import { clearAlarm, setAlarm } from ${from("alarms.ts")};
    import { systemClock } from ${from("clock.ts")};
    const set = (milliseconds, goOff) => {
      const alarm = { due: 0, place: undefined, goOff };
      setAlarm(systemClock, alarm, Math.ceil(systemClock.now() + milliseconds));
      return alarm;
    };`;
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", prelude + script], {
    timeout: 100_000,
  });
}
