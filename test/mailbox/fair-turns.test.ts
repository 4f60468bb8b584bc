import { setImmediate as immediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { FairTurns, type Turn } from "../../src/mailbox/database/fair-turns.ts";

/** Time passes only where something is computed, whatever else the machine has to do. */
class ComputedTime {
  now = 0;
  readonly turns = new FairTurns(() => this.now);

  /** Computes for so long, and rests where it is to. */
  async compute(turn: Turn, milliseconds: number): Promise<void> {
    for (let spent = 0; spent < milliseconds; spent++) {
      const rest = turn.rest();
      if (rest) await rest;
      this.now += 1;
    }
  }
}

test("A short task does not wait for long ones, and one session does not have more for asking more.", async () => {
  const time = new ComputedTime();
  const done: string[] = [];
  const task = (owner: number | null, milliseconds: number, name: string) =>
    time.turns.run(owner, async (turn) => {
      await time.compute(turn, milliseconds);
      done.push(name);
    });
  const long = [task(1, 60, "long"), task(1, 60, "long, too"), task(2, 60, "another's")];
  while (time.now < 15) await immediate();
  await task(3, 2, "short");
  await task(null, 2, "on its own");
  expect(done).toEqual(["short", "on its own"]);
  await Promise.all(long);
  expect(done[2]).toBe("another's");
});

test("What is no task comes between two turns.", async () => {
  const time = new ComputedTime();
  let iterations = 0;
  let counting = true;
  const count = (): void => {
    iterations++;
    if (counting) setImmediate(count);
  };
  count();
  await Promise.all([1, 2, 3, 4, 5].map((owner) => time.turns.run(owner, (turn) => time.compute(turn, 40))));
  counting = false;
  expect(iterations).toBeGreaterThan(15);
});

test("A task that fails, or knows its result while a part of it rests, lets the others go on.", async () => {
  const time = new ComputedTime();
  let rested: Promise<void> | null = null;
  const early = time.turns.run(1, async (turn) => {
    time.now += 15;
    rested = turn.rest();
    return "early";
  });
  const failing = time.turns.run(2, async () => Promise.reject(new Error("failed")));
  const other = time.turns.run(3, async () => "other");
  expect(await early).toBe("early");
  await rested;
  await expect(failing).rejects.toThrow("failed");
  expect(await other).toBe("other");
});
