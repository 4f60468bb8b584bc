import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type Actor,
  type AnyEventObject,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  enqueueActions,
  fromCallback,
  sendTo,
  spawnChild,
  stopChild,
} from "xstate";
import { type CompiledMachine, CompileError, compile } from "../../src/charts/compile.ts";
import { lifecycleLogic } from "../../src/charts/lifecycle-logic.ts";
import {
  type ConnectionContext,
  type ConnectionEvent,
  type ConnectionState,
  connectionMachine,
  EffectNotProvided,
  type LifecycleMode,
  listenerMachine,
  serverMachine,
} from "../../src/machines/index.ts";
import { imapMachine } from "../../src/protocols/imap/machine.ts";
import { manageSieveMachine } from "../../src/protocols/manage-sieve/machine.ts";
import { pop3Machine } from "../../src/protocols/pop3/machine.ts";
import { smtpMachine } from "../../src/protocols/smtp/machine.ts";
import { expectEqual, type Move, notices, runtimeNotices, walk } from "./agreement.ts";
import { WatchedClock } from "./watched-clock.ts";

const settings = {
  tlsImplicit: false,
  asyncAdmission: false,
  proxyTimeout: 5_000,
  admissionTimeout: 10_000,
  tlsTimeout: 60_000,
  drainTimeout: 30_000,
  closeTimeout: 2_000,
};
const beginning: ConnectionContext = { settings, cause: null, drainRequested: false };
const effects = {
  forgetDialogue: () => {},
  forgetTransaction: () => {},
  giveBack: () => {},
  sayShuttingDown: () => {},
};

/** Enough to walk on from every state; the counters in a context know no end. */
const maxSnapshots = 150;

const charts = [
  { name: "connection", machine: connectionMachine as AnyStateMachine, input: beginning },
  { name: "IMAP session", machine: imapMachine as AnyStateMachine, input: { effects } },
  { name: "POP3 session", machine: pop3Machine as AnyStateMachine, input: { effects } },
  { name: "ManageSieve session", machine: manageSieveMachine as AnyStateMachine, input: { effects } },
  { name: "SMTP session", machine: smtpMachine as AnyStateMachine, input: { effects } },
];

describe.each(charts)("the table of the $name chart", ({ machine, input }) => {
  const events = namedEvents(machine);

  it("takes the chart's transitions from every state, at every event, whatever the guards answer", () => {
    const names = Object.keys(machine.implementations.guards);
    let answers = 0;
    const guards = Object.fromEntries(names.map((name, bit) => [name, () => (answers & (1 << bit)) > 0]));
    const outcomes = Array.from({ length: 1 << names.length }, (_, each) => () => {
      answers = each;
    });
    const { compared, reached } = walk(machine.provide({ guards }), { input, events, outcomes, maxSnapshots });
    const states = Object.keys(machine.states);
    expect(new Set(reached.map(({ value }) => value))).toEqual(new Set(states));
    expect(compared).toBeGreaterThan(states.length * events.length * outcomes.length);
  });

  it("takes the chart's transitions with the chart's own guards", () => {
    walk(machine, { input, events, outcomes: [() => {}], maxSnapshots });
  });

  it("lives the life of the chart, watched or not: effects, timers, subscribers and inspectors notice no difference", () => {
    const calls: unknown[] = [];
    const noted = Object.entries(machine.implementations.actions)
      .filter(([, action]) => !isAssign(action))
      .map(([name]) => [
        name,
        ({ context, event }: { context: unknown; event: unknown }, params: unknown) => {
          calls.push([name, context, event, params]);
        },
      ]);
    const provided = machine.provide({ actions: Object.fromEntries(noted) });
    const compiled = compile(provided);
    const move: fc.Arbitrary<Move> = fc.oneof(
      { weight: 4, arbitrary: fc.record({ send: fc.constantFrom(...events) }) },
      { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(1, 2_000, 30_000, 60_000) }) },
    );
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 15 }), (moves) => {
        expectEqual(notices(compiled, { input, moves, calls }), notices(provided, { input, moves, calls }));
      }),
      { numRuns: 200 },
    );
    const logic = lifecycleLogic(provided);
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 15 }), fc.boolean(), (moves, watched) => {
        const life = (mode: LifecycleMode) => runtimeNotices(logic, { mode, watched, input, moves, calls, events });
        expectEqual(life("compiled"), life("interpreted"));
      }),
      { numRuns: 400 },
    );
  });
});

function namedEvents(machine: AnyStateMachine): AnyEventObject[] {
  const types = machine.events.map(String).filter((type) => !type.startsWith("xstate."));
  const events = [...types, "nobody.knows"].map((type) => ({ type, cause: "quit", proxied: true }));
  return [...events, { type: "connection.admitted", cause: "peer-reset", proxied: false }];
}

function isAssign(action: unknown): boolean {
  return typeof action === "function" && "type" in action && action.type === "xstate.assign";
}

