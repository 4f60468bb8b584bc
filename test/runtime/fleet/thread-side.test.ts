import { MessageChannel } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import type { AddressAnswer, AskedAddress } from "../../../src/runtime/admission/addresses-elsewhere.ts";
import type { Counter } from "../../../src/runtime/admission/slots.ts";
import { ThreadClients } from "../../../src/runtime/fleet/thread-clients.ts";
import { ThreadSide } from "../../../src/runtime/fleet/thread-side.ts";
import { leaseMemory, SharedLeases } from "../../../src/runtime/shared/shared-leases.ts";
import { TestClock } from "../../../src/testing/index.ts";

/** Both sides, whose main thread lets each address of "smtp" have two connections. */
function bothSides() {
  const { port1, port2 } = new MessageChannel();
  const inside = new Map<string, number>();
  const failed: string[] = [];
  const enter = (key: string): Counter => {
    inside.set(key, (inside.get(key) ?? 0) + 1);
    const giveBack = (): void => void inside.set(key, (inside.get(key) ?? 0) - 1);
    return { tryTake: () => true, giveBack, settle: () => {} };
  };
  const ask = async ({ key, cap }: AskedAddress): Promise<AddressAnswer> => {
    const current = inside.get(key) ?? 0;
    if (cap !== null && current >= cap) return { exhausted: "address-cap", limit: cap, current };
    return { exhausted: null, counter: cap === null ? null : enter(key) };
  };
  new ThreadClients(port1, {
    addressesOf: (listener) =>
      listener === "smtp"
        ? { ask, counter: enter, rates: () => Promise.reject(new Error("The thread has its own.")) as never }
        : null,
    failed: (address) => failed.push(address),
  });
  const clock = new TestClock();
  const thread = new ThreadSide({ port: port2, leases: new SharedLeases(leaseMemory(), clock), clock });
  onTestFinished(() => port2.close());
  return { thread, inside, failed, end: () => port2.close() };
}

const asked = { key: "192.0.2.1", cap: 2, rate: null };
const nobodyGone = (): AbortSignal => new AbortController().signal;

it("counts the clients of a thread where all are counted, until they are gone", async () => {
  const { thread, inside } = bothSides();
  const smtp = thread.addresses("smtp");
  const answers = await Promise.all([1, 2, 3].map(() => smtp.ask(asked, nobodyGone())));
  expect(answers.map(({ exhausted }) => exhausted)).toEqual([null, null, "address-cap"]);
  expect(answers[2]).toMatchObject({ limit: 2, current: 2 });
  const before = smtp.counter("192.0.2.2");
  await expect.poll(() => inside.get("192.0.2.2")).toBe(1);
  before.giveBack();
  const [first] = answers;
  if (first?.exhausted === null) first.counter?.giveBack();
  await expect.poll(() => [...inside.values()]).toEqual([1, 0]);
  expect(await thread.addresses("gone").ask(asked, nobodyGone())).toEqual({ exhausted: null, counter: null });
});

it("counts nobody who is gone before the answer", async () => {
  const { thread, inside } = bothSides();
  const gone = new AbortController();
  const answer = thread.addresses("smtp").ask(asked, gone.signal);
  gone.abort();
  expect(await answer).toEqual({ exhausted: null, counter: null });
  await expect.poll(() => inside.get("192.0.2.1")).toBe(0);
});

it("counts nobody of a thread that has ended", async () => {
  const { thread, inside, end } = bothSides();
  await thread.addresses("smtp").ask(asked, nobodyGone());
  thread.addresses("smtp").counter("192.0.2.2");
  await expect.poll(() => [...inside.values()]).toEqual([1, 1]);
  end();
  await expect.poll(() => [...inside.values()]).toEqual([0, 0]);
});

it("tells of failed log-ins, which the memory of all threads has", async () => {
  const { thread, failed } = bothSides();
  const memory = { size: 3, find: () => null, entries: () => [], change: () => {} };
  const telling = thread.failures(memory);
  expect(telling.size).toBe(3);
  telling.tell?.("192.0.2.1");
  await expect.poll(() => failed).toEqual(["192.0.2.1"]);
});
