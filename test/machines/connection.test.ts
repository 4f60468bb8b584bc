import { describe, expect, test } from "vitest";
import { createActor, SimulatedClock, toPromise } from "xstate";
import {
  type ConnectionEvent,
  connectionMachine,
  EffectNotProvided,
  type EndCause,
  endCauses,
} from "../../src/machines/index.ts";
import { beginning, everyPath, play, settings, silentMachine } from "./connection-paths.ts";

const entryOfClosed = ["destroySocket", "closeSession", "returnSlot", "reportClosed"];
const admitted: ConnectionEvent = { type: "connection.admitted", proxied: false };
const implicit = { ...settings, tlsImplicit: true };

describe.each([
  ["in clear", { tlsImplicit: false, asyncAdmission: false }],
  ["under implicit TLS", { tlsImplicit: true, asyncAdmission: false }],
  ["with rules that ask elsewhere", { tlsImplicit: true, asyncAdmission: true }],
])("every path through the chart %s", (_, { tlsImplicit, asyncAdmission }) => {
  const input = { ...settings, tlsImplicit, asyncAdmission };
  const runs = everyPath(input).map((sequence) => ({ sequence, run: play(sequence, input) }));
  const ended = runs.filter(({ run }) => run.last.value === "closed");

  test("visits every state that can be reached, and ends in closed from each of them", () => {
    const missing = [...(tlsImplicit ? [] : ["handshaking"]), ...(asyncAdmission ? [] : ["admitting"])];
    const states = Object.keys(connectionMachine.states).filter((state) => !missing.includes(state));
    expect(new Set(runs.map(({ run }) => run.last.value))).toEqual(new Set(states));
    const beforeTheEnd = new Set(ended.map(({ run }) => run.snapshots.at(-2)?.value));
    expect(beforeTheEnd).toEqual(new Set(states.filter((state) => state !== "closed")));
  });

  test("runs the four effects of the end once each, in order, and only at the end", () => {
    for (const { sequence, run } of runs) {
      const last = run.effects.filter((name) => entryOfClosed.includes(name));
      expect(last, JSON.stringify(sequence)).toEqual(run.last.value === "closed" ? entryOfClosed : []);
      if (run.last.value === "closed") expect(run.effects.slice(-4)).toEqual(entryOfClosed);
    }
  });

  test("ends with a cause that the table has", () => {
    for (const { sequence, run } of ended) {
      expect(Object.keys(endCauses), JSON.stringify(sequence)).toContain(run.last.context.cause);
    }
  });

  test("keeps the first cause", () => {
    for (const { sequence, run } of runs) {
      const causes = run.snapshots.map(({ context }) => context.cause).filter((cause) => cause !== null);
      expect(new Set(causes).size, JSON.stringify(sequence)).toBeLessThanOrEqual(1);
    }
  });

  test("opens at most one session, and none that is not secured under implicit TLS", () => {
    for (const { run } of runs) {
      const opened = run.effects.filter((name) => name === "openSession").length;
      expect(opened).toBeLessThanOrEqual(1);
      if (tlsImplicit && opened)
        expect(run.effects.indexOf("startHandshake")).toBeLessThan(run.effects.indexOf("openSession"));
    }
  });

  test("hears nothing after closed", () => {
    for (const { sequence } of ended.slice(0, 200)) {
      const more = play(
        [...sequence, { type: "socket.failed", cause: "socket-error" }, { type: "connection.stop" }],
        input,
      );
      expect(more.effects.filter((name) => name === "reportClosed")).toHaveLength(1);
    }
  });
});

