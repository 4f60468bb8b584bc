/** What waits in a worker for a main thread that is slow to take it. */
import { expect, test } from "vitest";
import type { PresentedActor, PresentedEvent } from "../../src/inspect/index.ts";
import { BatchQueue, mostWaiting } from "../../src/inspect/threads/batch-queue.ts";
import type { CarriedBatch } from "../../src/inspect/threads/carried-batch.ts";

function actor(id: string): PresentedActor {
  const snapshot = { status: "active", value: "on", output: undefined, error: undefined } as const;
  return {
    ...{ sessionId: id, id, _parent: undefined, logic: { config: { id: "chart" } }, chart: "chart", own: true },
    ...{ late: false, connection: { id, listener: "talk" }, worker: null },
    getSnapshot: () => snapshot,
    send: () => {},
  };
}

const facts = (actorRef: PresentedActor) => ({ rootId: actorRef.sessionId, actorRef, at: 1 });
const begin = (of: PresentedActor): PresentedEvent => ({ ...facts(of), type: "@xstate.actor" });
const step = (of: PresentedActor, status: "active" | "done" = "active"): PresentedEvent => ({
  ...{ ...facts(of), type: "@xstate.snapshot", event: { type: "go" } },
  snapshot: { ...of.getSnapshot(), status } as never,
});

test("keeps a bounded number for a main thread that does not take them, says what is missing, and loses no actor", () => {
  const sent: CarriedBatch[] = [];
  const queue = new BatchQueue((batch) => sent.push(batch));
  const [busy, other] = [actor("busy"), actor("other")];
  queue.add(begin(busy));
  queue.flush();
  // The first is under way, and is not taken.
  for (let count = 0; count < mostWaiting + 50; count += 1) queue.add(step(busy));
  expect(queue.isFull).toBe(true);
  queue.add(begin(other));
  queue.add(step(other));
  queue.add(step(other, "done"));
  queue.flush();
  expect(sent).toHaveLength(1);
  queue.taken();
  expect(sent).toHaveLength(2);
  expect(queue.isFull).toBe(false);
  const { events = [] } = sent[1] ?? {};
  expect(events).toHaveLength(mostWaiting + 2);
  expect(events.slice(-2)).toMatchObject([
    { type: "actor", session: "other" },
    { type: "snapshot", session: "other", dropped: 1, snapshot: { status: "done" } },
  ]);
  queue.taken();
  queue.add(step(busy));
  queue.flush();
  expect(sent[2]?.events).toMatchObject([{ session: "busy", dropped: 50 }]);
});

test("a chart's definition is sent once", () => {
  const sent: CarriedBatch[] = [];
  const queue = new BatchQueue((batch) => sent.push(batch));
  const one = actor("one");
  for (const each of [one, { ...one, sessionId: "two" }]) {
    queue.add(begin(each));
    queue.flush();
    queue.taken();
  }
  expect(sent.map(({ definitions }) => [...definitions.values()])).toEqual([[{ id: "chart" }], []]);
});
