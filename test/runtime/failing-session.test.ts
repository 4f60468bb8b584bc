import { expect, test } from "vitest";
import { CONTINUE, close, defineProtocol, type ProtocolDefinition, type SessionProtocol } from "../../src/index.ts";
import { plainSession } from "../plain-session.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { gone, rawClient } from "./raw-client.ts";

/** Says what it gets back, and throws when it gets `!`. */
const brittle: SessionProtocol = {
  kind: "session",
  name: "brittle",
  startTls: false,
  busy: () => "busy\r\n",
  open: (wire) =>
    plainSession({
      state: "talking",
      receive(chunk) {
        if (Buffer.from(chunk).includes("!")) throw new Error("broken");
        wire.write(chunk);
        return CONTINUE;
      },
      ended: () => close("quit"),
    }),
};

test("a session that throws ends alone: the others go on, and new ones come", async () => {
  const house = await runGatehouse([{ name: "brittle", protocol: "brittle", bind: ["127.0.0.1:0"] }], {
    protocols: [brittle],
  });
  const [steady, broken] = [await rawClient(house.port("brittle")), await rawClient(house.port("brittle"))];
  broken.socket.write("!");
  expect(await broken.end).toBe("fin");
  await gone(broken);
  const late = await rawClient(house.port("brittle"));
  for (const client of [steady, late]) {
    client.socket.write("still here");
    await client.until("still here");
  }
  expect(causes(house.events)).toEqual(["session-failed"]);
  for (const client of [steady, late]) client.socket.end();
  await house.event("connection.closed", ({ connection }) => connection.peer.port === late.socket.localPort);
  for (const client of [steady, late]) await gone(client);
  while (house.gatehouse.connections().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await expectNobodyInside(house);
});

/** As programs in JavaScript write them. */
const misshapen: [what: string, definition: object, message: RegExp][] = [
  [
    "open() that is asynchronous, and rejects",
    { open: () => Promise.reject(new Error("mine")) },
    /open\(\) must be a session.* it was a promise/,
  ],
  ["open() that answers with nothing", { open: () => undefined }, /open\(\) must be a session.* it was undefined/],
  [
    "talk() that is no generator, and rejects",
    { talk: () => Promise.reject(new Error("mine")) },
    /talk\(\) must be an async function\*/,
  ],
  [
    "talk() that yields a number",
    {
      talk: async function* () {
        yield 42;
      },
    },
    /What talk\(\) yields must be text.* it was a number/,
  ],
  [
    "talk() that returns a text",
    {
      talk: async function* () {
        yield "";
        return "bye";
      },
    },
    /What talk\(\) returns must be nothing/,
  ],
  [
    "greet() that is asynchronous, and rejects",
    { open: () => ({ receive() {}, greet: () => Promise.reject(new Error("mine")) }) },
    /greet\(\) must be a verdict.* it was a promise/,
  ],
];

test.each(misshapen)("%s ends its connection alone, by an error with a code", async (_what, definition, message) => {
  const house = await runGatehouse([{ name: "own", protocol: "own", bind: ["127.0.0.1:0"] }], {
    protocols: [defineProtocol({ name: "own", ...definition } as unknown as ProtocolDefinition)],
  });
  const client = await rawClient(house.port("own"));
  client.socket.write("x");
  const { error } = await house.event("connection.sessionFailed");
  client.socket.end();
  expect(error).toMatchObject({ name: "ProtocolContractError", code: "protocol-contract-broken" });
  expect(String(error)).toMatch(message);
  expect((await house.event("connection.closed")).cause).toBe("session-failed");
  await gone(client);
});

const setters = ["setIdleTimeout", "setSessionTimeout", "wakeAfter"] as const;

test.each(setters)("%s() with a text ends its connection alone, in a turn and in a timer", async (setter) => {
  for (const call of [(set: () => void) => set(), (set: () => void) => void setImmediate(set)]) {
    const house = await runGatehouse([{ name: "own", protocol: "own", bind: ["127.0.0.1:0"] }], {
      protocols: [
        defineProtocol({
          name: "own",
          open: (wire) => ({ receive: () => void call(() => wire[setter]("5m" as never)) }),
        }),
      ],
    });
    const [steady, client] = [await rawClient(house.port("own")), await rawClient(house.port("own"))];
    client.socket.write("x");
    const { error } = await house.event("connection.sessionFailed");
    client.socket.end();
    expect(error).toMatchObject({
      code: "protocol-contract-broken",
      message: `What ${setter}() is given must be a number of milliseconds, or null for none; it was a string.`,
    });
    expect((await house.event("connection.closed")).cause).toBe("session-failed");
    await gone(client);
    expect(house.gatehouse.connections()).toHaveLength(1);
    await gone(steady);
  }
});
