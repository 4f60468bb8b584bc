import fc from "fast-check";
import { expect, test } from "vitest";
import { FairQueue, QueueFullError } from "../../../src/mailbox/accounts/fair-queue.ts";

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("No more jobs than allowed run at once, and they start in the order they came.", async () => {
  const queue = new FairQueue({ concurrency: 2, waiting: 10 });
  let running = 0;
  let most = 0;
  const started: number[] = [];
  await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      queue.run(async () => {
        started.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("A job that finds the queue full is refused and never starts.", async () => {
  const queue = new FairQueue({ concurrency: 1, waiting: 1 });
  const { opened, open } = gate();
  const first = queue.run(() => opened);
  const second = queue.run(async () => "second");
  let started = false;
  const third = queue.run(async () => {
    started = true;
  });
  await expect(third).rejects.toBeInstanceOf(QueueFullError);
  open();
  await first;
  expect(await second).toBe("second");
  expect(started).toBe(false);
});

test("A job that fails gives its place to the next.", async () => {
  const queue = new FairQueue({ concurrency: 1, waiting: 5 });
  const failing = queue.run(() => Promise.reject(new Error("no")));
  const next = queue.run(async () => "next");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});

/** Lets jobs start one by one; each notes its name. */
function oneByOne(waiting: number) {
  const queue = new FairQueue({ concurrency: 1, waiting });
  const started: string[] = [];
  const { opened, open } = gate();
  const busy = queue.run(() => opened);
  const bring = (name: string, line: string, signal?: AbortSignal) =>
    queue
      .run(async () => void started.push(name), { line, ...(signal && { signal }) })
      .then(
        () => "done",
        (error: Error) => error.name,
      );
  return { started, bring, open, busy };
}

test("Lines take turns, whoever has the longest.", async () => {
  const { started, bring, open } = oneByOne(100);
  const jobs = [..."1234"].map((name) => bring(`a${name}`, "a"));
  jobs.push(bring("b1", "b"), bring("c1", "c"), bring("b2", "b"));
  open();
  await Promise.all(jobs);
  expect(started).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
});

test("When it is full the longest line loses its last job, and who has the longest is refused.", async () => {
  const { started, bring, open } = oneByOne(3);
  const long = ["a1", "a2", "a3", "a4"].map((name) => bring(name, "a"));
  const short = ["b1", "b2"].map((name) => bring(name, "b"));
  open();
  expect(await Promise.all(long)).toEqual(["done", "done", "QueueFullError", "QueueFullError"]);
  expect(await Promise.all(short)).toEqual(["done", "QueueFullError"]);
  expect(started).toEqual(["a1", "b1", "a2"]);
});

test("A job that is aborted gives its place up, and one that has started goes on.", async () => {
  const { started, bring, open, busy } = oneByOne(2);
  const gone = new AbortController();
  const aborted = bring("aborted", "a", gone.signal);
  const kept = bring("kept", "a");
  gone.abort();
  expect(await aborted).toBe("AbortError");
  const late = bring("late", "a", gone.signal);
  const another = bring("another", "b");
  open();
  expect([await late, await kept, await another]).toEqual(["AbortError", "done", "done"]);
  expect(started).toEqual(["kept", "another"]);
  await busy;
});

test("For any crowd, nobody waits for more than one job of each other line before each of its own.", async () => {
  const job = fc.record({ line: fc.constantFrom("a", "b", "c", "d"), gone: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 40 }), async (jobs) => {
      const { started, bring, open } = oneByOne(100);
      const outcomes = jobs.map(({ line, gone }) => {
        const abort = new AbortController();
        const outcome = bring(line, line, abort.signal);
        if (gone) abort.abort();
        return outcome;
      });
      open();
      const kept = jobs.filter(({ gone }) => !gone).length;
      expect((await Promise.all(outcomes)).filter((outcome) => outcome === "done")).toHaveLength(kept);
      expect(started).toHaveLength(kept);
      // Between two jobs of a line, each other line has at most one.
      for (const line of "abcd") {
        const places = started.flatMap((one, at) => (one === line ? [at] : []));
        places.forEach((place, index) => {
          const between = started.slice((places[index - 1] ?? -1) + 1, place);
          for (const other of "abcd") expect(between.filter((one) => one === other).length).toBeLessThanOrEqual(1);
        });
      }
    }),
  );
});
