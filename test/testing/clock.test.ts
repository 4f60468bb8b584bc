import { expect, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { TestClock } from "../../src/testing/index.ts";

test("timers go off in the order in which they are due, at their time, those set meanwhile too", () => {
  const clock = new TestClock();
  const gone: [string, number][] = [];
  const note = (name: string) => () => void gone.push([name, clock.now()]);
  clock.setTimeout(note("late"), 30);
  clock.setTimeout(() => {
    note("early")();
    clock.setTimeout(note("between"), 5);
  }, 10);
  clock.setTimeout(note("also early"), 10);
  clock.clearTimeout(clock.setTimeout(note("never"), 20));
  clock.advance(29);
  expect(clock.pending).toEqual([{ due: 30, delay: 30 }]);
  clock.advance(1);
  expect(gone).toEqual([
    ["early", 10],
    ["also early", 10],
    ["between", 15],
    ["late", 30],
  ]);
  expect(clock.pending).toEqual([]);
  expect(() => clock.advance(-1)).toThrow(RangeError);
});

test("an actor's time-outs go by it, to the millisecond", () => {
  const clock = new TestClock();
  const machine = createMachine({ initial: "a", states: { a: { after: { 1000: "b" } }, b: {} } });
  const actor = createActor(machine, { clock }).start();
  clock.advance(999);
  expect(actor.getSnapshot().value).toBe("a");
  clock.advance(1);
  expect(actor.getSnapshot().value).toBe("b");
});

test("when much time passes at once, what is periodic happens once, at its end", () => {
  const clock = new TestClock();
  const gone: [string, number][] = [];
  const again = (): void => {
    gone.push(["again", clock.now()]);
    clock.setTimeout(again, 10);
  };
  const dropped = clock.setTimeout(() => void gone.push(["dropped", clock.now()]), 990);
  clock.setTimeout(() => void gone.push(["late", clock.now()]), 1_001);
  clock.setTimeout(() => clock.clearTimeout(dropped), 980);
  clock.setTimeout(again, 10);
  clock.leap(1_000);
  expect(gone).toEqual([["again", 1_000]]);
  clock.advance(1);
  expect(gone.at(-1)).toEqual(["late", 1_001]);
  expect(() => clock.leap(-1)).toThrow(RangeError);
});
