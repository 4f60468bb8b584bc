/** `/set` of what the document holds, and actions, over real sockets. */

import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { rawClient } from "../runtime/raw-client.ts";
import { accounts, administrator, type Managed, managed } from "./managed.ts";
import { MemoryDocument } from "./memory-document.ts";

const smtp = { protocol: "smtp", bind: { "127.0.0.1:0": true }, useTls: false };
const management = { protocol: "http", bind: { "127.0.0.1:0": true }, ignoreServerCap: true };

async function changeable(): Promise<Managed> {
  const document = new MemoryDocument({
    SystemSettings: { defaultHostname: "mail.example.com" } as never,
    Account: accounts,
    NetworkListener: { management, smtp },
  });
  const house = await managed(document.value as never, { document });
  document.manage(house.gatehouse);
  return house;
}

describe("a /set", () => {
  test("creates, patches and destroys, each in force when it is answered", async () => {
    const { call, one, gatehouse, port, event } = await changeable();
    const before = (await one("x:NetworkListener/get"))["state"];
    const [set, got] = await call(
      ["x:NetworkListener/set", { ifInState: before, create: { n1: { name: "lmtp", ...smtp, protocol: "lmtp" } } }],
      ["x:NetworkListener/get", { ids: ["#n1"], properties: ["protocol"] }],
    );
    expect(set?.[1]).toMatchObject({
      oldState: before,
      created: { n1: { id: "lmtp" } },
      notCreated: {},
      plan: expect.any(Object),
      planText: expect.stringContaining("lmtp"),
    });
    expect(got?.[1]["list"]).toEqual([{ id: "lmtp", protocol: "lmtp" }]);
    await (await rawClient(port("lmtp"))).until("220 ");
    const by = `account ${administrator.username}`;
    expect(await event("management.changed")).toMatchObject({ by, objects: ["x:NetworkListener lmtp"] });

    await one("x:NetworkListener/set", { update: { smtp: { maxConnections: 7, "bind/127.0.0.2:0": true } } });
    expect(gatehouse.listeners().find(({ name }) => name === "smtp")).toMatchObject({
      maxConnections: 7,
      addresses: [{ address: "127.0.0.1" }, { address: "127.0.0.2" }],
    });
    expect(await one("x:NetworkListener/set", { destroy: ["lmtp"] })).toMatchObject({ destroyed: ["lmtp"] });
    expect(gatehouse.configuration.listeners.map(({ name }) => name)).toEqual(["management", "smtp"]);
  });

  test("tells by dryRun what it would do, and does nothing", async () => {
    const { one, gatehouse } = await changeable();
    const answer = await one("x:NetworkListener/set", { dryRun: true, update: { smtp: { maxConnections: 7 } } });
    expect(answer).toMatchObject({
      updated: { smtp: null },
      dryRun: true,
      planText: expect.stringContaining("maxConnections"),
    });
    expect(gatehouse.generation).toBe(1);
  });

  test("is one transaction with all others of its request: who is to blame says why, the others that they were not done", async () => {
    const { call, gatehouse } = await changeable();
    const answers = await call(
      ["x:BlockedIp/set", { create: { b: { address: "192.0.2.1" } } }],
      ["x:NetworkListener/set", { update: { smtp: { protocol: "gopher" }, none: { useTls: true } }, destroy: [] }],
      ["x:BlockedIp/query", {}],
    );
    const [blocked, listeners, query] = answers.map(([, args]) => args);
    expect(blocked?.["notCreated"]).toMatchObject({ b: { type: "validationFailed", reason: "rolled-back" } });
    expect(listeners?.["notUpdated"]).toMatchObject({ none: { type: "notFound" }, smtp: { type: "validationFailed" } });
    expect(query?.["ids"]).toEqual([]);
    const invalid = await call(
      ["x:BlockedIp/set", { create: { b: { address: "192.0.2.1" } } }],
      ["x:NetworkListener/set", { update: { smtp: { protocol: "gopher" } } }],
    );
    expect(invalid[1]?.[1]["notUpdated"]).toMatchObject({
      smtp: {
        type: "invalidProperties",
        properties: ["protocol"],
        validationErrors: [{ type: "Invalid", property: "protocol", value: expect.stringContaining("must be one of") }],
      },
    });
    expect(gatehouse.generation).toBe(1);
  });

  test("says at bind what the start would have said of an address that cannot be bound", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { one } = await changeable();
    const bind = { [`127.0.0.1:${port}`]: true };
    const answer = await one("x:NetworkListener/set", { create: { n1: { ...smtp, name: "taken", bind } } });
    expect(answer["notCreated"]).toMatchObject({
      n1: {
        type: "invalidProperties",
        properties: ["bind"],
        description: expect.stringContaining("address already in use"),
        reason: "bind-failed",
        errno: "EADDRINUSE",
      },
    });
  });

  test.each([
    {
      what: "an array in a set's place",
      section: "NetworkListener",
      args: { update: { smtp: { bind: ["[::]:0"] } } },
      type: "invalidPatch",
    },
    { what: "a second SystemSettings", section: "SystemSettings", args: { create: { n: {} } }, type: "singleton" },
    { what: "what is not there", section: "BlockedIp", args: { destroy: ["nothing"] }, type: "notFound" },
    { what: "an account without address", section: "Account", args: { create: { n: {} } }, type: "invalidProperties" },
    {
      what: "a name that is taken",
      section: "NetworkListener",
      args: { create: { n: { ...smtp, name: "smtp" } } },
      type: "primaryKeyViolation",
    },
    {
      what: "what the server sets",
      section: "Account",
      args: { update: { [administrator.username]: { address: "x@y" } } },
      type: "invalidProperties",
    },
  ])("refuses $what", async ({ section, args, type }) => {
    const { one } = await changeable();
    const answer = await one(`x:${section}/set`, args);
    const [refusal] = ["notCreated", "notUpdated", "notDestroyed"].flatMap((key) =>
      Object.values(answer[key] as object),
    );
    expect(refusal).toMatchObject({ type, description: expect.any(String) });
  });

  test("with ifInState loses no update of several who write at once", async () => {
    const { one } = await changeable();
    let refused = 0;
    const add = async (address: string): Promise<void> => {
      for (;;) {
        const ifInState = (await one("x:BlockedIp/get"))["state"];
        const answer = await one("x:BlockedIp/set", { ifInState, create: { n: { address } } });
        if (answer["type"] !== "stateMismatch") return;
        refused++;
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, index) => add(`192.0.2.${index + 1}`)));
    expect((await one("x:BlockedIp/query"))["ids"]).toHaveLength(6);
    expect(refused).toBeGreaterThan(0);
  });

  test("keeps a secret that was sent back as it had come", async () => {
    const { one } = await changeable();
    const update = {
      [administrator.username]: { secret: { "@type": "Text" }, roles: { admin: true, observer: true } },
    };
    expect(await one("x:Account/set", { update })).toMatchObject({ updated: { [administrator.username]: null } });
    expect(await one("x:Account/get", { ids: [administrator.username] })).toMatchObject({
      list: [{ roles: { admin: true, observer: true }, secret: { "@type": "Text" } }],
    });
  });

  test("is refused where nobody keeps the document", async () => {
    const { one } = await managed();
    expect(await one("x:BlockedIp/set", { create: { n: { address: "192.0.2.1" } } })).toMatchObject({
      type: "forbidden",
    });
  });
});

