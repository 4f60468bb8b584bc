import { expect, test } from "vitest";
import { Breather } from "../../../src/runtime/time/breather.ts";

const pieces = Array.from({ length: 20 }, (_, index) => index);

/** Busy for so many milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** The most pieces of work that were done while others waited for their turn. @param done how many are done */
async function mostInOneTurn(long: Promise<unknown>, done: () => number): Promise<number> {
  let most = done();
  let before = done();
  let next = setImmediate(function turn() {
    most = Math.max(most, done() - before);
    before = done();
    next = setImmediate(turn);
  });
  await long;
  clearImmediate(next);
  return Math.max(most, done() - before);
}

test("long work is done in its order, and others have turns in between", async () => {
  const done: number[] = [];
  const long = new Breather().forEach(pieces, (piece) => {
    work(6);
    done.push(piece);
  });
  // The second piece begins within the share of 10 milliseconds, the third does not.
  expect(await mostInOneTurn(long, () => done.length)).toBeLessThanOrEqual(2);
  expect(done).toEqual(pieces);
});

test("one breather's share of a turn is the same for all that it does in it", async () => {
  const breather = new Breather();
  let done = 0;
  const long = async (): Promise<void> => {
    for (const piece of pieces) {
      await breather.forEach([piece], () => {
        work(6);
        done += 1;
      });
    }
  };
  expect(await mostInOneTurn(long(), () => done)).toBeLessThanOrEqual(2);
  expect(done).toBe(pieces.length);
});

test("work that goes on in promises counts as its turn's", async () => {
  let done = 0;
  const long = new Breather().beginEach(pieces, () => {
    void Promise.resolve().then(() => {
      work(6);
      done += 1;
    });
  });
  expect(await mostInOneTurn(long, () => done)).toBeLessThanOrEqual(3);
  expect(done).toBe(pieces.length);
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
