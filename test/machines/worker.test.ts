import { expect, it } from "vitest";
import { type Actor, createActor, fromPromise, SimulatedClock } from "xstate";
import { serverMachine } from "../../src/machines/server.ts";
import { type WorkerEvent, workerMachine } from "../../src/machines/worker.ts";

/** A worker whose threads start when the test says so, and what it did. */
function newWorker() {
  const clock = new SimulatedClock();
  const did: string[] = [];
  let starting = Promise.withResolvers<void>();
  const draining = Promise.withResolvers<void>();
  const does = (name: string) => () => void did.push(name);
  const actor: Actor<typeof workerMachine> = createActor(
    workerMachine.provide({
      actors: {
        startThread: fromPromise(() => {
          did.push("startThread");
          starting = Promise.withResolvers<void>();
          return starting.promise;
        }),
        openThread: fromPromise(async () => {}),
        drainThread: fromPromise(() => draining.promise),
      },
      actions: {
        giveBack: does("giveBack"),
        reportLost: does("reportLost"),
        reportFailed: does("reportFailed"),
        endThread: does("endThread"),
      },
    }),
    { clock },
  );
  actor.start();
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    actor,
    clock,
    did,
    state: () => actor.getSnapshot().value,
    started: async () => {
      starting.resolve();
      await settled();
    },
    notStarted: async () => {
      starting.reject(new Error("The file has a mistake."));
      await settled();
    },
    drained: async () => {
      draining.resolve();
      await settled();
    },
    send: (type: WorkerEvent["type"]) => actor.send({ type, error: new Error("lost") } as WorkerEvent),
  };
}

it("replaces a thread that is lost, once what it had taken is given back, after a wait that doubles", async () => {
  const worker = newWorker();
  await worker.started();
  expect(worker.state()).toBe("running");
  for (const wait of [100, 200, 400, 800, 1_600, 3_200, 5_000]) {
    worker.did.length = 0;
    worker.send("thread.lost");
    expect([worker.state(), worker.did]).toEqual(["replaced", ["endThread", "giveBack", "reportLost"]]);
    worker.clock.increment(wait - 1);
    expect(worker.state()).toBe("replaced");
    worker.clock.increment(1);
    expect([worker.state(), worker.did.at(-1)]).toEqual(["starting", "startThread"]);
    await worker.started();
  }
  worker.send("thread.lost");
  expect([worker.state(), worker.did.at(-1)]).toEqual(["failed", "reportFailed"]);
});

it("makes up for lost threads by one that runs for half a minute", async () => {
  const worker = newWorker();
  await worker.notStarted();
  expect(worker.actor.getSnapshot().context).toMatchObject({
    losses: 1,
    error: { message: "The file has a mistake." },
  });
  worker.clock.increment(100);
  await worker.started();
  worker.clock.increment(30_000);
  expect(worker.actor.getSnapshot().context.losses).toBe(0);
});

it("lets the sessions finish in a drain, and gives back what is left, however the thread ends", async () => {
  const drained = newWorker();
  await drained.started();
  drained.send("worker.drain");
  expect([drained.state(), drained.did]).toEqual(["draining", ["startThread"]]);
  await drained.drained();
  expect([drained.state(), drained.did.at(-1)]).toEqual(["ended", "giveBack"]);

  const lost = newWorker();
  await lost.started();
  lost.send("worker.drain");
  lost.send("thread.lost");
  expect([lost.state(), lost.did.at(-1)]).toEqual(["ended", "giveBack"]);

  const stopped = newWorker();
  await stopped.started();
  stopped.send("worker.drain");
  stopped.send("worker.stop");
  expect([stopped.state(), stopped.did.slice(-2)]).toEqual(["ended", ["endThread", "giveBack"]]);
});

it("ends from every other state, without another thread", () => {
  for (const end of ["worker.drain", "worker.stop"] as const) {
    const starting = newWorker();
    starting.send(end);
    expect([starting.state(), starting.did]).toEqual(["ended", ["startThread", "endThread", "giveBack"]]);
    const replaced = newWorker();
    replaced.send("thread.lost");
    replaced.send(end);
    replaced.clock.increment(60_000);
    expect([replaced.state(), replaced.did.filter((what) => what === "startThread")]).toEqual([
      "ended",
      ["startThread"],
    ]);
  }
});

it("makes the server fail loudly when it fails", async () => {
  const error = new Error("eight threads were lost");
  const did: string[] = [];
  const machine = serverMachine.provide({
    actors: { startListeners: fromPromise(async () => {}) },
    actions: { stopListeners: () => void did.push("stopListeners"), releaseResources: () => {} },
  });
  const server = createActor(machine).start();
  await new Promise((resolve) => setImmediate(resolve));
  server.send({ type: "workers.failed", error });
  expect(server.getSnapshot()).toMatchObject({ value: "failed", context: { error } });
  expect(did).toEqual(["stopListeners"]);
});