describe("the cause of an end", () => {
  const upgrade: ConnectionEvent[] = [admitted, { type: "session.upgrade" }];
  const proxied: ConnectionEvent[] = [{ type: "connection.admitted", proxied: true }];
  const passed = (delay: string, state: string) =>
    ({ type: `xstate.after.${delay}.connection.${state}` }) as unknown as ConnectionEvent;

  test.each<[string, ConnectionEvent[], EndCause]>([
    ["a dialogue at its end", [admitted, { type: "session.ended", cause: "quit", finished: false }], "quit"],
    [
      "a dialogue after which both sides part",
      [admitted, { type: "session.ended", cause: "quit", finished: true }],
      "quit",
    ],
    ["a malformed PROXY header", [...proxied, { type: "proxy.rejected" }], "proxy-invalid"],
    ["a late PROXY header", [...proxied, passed("proxyTimeout", "proxyHeader")], "proxy-timeout"],
    ["a refusal after the PROXY header", [...proxied, { type: "connection.refused" }], "over-cap"],
    ["FIN in the PROXY header", [...proxied, { type: "peer.ended" }], "peer-ended"],
    ["a STARTTLS that fails", [...upgrade, { type: "tls.failed" }], "tls-failed"],
    ["a STARTTLS that stalls", [...upgrade, passed("tlsTimeout", "upgrading")], "tls-timeout"],
    ["a stop in mid-handshake", [...upgrade, { type: "connection.stop" }], "stopped"],
    [
      "a drain that the handshake outlasts",
      [...upgrade, { type: "connection.drain" }, { type: "drain.expired" }],
      "drain-timeout",
    ],
    [
      "a session that asks for TLS while it is drained",
      [admitted, { type: "connection.drain" }, { type: "session.upgrade" }],
      "drained",
    ],
    [
      "a session that finds no safe point",
      [admitted, { type: "connection.drain" }, passed("drainTimeout", "draining")],
      "drain-timeout",
    ],
    ["a drain before admission", [{ type: "connection.drain" }], "drained"],
    [
      "a reset while closing",
      [
        admitted,
        { type: "session.ended", cause: "quit", finished: false },
        { type: "socket.failed", cause: "peer-reset" },
      ],
      "quit",
    ],
  ])("of %s", (_, sequence, cause) => {
    expect(play(sequence).last.context.cause).toBe(cause);
  });

  test("a dialogue after which both sides part has nothing to flush and nobody to wait for", () => {
    const finished = play([admitted, { type: "session.ended", cause: "quit", finished: true }]);
    expect(finished.last.value).toBe("closed");
    expect(finished.effects).not.toContain("endSocket");
  });

  test("a drain asked for in mid-handshake drains the session as soon as there is one", () => {
    const drained = play([admitted, { type: "connection.drain" }], implicit);
    expect(drained.last.value).toBe("handshaking");
    const secured = play([admitted, { type: "connection.drain" }, { type: "tls.secured" }], implicit);
    expect(secured.last.value).toBe("draining");
    expect(secured.effects).toEqual(["startHandshake", "openSession", "drainSession"]);
  });
});

interface TimeoutCase {
  readonly state: string;
  readonly sequence: ConnectionEvent[];
  readonly limit: number;
  readonly next: string;
}

test.each<TimeoutCase>([
  {
    state: "proxyHeader",
    sequence: [{ type: "connection.admitted", proxied: true }],
    limit: settings.proxyTimeout,
    next: "closed",
  },
  { state: "upgrading", sequence: [admitted, { type: "session.upgrade" }], limit: settings.tlsTimeout, next: "closed" },
  {
    state: "draining",
    sequence: [admitted, { type: "connection.drain" }],
    limit: settings.drainTimeout,
    next: "closing",
  },
  { state: "closing", sequence: [admitted, { type: "connection.stop" }], limit: settings.closeTimeout, next: "closed" },
])("the time-out of $state is exact to the millisecond", ({ state, sequence, limit, next }) => {
  const clock = new SimulatedClock();
  const actor = createActor(silentMachine(), { input: beginning(settings), clock }).start();
  for (const event of sequence) actor.send(event);
  expect(actor.getSnapshot().value).toBe(state);
  clock.increment(limit - 1);
  expect(actor.getSnapshot().value).toBe(state);
  clock.increment(1);
  expect(actor.getSnapshot().value).toBe(next);
});

test("rules that ask elsewhere are withdrawn whichever way their state is left, and expire by their time-out", () => {
  const asked = { ...settings, asyncAdmission: true };
  const ways: ConnectionEvent[] = [
    { type: "connection.granted" },
    { type: "connection.refused" },
    { type: "peer.ended" },
    { type: "connection.stop" },
    { type: "drain.expired" },
    { type: "socket.failed", cause: "peer-reset" },
  ];
  for (const way of ways) {
    const { effects } = play([admitted, way], asked);
    expect(effects.slice(0, 2), way.type).toEqual(["askRules", "leaveRules"]);
  }
  const late = play(
    [admitted, { type: "xstate.after.admissionTimeout.connection.admitting" } as unknown as ConnectionEvent],
    asked,
  );
  expect(late.effects).toEqual(["askRules", "expireRules"]);
  expect(late.last.value).toBe("admitting");
});

test("an effect that nobody provided throws its name; it is never skipped", async () => {
  const actor = createActor(connectionMachine, { input: beginning(settings) });
  const failure = toPromise(actor).catch((error: unknown) => error);
  actor.subscribe({ error: () => {} });
  actor.start();
  actor.send({ type: "connection.admitted", proxied: false });
  const error = await failure;
  expect(error).toBeInstanceOf(EffectNotProvided);
  expect(error).toMatchObject({ code: "effect-not-provided", message: expect.stringContaining('"openSession"') });
});
