import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { type ListenerEvent, listenerMachine } from "../../src/machines/index.ts";

const timeouts = { drainTimeout: 30_000, refusalTimeout: 1_000 };

interface Work {
  readonly bindSockets?: () => Promise<void>;
  readonly openSockets?: () => Promise<void>;
  readonly refuseQueued?: () => Promise<void>;
}

function listener(work: Work = {}) {
  const effects: string[] = [];
  const clock = new SimulatedClock();
  const note = (name: string) => () => void effects.push(name);
  const carry = (name: keyof Work | "pauseSockets", run: () => Promise<void> = async () => {}) =>
    fromPromise<void>(async () => {
      effects.push(name);
      await run();
    });
  const actor = createActor(
    listenerMachine.provide({
      actors: {
        bindSockets: carry("bindSockets", work.bindSockets),
        openSockets: carry("openSockets", work.openSockets),
        pauseSockets: carry("pauseSockets"),
        refuseQueued: carry("refuseQueued", work.refuseQueued),
      },
      actions: {
        closeSockets: note("closeSockets"),
        drainConnections: note("drainConnections"),
        awaitConnections: note("awaitConnections"),
        expireConnections: note("expireConnections"),
        stopConnections: note("stopConnections"),
      },
    }),
    { input: timeouts, clock },
  ).start();
  return {
    actor,
    clock,
    effects,
    send: (type: ListenerEvent["type"]) => actor.send({ type }),
    reach: (state: Parameters<ReturnType<typeof actor.getSnapshot>["matches"]>[0]) =>
      waitFor(actor, (snapshot) => snapshot.matches(state)),
  };
}

async function listening(work: Work = {}) {
  const made = listener(work);
  await made.reach({ binding: "bound" });
  made.send("listener.listen");
  await made.reach("listening");
  return made;
}

const never = () => new Promise<void>(() => {});

describe("the listener's chart", () => {
  test("binds first, and listens when it is told to", async () => {
    const { effects, reach } = listener();
    await reach({ binding: "bound" });
    expect(effects).toEqual(["bindSockets"]);
  });

  test("suspends and resumes", async () => {
    const { effects, reach, send } = await listening();
    send("listener.suspend");
    await reach({ paused: "suspended" });
    send("listener.resume");
    await reach("listening");
    expect(effects).toEqual(["bindSockets", "openSockets", "pauseSockets", "openSockets"]);
  });

  test("drains its connections, refuses whom the kernel has queued, and only then closes its sockets", async () => {
    const { effects, reach, send } = await listening();
    send("listener.drain");
    await reach({ draining: "waiting" });
    expect(effects.slice(2)).toEqual(["drainConnections", "refuseQueued", "closeSockets", "awaitConnections"]);
    send("connections.none");
    await reach("closed");
  });

  test("does not end while it refuses, though its last connection has closed", async () => {
    const { actor, clock, send } = await listening({ refuseQueued: never });
    send("listener.drain");
    send("connections.none");
    expect(actor.getSnapshot().value).toEqual({ draining: "refusing" });
    clock.increment(timeouts.refusalTimeout - 1);
    expect(actor.getSnapshot().value).toEqual({ draining: "refusing" });
    clock.increment(1);
    expect(actor.getSnapshot().value).toEqual({ draining: "waiting" });
  });

  test("tells its connections when drainTimeout has passed, counted from the drain", async () => {
    const { clock, effects, send } = await listening({ refuseQueued: never });
    send("listener.drain");
    clock.increment(timeouts.drainTimeout - 1);
    expect(effects).not.toContain("expireConnections");
    clock.increment(1);
    expect(effects.filter((name) => name === "expireConnections")).toHaveLength(1);
  });

  test("ends its connections at once when it is stopped, in mid-drain too", async () => {
    const { effects, reach, send } = await listening();
    send("listener.drain");
    await reach({ draining: "waiting" });
    send("listener.stop");
    expect(effects.at(-1)).toBe("stopConnections");
  });

  test("drains while it is paused", async () => {
    const { reach, send } = await listening();
    send("listener.suspend");
    await reach({ paused: "suspended" });
    send("listener.drain");
    await reach({ draining: "waiting" });
  });

  test.each([
    ["bind", { bindSockets: () => Promise.reject(new Error("EADDRINUSE")) }],
    ["listen", { openSockets: () => Promise.reject(new Error("EADDRINUSE")) }],
  ] as [string, Work][])("fails when it cannot %s, with the error, and leaves nothing open", async (_, work) => {
    const { actor, effects, send, reach } = listener(work);
    if (work.openSockets) {
      await reach({ binding: "bound" });
      send("listener.listen");
    }
    await reach("failed");
    expect(actor.getSnapshot().context.error).toMatchObject({ message: "EADDRINUSE" });
    expect(effects.slice(-2)).toEqual(["closeSockets", "stopConnections"]);
  });

  test("closes at once when it is stopped before it listened", async () => {
    const { actor, effects, send } = listener({ bindSockets: never });
    send("listener.stop");
    expect(actor.getSnapshot().value).toBe("closed");
    expect(effects.at(-1)).toBe("closeSockets");
  });
});
