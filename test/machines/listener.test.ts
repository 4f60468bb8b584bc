import { describe, expect, test } from "vitest";
import { createActor, fromCallback, fromPromise, SimulatedClock, waitFor } from "xstate";
import { type ListenerEvent, listenerMachine } from "../../src/machines/index.ts";

const timeouts = { drainTimeout: 30_000, refusalTimeout: 1_000 };

interface Work {
  readonly bindSockets?: () => Promise<void>;
  readonly openSockets?: () => Promise<void>;
  readonly pauseSockets?: () => Promise<void>;
  readonly refuseQueued?: () => Promise<void>;
  readonly findsDescriptors?: () => boolean;
}

function listener(work: Work = {}) {
  const effects: string[] = [];
  const clock = new SimulatedClock();
  const note = (name: string) => () => void effects.push(name);
  const carry = (name: keyof Work, run: () => Promise<void> = async () => {}) =>
    fromPromise<void>(async () => {
      effects.push(name);
      await run();
    });
  const actor = createActor(
    listenerMachine.provide({
      actors: {
        bindSockets: carry("bindSockets", work.bindSockets),
        openSockets: carry("openSockets", work.openSockets),
        pauseSockets: carry("pauseSockets", work.pauseSockets),
        refuseQueued: carry("refuseQueued", work.refuseQueued),
        drainConnections: fromCallback(() => {
          effects.push("drainConnections");
          return note("drainConnections ended");
        }),
      },
      guards: {
        findsDescriptors: () => work.findsDescriptors?.() ?? true,
        foundNoDescriptor: ({ event }) => "error" in event && String(event.error).includes("EMFILE"),
      },
      actions: {
        closeSockets: note("closeSockets"),
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
    await reach({ paused: "held" });
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
    expect(effects.at(-1)).toBe("drainConnections ended");
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
    await reach({ paused: "held" });
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

describe("the pause of a listener", () => {
  const pausedBy = ({ actor }: Awaited<ReturnType<typeof listening>>) => actor.getSnapshot().context.pausedBy;

  test("is not lost, nor is its end, when both come while the sockets are being paused", async () => {
    const paused = Promise.withResolvers<void>();
    const { effects, reach, send } = await listening({ pauseSockets: () => paused.promise });
    send("listener.suspend");
    send("listener.resume");
    await reach({ paused: "pausing" });
    paused.resolve();
    await reach("listening");
    expect(effects.slice(2)).toEqual(["pauseSockets", "openSockets"]);
  });

  test("begins again when a reason comes while the sockets are being opened", async () => {
    const openings = [Promise.resolve(), new Promise<void>(() => {}), Promise.resolve()];
    const house = await listening({ openSockets: () => openings.shift() ?? Promise.resolve() });
    house.send("capacity.reached");
    await house.reach({ paused: "held" });
    house.send("capacity.freed");
    await house.reach({ paused: "resuming" });
    house.send("capacity.reached");
    await house.reach({ paused: "held" });
    expect(house.effects.slice(2)).toEqual(["pauseSockets", "openSockets", "pauseSockets"]);
    house.send("capacity.freed");
    await house.reach("listening");
  });

  test.each([
    ["listener.resume", "capacity.freed"],
    ["capacity.freed", "listener.resume"],
  ] as const)("ends only when no reason is left: %s, then %s", async (first, second) => {
    const house = await listening();
    house.send("capacity.reached");
    house.send("listener.suspend");
    await house.reach({ paused: "held" });
    expect(pausedBy(house)).toEqual(["at-capacity", "suspended"]);
    house.send(first);
    expect(house.actor.getSnapshot().value).toEqual({ paused: "held" });
    house.send(second);
    await house.reach("listening");
    expect(house.effects.slice(2)).toEqual(["pauseSockets", "openSockets"]);
  });

  test("for want of descriptors looks for them after 100 ms, then after twice as long each time, up to 5 s", async () => {
    const looks: number[] = [];
    let found = false;
    const house = await listening({
      findsDescriptors: () => {
        looks.push(house.clock.now());
        return found;
      },
    });
    house.send("descriptors.exhausted");
    await house.reach({ paused: "held" });
    for (let passed = 0; passed < 16_300; passed += 100) house.clock.increment(100);
    expect(looks).toEqual([100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300]);
    found = true;
    house.clock.increment(5_000);
    await house.reach("listening");

    found = false;
    house.send("descriptors.exhausted");
    house.clock.increment(99);
    expect(looks).toHaveLength(9);
    house.clock.increment(1);
    expect(looks).toHaveLength(10);
  });

  test("goes on when the sockets cannot be opened for want of descriptors", async () => {
    const errors = [null, new Error("EMFILE"), null];
    const house = await listening({
      openSockets: async () => {
        const error = errors.shift();
        if (error) throw error;
      },
    });
    house.send("listener.suspend");
    await house.reach({ paused: "held" });
    house.send("listener.resume");
    await waitFor(house.actor, ({ context }) => context.pausedBy.includes("no-descriptors"));
    await house.reach({ paused: "held" });
    house.clock.increment(100);
    await house.reach("listening");
  });

  test("begins before the listener has listened, when the others have taken every slot meanwhile", async () => {
    const { reach, send } = listener({ openSockets: never });
    await reach({ binding: "bound" });
    send("listener.listen");
    send("capacity.reached");
    await reach({ paused: "held" });
  });

  test("for pressure begins and ends while it listens, beside other reasons", async () => {
    const house = await listening();
    house.send("pressure.began");
    house.send("capacity.reached");
    await house.reach({ paused: "held" });
    expect(pausedBy(house)).toEqual(["under-pressure", "at-capacity"]);
    house.send("capacity.freed");
    expect(house.actor.getSnapshot().value).toEqual({ paused: "held" });
    house.send("pressure.ended");
    await house.reach("listening");
  });

  test.each([
    ["capacity.reached", "capacity.freed"],
    ["pressure.began", "pressure.ended"],
  ] as const)(
    "that is due since before the listener was bound (%s) begins once its sockets are open",
    async (began, ended) => {
      const house = listener();
      house.send(began);
      await house.reach({ binding: "bound" });
      house.send("listener.listen");
      await house.reach({ paused: "held" });
      expect(house.effects).toEqual(["bindSockets", "openSockets", "pauseSockets"]);
      house.send(ended);
      await house.reach("listening");
    },
  );

  test("that was due and no longer is when the sockets open does not begin", async () => {
    const house = listener();
    house.send("pressure.began");
    await house.reach({ binding: "bound" });
    house.send("pressure.ended");
    house.send("listener.listen");
    await house.reach("listening");
    expect(house.effects).toEqual(["bindSockets", "openSockets"]);
  });
});
