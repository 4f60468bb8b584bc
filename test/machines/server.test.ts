import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { serverMachine } from "../../src/machines/index.ts";

interface Work {
  readonly startListeners?: () => Promise<void>;
  readonly drainListeners?: () => Promise<void>;
  readonly releaseFoundation?: () => Promise<void>;
}

const done = async () => {};

function server({ startListeners = done, drainListeners = done, releaseFoundation = done }: Work = {}) {
  const effects: string[] = [];
  const clock = new SimulatedClock();
  const actor = createActor(
    serverMachine.provide({
      actors: {
        startListeners: fromPromise(startListeners),
        drainListeners: fromPromise(drainListeners),
        releaseFoundation: fromPromise(releaseFoundation),
      },
      actions: {
        stopListeners: () => void effects.push("stopListeners"),
        releaseResources: () => void effects.push("releaseResources"),
        reportLeftBehind: () => void effects.push("reportLeftBehind"),
      },
    }),
    { clock },
  ).start();
  return { actor, clock, effects, reach: (state: string) => waitFor(actor, ({ value }) => value === state) };
}

const never = () => new Promise<void>(() => {});

describe("the server's chart", () => {
  test("runs when every listener listens, and stops when the last has drained", async () => {
    const { actor, effects, reach } = server();
    await reach("running");
    actor.send({ type: "server.drain" });
    await reach("stopped");
    expect(effects).toEqual(["releaseResources"]);
  });

  test("a second signal stops the listeners without waiting", async () => {
    const { actor, effects, reach } = server({ drainListeners: never });
    await reach("running");
    actor.send({ type: "server.drain" });
    expect(effects).toEqual([]);
    actor.send({ type: "server.stop" });
    expect(effects).toEqual(["stopListeners"]);
    expect(actor.getSnapshot().value).toBe("draining");
  });

  test("a start that fails leaves nothing running, and keeps the error", async () => {
    const error = new Error("no port is free");
    const { actor, effects, reach } = server({ startListeners: () => Promise.reject(error) });
    await reach("failed");
    expect(actor.getSnapshot().context.error).toBe(error);
    expect(effects).toEqual(["stopListeners", "releaseResources"]);
  });

  test("a stop during the start drains whatever has started", async () => {
    const { actor, effects, reach } = server({ startListeners: never });
    actor.send({ type: "server.stop" });
    await reach("stopped");
    expect(effects).toEqual(["stopListeners", "releaseResources"]);
  });

  test("what does not let go in time is left behind, and told of", async () => {
    const { actor, clock, effects, reach } = server({ releaseFoundation: never });
    await reach("running");
    actor.send({ type: "server.drain" });
    await reach("releasing");
    clock.increment(4_999);
    expect(actor.getSnapshot().value).toBe("releasing");
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe("stopped");
    expect(effects).toEqual(["reportLeftBehind", "releaseResources"]);
  });
});
