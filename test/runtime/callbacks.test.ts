/**
 * Everything of an embedder's that Gatehouse calls, when it throws, rejects, throws what is no error, or answers with what
 * is no answer: it is reported, and nobody else is affected. An error that nobody catches fails the whole run of the tests.
 */
import { map, Observable, of, type Subscription } from "rxjs";
import { describe, expect, test } from "vitest";
import {
  defineProtocol,
  type Gatehouse,
  type GatehouseOptions,
  type Protocol,
  type SessionDefinition,
} from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { gone, rawClient } from "./raw-client.ts";

const bare = Object.create(null);

/** Ways to fail, for callbacks whose answers count. */
const failures: Readonly<Record<string, () => never>> = {
  "throws an error": () => {
    throw new Error("broken");
  },
  "throws null": () => {
    throw null;
  },
  "throws an object without a prototype": () => {
    throw bare;
  },
  rejects: (async () => {
    throw new Error("broken");
  }) as never,
};
const nonsense: Readonly<Record<string, () => never>> = {
  "answers with null": (() => null) as never,
  "answers with a number": (() => 7) as never,
  "answers with an object": (() => ({})) as never,
  "answers with a promise": (async () => {}) as never,
};
const everything = { ...failures, ...nonsense };

const talk = { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"] };
const talking = (definition: Partial<SessionDefinition> = {}): Protocol =>
  defineProtocol({
    name: "talk",
    open: (wire) => ({
      greet: () => void wire.write("hello\r\n"),
      receive: (chunk) => void wire.write(chunk),
      ...definition,
    }),
  });

function serve(options: Partial<GatehouseOptions>, fields: object = {}): Promise<RunningGatehouse> {
  return runGatehouse([{ ...talk, ...fields }], { protocols: [talking()], ...options });
}

/** Somebody else is served. */
async function expectService(house: RunningGatehouse): Promise<void> {
  const client = await rawClient(house.port("talk"));
  client.socket.write("still here");
  await client.until("still here");
  await gone(client);
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const warnings = (house: RunningGatehouse, code: string) =>
  house.events.filter((event) => event.type === "server.warning" && event.code === code);

describe.each(Object.entries(failures))("a callback nobody waits for that %s", (_what, fail) => {
  const subscriptions: [string, (gatehouse: Gatehouse) => Subscription][] = [
    ["lifecycle$.subscribe", ({ lifecycle$ }) => lifecycle$.subscribe(fail)],
    ["lifecycle$ with an observer", ({ lifecycle$ }) => lifecycle$.subscribe({ next: fail, complete: fail })],
    ["lifecycle$ behind operators", ({ lifecycle$ }) => lifecycle$.pipe(map(({ type }) => type)).subscribe(fail)],
    ["pressure$.subscribe", ({ pressure$ }) => pressure$.subscribe(fail)],
  ];
  test.each(subscriptions)("as a subscriber of %s is reported once", async (_name, subscribe) => {
    const house = await serve({});
    subscribe(house.gatehouse);
    await expectService(house);
    await house.event("connection.closed");
    await turns();
    expect(warnings(house, "callback-failed")).toHaveLength(1);
    await house.gatehouse.stop();
  });

  test.each(["compiled", "interpreted"] as const)(
    "as an inspector of %s charts is reported once",
    async (lifecycle) => {
      const house = await serve({ inspect: fail, lifecycle });
      await expectService(house);
      await house.event("connection.closed");
      await turns();
      expect(warnings(house, "callback-failed").length).toBeLessThanOrEqual(1);
      await house.gatehouse.stop();
      expect(house.gatehouse.state).toBe("stopped");
    },
  );
});

test("an operator of a subscriber that throws ends that subscription alone", async () => {
  const house = await serve({});
  const ended = house.gatehouse.lifecycle$
    .pipe(
      map(() => {
        throw new Error("broken");
      }),
    )
    .subscribe(() => {});
  await expectService(house);
  expect(ended.closed).toBe(true);
  expect(warnings(house, "callback-failed")).toHaveLength(1);
});

test("a logger that throws is reported", async () => {
  const fail = failures["throws an error"];
  const logger = {
    info: fail,
    debug: fail,
    warn: fail,
    error: fail,
    isLevelEnabled: () => true,
    on: () => {},
    off: () => {},
  };
  const house = await serve({ logger: logger as never });
  await expectService(house);
  expect(warnings(house, "callback-failed").length).toBeGreaterThan(0);
});

describe.each(Object.entries(everything))("an admission rule that %s", (what, rule) => {
  test("refuses, says so, and the next one is asked the same", async () => {
    const answered = what === "answers with null";
    const house = await serve({ admission: [rule] });
    if (answered) return expectService(house);
    for (let client = 0; client < 2; client++) {
      const refused = await rawClient(house.port("talk"));
      await refused.end;
    }
    const refusals = house.events.filter(({ type }) => type === "connection.refused");
    expect(refusals).toMatchObject([{ refusal: { rule: "rule-failed" } }, { refusal: { rule: "rule-failed" } }]);
    expect(await house.event("listener.warning")).toMatchObject({ field: "admission" });
  });
});

const verdictTurns = ["greet", "receive", "ended"] as const;
describe.each(verdictTurns)("the turn %s of a session", (turn) => {
  test.each(Object.entries(everything))("that %s ends its connection alone", async (what, fail) => {
    // Null is "go on", as undefined is.
    if (what === "answers with null") return;
    let first = true;
    const broken = defineProtocol({
      name: "talk",
      open: (wire) => {
        const failing = first ? { [turn]: fail } : {};
        first = false;
        return { receive: (chunk) => void wire.write(chunk), ...failing };
      },
    });
    const house = await serve({ protocols: [broken] });
    const client = await rawClient(house.port("talk"));
    if (turn === "receive") client.socket.write("x");
    if (turn === "ended") client.socket.end();
    expect(await client.end).toBe("fin");
    await gone(client);
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["session-failed"]);
    await expectService(house);
    expect(house.events.filter(({ type }) => type === "connection.sessionFailed")).toHaveLength(1);
  });
});

const calls = ["open", "drain", "closed", "stop", "busy"] as const;
describe.each(calls)("%s of a protocol for streams", (call) => {
  test.each(Object.entries(failures))("that %s ends nobody else, and the server stops", async (_what, fail) => {
    const protocol: Protocol = {
      kind: "stream",
      name: "talk",
      startTls: false,
      busy: call === "busy" ? fail : () => "busy\r\n",
      stop: call === "stop" ? fail : () => {},
      open: (stream) => {
        stream.on("data", (chunk) => stream.write(chunk));
        if (call === "open") return fail();
        return { drain: call === "drain" ? fail : () => stream.end(), closed: call === "closed" ? fail : () => {} };
      },
    };
    const house = await serve({ protocols: [protocol] }, { maxConnections: 1 });
    const client = await rawClient(house.port("talk"));
    await house.event("connection.active");
    if (call === "busy") {
      const refused = await rawClient(house.port("talk"));
      await refused.end;
      expect(refused.received()).toBe("");
    }
    const stopped = house.gatehouse.stop();
    await client.end;
    client.socket.end();
    await stopped;
    await turns();
    expect(house.gatehouse.state).toBe("stopped");
    await expectNobodyInside(house);
  });
});

test.each(Object.entries(nonsense))("what a protocol opens that %s is no session", async (_what, open) => {
  const house = await serve({ protocols: [{ kind: "session", name: "talk", startTls: false, busy: () => "", open }] });
  const client = await rawClient(house.port("talk"));
  expect(await client.end).toBe("fin");
  await gone(client);
  await house.event("connection.sessionFailed");
});

test.each(Object.entries(failures))("onBound that %s fails the start, and nothing stays open", async (_what, fail) => {
  await expect(serve({ onBound: fail })).rejects.toThrow(/broken|null|no text/);
});

test.each([
  ["that fails", () => new Observable((to) => to.error(null))],
  [
    "that throws",
    () =>
      new Observable(() => {
        throw bare;
      }),
  ],
  ["of nonsense", () => of(7, null, "text")],
])("a source of documents %s is rejected, and the server goes on", async (_what, source) => {
  const house = await serve({ config$: source() as Observable<never> });
  await house.event("reload.rejected");
  await expectService(house);
});
