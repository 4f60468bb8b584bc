import { expect, test } from "vitest";
import { Breather } from "../../../src/runtime/time/breather.ts";

const pieces = Array.from({ length: 20 }, (_, index) => index);

/** Busy for so many milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** How often others had a turn meanwhile. */
async function turnsDuring(long: Promise<unknown>): Promise<number> {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  await long.catch(() => {});
  clearImmediate(next);
  return turns;
}

test("long work is done in its order, and others have turns in between", async () => {
  const done: number[] = [];
  const long = new Breather().forEach(pieces, (piece) => {
    work(6);
    done.push(piece);
  });
  expect(await turnsDuring(long)).toBeGreaterThanOrEqual(9);
  expect(done).toEqual(pieces);
});

test("one breather's share of a turn is the same for all that it does in it", async () => {
  const breather = new Breather();
  const long = async (): Promise<void> => {
    for (const piece of pieces) await breather.forEach([piece], () => work(6));
  };
  expect(await turnsDuring(long())).toBeGreaterThanOrEqual(9);
});

test("short work is done in the turn that it is asked for", async () => {
  const done: number[] = [];
  const short = new Breather().forEach([1, 2, 3], (piece) => void done.push(piece));
  expect(done).toEqual([1, 2, 3]);
  await short;
});

test("what is begun little by little is waited for, and every error is told", async () => {
  const failed = new Breather().settle(pieces, async (piece) => {
    work(2);
    if (piece % 7 === 0) throw new Error(String(piece));
  });
  await expect(failed).rejects.toMatchObject({ errors: [{ message: "0" }, { message: "7" }, { message: "14" }] });
});