test("actions suspend, resume and drain a listener, and close a connection", async () => {
  const { one, port, gatehouse, event } = await changeable();
  const act = (action: object) => one("x:Action/set", { create: { a: action } });
  const state = () => gatehouse.listeners().find(({ name }) => name === "smtp")?.state;
  const client = await rawClient(port("smtp"));
  await client.until("220 ");
  expect(await act({ "@type": "SuspendListener", listenerId: "smtp" })).toMatchObject({
    created: { a: { id: expect.any(String) } },
  });
  expect(state()).toBe("paused");
  await act({ "@type": "ResumeListener", listenerId: "smtp" });
  expect(state()).toBe("listening");
  const [connection] = gatehouse.connections().filter(({ listener }) => listener === "smtp");
  await act({ "@type": "CloseConnection", connectionId: connection?.id });
  await client.until("421 ");
  expect(await event("connection.closed", ({ connection: { id } }) => id === connection?.id)).toMatchObject({
    cause: "drained",
  });
  const other = await rawClient(port("smtp"));
  await other.until("220 ");
  await act({ "@type": "DrainListener", listenerId: "smtp" });
  await other.until("421 ");
  expect(state()).toBe("paused");
  expect(await act({ "@type": "ReloadTlsCertificates" })).toMatchObject({ notCreated: {} });
  expect(await act({ "@type": "ReloadSettings" })).toMatchObject({ notCreated: {} });
  expect((await act({ "@type": "SuspendListener", listenerId: "none" }))["notCreated"]).toMatchObject({
    a: { type: "notFound" },
  });
  expect((await act({ "@type": "CloseConnection", connectionId: "none" }))["notCreated"]).toMatchObject({
    a: { type: "notFound" },
  });
  // In no fleet.
  for (const nodeId of ["local", "front-1"])
    expect((await act({ "@type": "DrainNode", nodeId }))["notCreated"]).toMatchObject({
      a: { type: "notFound", properties: ["nodeId"] },
    });
  expect((await act({ "@type": "DrainNode" }))["notCreated"]).toMatchObject({
    a: { validationErrors: [{ type: "Required" }] },
  });
  expect((await act({ "@type": "constructor" }))["notCreated"]).toMatchObject({ a: { type: "invalidProperties" } });
  expect((await act({ "@type": "SuspendListener" }))["notCreated"]).toMatchObject({
    a: { validationErrors: [{ type: "Required" }] },
  });
});
