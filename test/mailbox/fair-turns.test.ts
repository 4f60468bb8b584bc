import { expect, test } from "vitest";
import { FairTurns, type Turn } from "../../src/mailbox/database/fair-turns.ts";

/** Computes for so long, and rests where it is to. */
async function compute(turn: Turn, milliseconds: number, done: () => void): Promise<void> {
  for (let spent = 0; spent < milliseconds; spent++) {
    const rest = turn.rest();
    if (rest) await rest;
    for (const end = performance.now() + 1; performance.now() < end; );
  }
  done();
}

test("A short task does not wait for long ones, and one session does not have more for asking more.", async () => {
  const turns = new FairTurns();
  const done: string[] = [];
  const task = (owner: number | null, milliseconds: number, name: string) =>
    turns.run(owner, (turn) => compute(turn, milliseconds, () => done.push(name)));
  const long = [task(1, 60, "long"), task(1, 60, "long, too"), task(2, 60, "another's")];
  await new Promise((resolve) => setTimeout(resolve, 15));
  await task(3, 2, "short");
  await task(null, 2, "on its own");
  expect(done).toEqual(["short", "on its own"]);
  await Promise.all(long);
  expect(done[2]).toBe("another's");
});

test("What is no task comes between two turns.", async () => {
  const turns = new FairTurns();
  let iterations = 0;
  let counting = true;
  const count = (): void => {
    iterations++;
    if (counting) setImmediate(count);
  };
  count();
  await Promise.all([1, 2, 3, 4, 5].map((owner) => turns.run(owner, (turn) => compute(turn, 40, () => {}))));
  counting = false;
  expect(iterations).toBeGreaterThan(15);
});

test("A task that fails, or knows its result while a part of it rests, lets the others go on.", async () => {
  const turns = new FairTurns();
  let rested: Promise<void> | null = null;
  const early = turns.run(1, async (turn) => {
    for (const end = performance.now() + 15; performance.now() < end; );
    rested = turn.rest();
    return "early";
  });
  const failing = turns.run(2, async () => Promise.reject(new Error("failed")));
  const other = turns.run(3, async () => "other");
  expect(await early).toBe("early");
  await rested;
  await expect(failing).rejects.toThrow("failed");
  expect(await other).toBe("other");
});