describe("a chart outside the lifecycle subset", () => {
  const child = fromCallback(() => {});
  const within = (state: object) => createMachine({ id: "chart", initial: "a", states: { a: state } } as never);
  const leaf = { initial: "b", states: { b: {} } };

  it.each([
    ["invoke", "starting", serverMachine],
    ["invoke", "binding.addresses", listenerMachine],
    ["invoke", "", createMachine({ id: "chart", invoke: { src: child } })],
    ["parallel state", "a", within({ type: "parallel", states: { b: {} } })],
    ["history state", "a.b", within({ initial: "c", states: { b: { type: "history" }, c: {} } })],
    ["state nested deeper than one level", "a.b.b", within({ initial: "b", states: { b: leaf } })],
    ["spawnChild", "a", within({ entry: spawnChild(child) })],
    ["stopChild", "a", within({ on: { E: { actions: stopChild("c") } } })],
    ["enqueueActions", "a", within({ exit: enqueueActions(() => {}) })],
  ])("is refused for %s in the state %j", (feature, path, machine) => {
    const refused = new CompileError((machine as AnyStateMachine).id, { feature: feature as "invoke", path });
    expect(() => compile(machine as AnyStateMachine)).toThrow(refused);
    expect(refused).toMatchObject({ code: "outside-lifecycle-subset", feature, path });
    expect(refused.message).toContain(feature);
    expect(refused.message).toContain(path);
  });

  it("ends its actor with that error when it spawns within an assignment", async () => {
    const machine = within({ on: { E: { actions: assign({ ref: ({ spawn }) => spawn(child) }) } } });
    const actor = createActor(compile(machine));
    const failed = new Promise((resolve) => actor.subscribe({ error: resolve }));
    actor.start();
    actor.send({ type: "E" });
    expect(await failed).toMatchObject({ code: "outside-lifecycle-subset", feature: "spawn", path: "a" });
  });
});

describe("a compiled machine", () => {
  it("has the machine's types under createActor", () => {
    const compiled = compile(connectionMachine);
    const actor = createActor(compiled, { input: beginning });
    expectTypeOf(actor).toEqualTypeOf<Actor<CompiledMachine<typeof connectionMachine>>>();
    expectTypeOf(actor.send).parameter(0).toEqualTypeOf<ConnectionEvent>();
    expectTypeOf(actor.getSnapshot().value).toEqualTypeOf<ConnectionState>();
    // @ts-expect-error The machine's input is required.
    createActor(compiled);
    expect(compiled.config).toBe(connectionMachine.config);
    expect(actor.getSnapshot().machine).toBe(connectionMachine);
  });

  it("goes on from a persisted snapshot, its own or the chart's", () => {
    const machine = connectionMachine.provide({ actions: { openSession: () => {}, drainSession: () => {} } });
    const before = createActor(machine, { input: beginning }).start();
    before.send({ type: "connection.admitted", proxied: false });
    const interpreted = before.getPersistedSnapshot();
    const actor = createActor(compile(machine), { input: beginning, snapshot: interpreted }).start();
    expect(actor.getPersistedSnapshot()).toEqual(interpreted);
    actor.send({ type: "connection.drain" });
    expect(actor.getSnapshot().value).toBe("draining");
    before.stop();
    actor.stop();
  });

  const timed = (entry: () => void, clock: WatchedClock) => {
    const waiting = { entry, after: { 10: "late" }, on: { fail: { actions: fail } } };
    const machine = createMachine({
      initial: "idle",
      states: { idle: { on: { wait: "waiting" } }, waiting, late: {} },
    });
    return createActor(compile(machine), { clock });
  };

  it("leaves no timer running when it is stopped or fails", async () => {
    const clock = new WatchedClock();
    const stopped = timed(() => {}, clock).start();
    stopped.send({ type: "wait" });
    expect(clock.running).toEqual([10]);
    stopped.stop();
    expect(clock.running).toEqual([]);

    const failing = timed(() => {}, clock);
    const failed = new Promise((resolve) => failing.subscribe({ error: resolve }));
    failing.start();
    failing.send({ type: "wait" });
    expect(clock.running).toEqual([10]);
    failing.send({ type: "fail" });
    expect(clock.running).toEqual([]);
    expect(await failed).toMatchObject({ message: "as asked" });
  });

  it("leaves no timer running when it fails on its way into the initial state", async () => {
    const clock = new WatchedClock();
    const machine = createMachine({
      initial: "waiting",
      states: {
        waiting: { after: { 10: "late" }, initial: "failing", states: { failing: { entry: fail } } },
        late: {},
      },
    });
    const actor = createActor(compile(machine), { clock });
    const failed = new Promise((resolve) => actor.subscribe({ error: resolve }));
    actor.start();
    expect(await failed).toMatchObject({ message: "as asked" });
    expect(clock.running).toEqual([]);
  });

  it("does not skip a guard that nobody provided", async () => {
    const machine = createMachine({ id: "chart", on: { E: { guard: "missing", actions: [] } } });
    const actor = createActor(compile(machine));
    const failed = new Promise<Error>((resolve) => actor.subscribe({ error: (error) => resolve(error as Error) }));
    actor.start();
    actor.send({ type: "E" });
    expect((await failed).cause).toBeInstanceOf(EffectNotProvided);
  });

  it("sends to another actor, as seen from its own new state", () => {
    const seen: unknown[] = [];
    const peer = createActor(
      createMachine({ on: { "*": { actions: ({ event }) => seen.push(event.type, actor.getSnapshot().value) } } }),
    ).start();
    const machine = createMachine({
      initial: "a",
      states: { a: { on: { E: { target: "b", actions: sendTo(() => peer, { type: "told" }) } } }, b: {} },
    });
    const actor = createActor(compile(machine)).start();
    actor.send({ type: "E" });
    expect(seen).toEqual(["told", "b"]);
  });
});

function fail(): never {
  throw new Error("as asked");
}
