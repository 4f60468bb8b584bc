import { expect, test } from "vitest";
import { BoundedQueue, QueueFullError } from "../../../src/mailbox/accounts/bounded-queue.ts";

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("No more jobs than allowed run at once, and they start in the order they came.", async () => {
  const queue = new BoundedQueue({ concurrency: 2, waiting: 10 });
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
  const queue = new BoundedQueue({ concurrency: 1, waiting: 1 });
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
  const queue = new BoundedQueue({ concurrency: 1, waiting: 5 });
  const failing = queue.run(() => Promise.reject(new Error("no")));
  const next = queue.run(async () => "next");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});
