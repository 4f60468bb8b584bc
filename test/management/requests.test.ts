/** JMAP as it goes over the wire: session resource, requests, result references, problems and errors of methods. */
import { request } from "node:http";
import { join } from "node:path";
import { json as jsonOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { http } from "../../src/index.ts";
import type { ManagementSchema } from "../../src/management/schema/schema-contract.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { administrator, basic, json, type Managed, managed, using } from "./managed.ts";

let house: Managed;
const authorized = { Authorization: basic(administrator) };

/** One server for all tests of this file, whose first test it ends with. */
async function shared(): Promise<Managed> {
  house = await managed({
    NetworkListener: ["smtp", "submission", "lmtp"].map((name) => ({ name, bind: ["127.0.0.1:0"], useTls: false })),
  } as never);
  return house;
}

async function post(body: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  const response = await house.fetch("/jmap/", {
    method: "POST",
    headers: { ...json, ...authorized, ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}

describe("the dialogue of a client", () => {
  test("finds the session resource, then asks page by page and gets what it has found by reference", async () => {
    const { fetch, call } = await shared();
    const wellKnown = await fetch("/.well-known/jmap");
    expect([wellKnown.status, wellKnown.headers.get("location")]).toEqual([307, "/jmap/session"]);
    const session = await (await fetch("/jmap/session", { headers: authorized })).json();
    expect(session).toMatchObject({
      capabilities: { "urn:ietf:params:jmap:core": { maxObjectsInGet: 1_000, maxObjectsInSet: 1_000 } },
      username: administrator.username,
      apiUrl: "/jmap/",
      state: expect.any(String),
    });

    const name = "x:NetworkListener/query";
    const page = { limit: 2, calculateTotal: true, filter: {} };
    const properties = ["name", "bind", "tlsTimeout"];
    const get = ["x:NetworkListener/get", { "#ids": { resultOf: "q", name, path: "/ids" }, properties }] as const;
    const [first, got] = (await call([name, page, "q"], get)).map(([, args]) => args);
    expect(first).toMatchObject({ ids: ["management", "smtp"], position: 0, total: 4, queryState: expect.any(String) });
    expect(got).toMatchObject({
      list: [{ id: "management" }, { id: "smtp", name: "smtp", bind: { "127.0.0.1:0": true }, tlsTimeout: 60_000 }],
      notFound: [],
    });
    const next = await house.one(name, { ...page, anchor: "smtp", anchorOffset: 1 });
    expect(next).toMatchObject({ ids: ["submission", "lmtp"], position: 2, total: 4 });
    expect(await house.one(name, { ...page, anchor: "lmtp", anchorOffset: 1 })).toMatchObject({ ids: [], position: 4 });
  });
});

describe("a request that is refused as a whole", () => {
  test("says why in a problem document", async () => {
    await shared();
    const calls = (count: number) => Array.from({ length: count }, () => ["Core/echo", {}, "c"]);
    const refusals: readonly [string, string, string?][] = [
      ["{", "notJSON"],
      ["[]", "notRequest"],
      [JSON.stringify({ using }), "notRequest"],
      [JSON.stringify({ using, methodCalls: [["Core/echo", {}]] }), "notRequest"],
      [JSON.stringify({ using, methodCalls: [["Core/echo", [], "c"]] }), "notRequest"],
      [JSON.stringify({ using, methodCalls: [], createdIds: { a: 1 } }), "notRequest"],
      [JSON.stringify({ using: "core", methodCalls: [] }), "notRequest"],
      [JSON.stringify({ using: ["urn:ietf:params:jmap:mail"], methodCalls: [] }), "unknownCapability"],
      [JSON.stringify({ using, methodCalls: calls(33) }), "limit", "maxCallsInRequest"],
      [`{"using":[],"methodCalls":[],"pad":"${"x".repeat(10_000_000)}"}`, "limit", "maxSizeRequest"],
    ];
    for (const [body, type, limit] of refusals) {
      expect(await post(body), body.slice(0, 80)).toEqual({
        status: 400,
        body: {
          type: `urn:ietf:params:jmap:error:${type}`,
          status: 400,
          detail: expect.any(String),
          ...(limit === undefined ? {} : { limit }),
        },
      });
    }
    expect(await post("{}", { "Content-Type": "text/plain" })).toMatchObject({
      body: { type: "urn:ietf:params:jmap:error:notJSON" },
    });
    expect((await house.fetch("/jmap/nothing", { headers: authorized })).status).toBe(404);
    expect(
      (await house.fetch("/jmap", { method: "POST", headers: { ...json, ...authorized }, body: "{" })).status,
    ).toBe(400);
  });
});

describe("a method that fails", () => {
  test("answers with its error, and the calls behind it are carried out", async () => {
    const { call } = await shared();
    const listeners = "x:NetworkListener/query";
    const failures: readonly (readonly [string, object, string])[] = [
      ["x:NetworkListener/parse", {}, "unknownMethod"],
      ["x:Nothing/get", {}, "unknownMethod"],
      ["x:__proto__/get", {}, "unknownMethod"],
      ["x:SystemSettings/query", {}, "unknownMethod"],
      ["x:NetworkListener/get", { ids: "smtp" }, "invalidArguments"],
      ["x:NetworkListener/get", { ids: [], unknown: true }, "invalidArguments"],
      ["x:NetworkListener/get", { properties: ["secret"] }, "invalidArguments"],
      ["x:NetworkListener/get", { accountId: "other" }, "accountNotFound"],
      ["x:NetworkListener/get", { ids: Array.from({ length: 1_001 }, (_, index) => `${index}`) }, "requestTooLarge"],
      [listeners, { filter: { colour: "red" } }, "unsupportedFilter"],
      [listeners, { filter: { bind: "127.0.0.1:0" } }, "unsupportedFilter"],
      [listeners, { filter: { nameIsGreaterThan: "a" } }, "unsupportedFilter"],
      [listeners, { filter: { constructor: "a" } }, "unsupportedFilter"],
      [listeners, { filter: { useTls: "yes" } }, "invalidArguments"],
      [listeners, { filter: { operator: "XOR", conditions: [] } }, "unsupportedFilter"],
      [listeners, { filter: { operator: "OR", conditions: Array(80).fill({ name: "a" }) } }, "unsupportedFilter"],
      [listeners, { sort: [{ property: "bind" }] }, "unsupportedSort"],
      [listeners, { sort: [{ property: "name", collation: "i;unicode" }] }, "unsupportedSort"],
      [listeners, { anchor: "nobody" }, "anchorNotFound"],
      [listeners, { limit: -1 }, "invalidArguments"],
      [listeners, { "#limit": { resultOf: "none", name: "Core/echo", path: "/a" } }, "invalidResultReference"],
      [listeners, { "#limit": { resultOf: "echo", name: "x:Other/get", path: "/a" } }, "invalidResultReference"],
      [listeners, { "#limit": { resultOf: "echo", name: "Core/echo", path: "/none" } }, "invalidResultReference"],
      [listeners, { "#limit": { resultOf: "echo", name: "Core/echo", path: "/__proto__" } }, "invalidResultReference"],
      [listeners, { "#limit": "echo" }, "invalidResultReference"],
      [listeners, { limit: 1, "#limit": { resultOf: "echo", name: "Core/echo", path: "/a" } }, "invalidArguments"],
    ];
    for (const [name, args, type] of failures) {
      const answers = await call(
        ["Core/echo", { a: 1 }, "echo"],
        [name, args, "fails"],
        ["Core/echo", { b: 2 }, "after"],
      );
      expect(answers, JSON.stringify([name, args])).toEqual([
        ["Core/echo", { a: 1 }, "echo"],
        ["error", { type, description: expect.any(String) }, "fails"],
        ["Core/echo", { b: 2 }, "after"],
      ]);
    }
  });
});

describe("result references", () => {
  test("follow members, elements and every element, and join arrays", async () => {
    const { call } = await shared();
    const tree = {
      a: [
        { b: ["x", "y"], "c/d~e": 1 },
        { b: ["z"], "c/d~e": 2 },
      ],
    };
    const at = (path: string) => ["Core/echo", { "#v": { resultOf: "t", name: "Core/echo", path } }] as const;
    const paths = ["/a/0/b/1", "/a/*/b", "/a/*/b/0", "/a/*/c~1d~0e", ""];
    const [, ...found] = await call(["Core/echo", tree, "t"], ...paths.map(at));
    expect(found.map(([, { v }]) => v)).toEqual(["y", ["x", "y", "z"], ["x", "z"], [1, 2], tree]);
  });
});

describe("what is found", () => {
  test("is what the filter says, in the order asked for", async () => {
    const { one } = await shared();
    const ids = async (args: object) => (await one("x:NetworkListener/query", args))["ids"];
    expect(await ids({ filter: { name: "smtp" } })).toEqual(["smtp"]);
    expect(await ids({ filter: { useTls: true } })).toEqual(["management"]);
    expect(await ids({ filter: { useTls: false, name: "lmtp" } })).toEqual(["lmtp"]);
    expect(await ids({ filter: { socketTtl: null, protocol: "http" } })).toEqual(["management"]);
    expect(
      await ids({ filter: { tlsTimeoutIsGreaterThanOrEqual: 60_000, tlsTimeoutIsLessThan: 60_001 } }),
    ).toHaveLength(4);
    expect(await ids({ filter: { tlsTimeoutIsGreaterThan: 60_000 } })).toEqual([]);
    const either = {
      operator: "OR",
      conditions: [{ name: "smtp" }, { operator: "NOT", conditions: [{ protocol: "smtp" }] }],
    };
    expect(await ids({ filter: either })).toEqual(["management", "smtp"]);
    expect(await ids({ sort: [{ property: "useTls" }, { property: "name", isAscending: false }] })).toEqual([
      "submission",
      "smtp",
      "lmtp",
      "management",
    ]);
    expect(await ids({ position: -1 })).toEqual(["lmtp"]);
    expect(await ids({ position: 9 })).toEqual([]);
    expect(await ids({ anchor: "lmtp", anchorOffset: -9, limit: 1 })).toEqual(["management"]);
  });

  test("has every field with its default, sets as maps, null for what is not set, and no secret", async () => {
    const { one } = await managed({
      BlockedIp: [{ address: "192.0.2.0/24", expiresAt: "2030-01-31T12:00:00+02:00" }, { address: "2001:db8::1" }],
      AllowedIp: [{ address: "198.51.100.7", reason: "us" }],
    } as never);
    const { list } = (await one("x:NetworkListener/get")) as { list: Record<string, unknown>[] };
    expect(list[0]).toMatchObject({
      id: "management",
      socketBacklog: 1_024,
      maxConnections: null,
      connectionRate: null,
      tlsDisableProtocols: {},
      proxyTimeout: 5_000,
    });
    const accounts = await one("x:Account/get");
    expect(JSON.stringify(accounts)).not.toContain(administrator.password);
    expect(accounts).toMatchObject({ list: [{ secret: { "@type": "Text" }, roles: { admin: true } }, { roles: {} }] });
    expect(await one("x:SystemSettings/get", { ids: ["singleton", "other"] })).toMatchObject({
      list: [{ id: "singleton", defaultHostname: "mail.example.com", drainTimeout: 30_000, proxyTrustedNetworks: {} }],
      notFound: ["other"],
    });
    const until = async (filter: object) => ((await one("x:BlockedIp/query", { filter }))["ids"] as string[]).length;
    expect(await until({ expiresAtIsLessThanOrEqual: "2030-01-31T10:00:00Z" })).toBe(1);
    expect(await until({ expiresAt: "2030-01-31T10:00:00Z" })).toBe(1);
    expect(await until({ expiresAt: null })).toBe(1);
    expect(await until({ address: "2001:db8::1" })).toBe(1);
    expect(await one("x:AllowedIp/get")).toMatchObject({
      list: [{ address: "198.51.100.7", reason: "us", expiresAt: null }],
    });
  });

  test("has another state once it is something else, and the same as long as it is not", async () => {
    const { one, gatehouse } = await managed();
    const stateOf = async (object: string) => (await one(`x:${object}/get`))["state"];
    const before = [await stateOf("NetworkListener"), await stateOf("BlockedIp"), await stateOf("Account")];
    expect([await stateOf("NetworkListener"), await stateOf("BlockedIp"), await stateOf("Account")]).toEqual(before);
    await gatehouse.reload({
      SystemSettings: { defaultHostname: "mail.example.com" },
      Account: {
        [administrator.username]: { secret: { "@type": "Text", secret: administrator.password }, roles: ["admin"] },
      },
      BlockedIp: [{ address: "192.0.2.1" }],
      NetworkListener: [{ name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true }],
    });
    const after = [await stateOf("NetworkListener"), await stateOf("BlockedIp"), await stateOf("Account")];
    expect(after.map((state, index) => state === before[index])).toEqual([true, false, false]);
  });
});

test("listeners, connections and the server are told as they are", async () => {
  const { one } = await shared();
  await house.gatehouse.suspend("smtp");
  const statuses = await one("x:ListenerStatus/get", { ids: ["smtp", "management"] });
  expect(statuses["list"]).toMatchObject([
    { name: "smtp", state: "paused", pausedBy: { suspended: true }, connections: 0 },
    {
      state: "listening",
      pausedBy: {},
      addresses: { [`127.0.0.1:${house.port("management")}`]: true },
      connections: 1,
    },
  ]);
  const [connection] = house.gatehouse.connections();
  const { list } = await one("x:Connection/get", { ids: [connection?.id ?? ""] });
  const peer = expect.stringContaining("127.0.0.1:");
  expect(list).toMatchObject([{ id: connection?.id, listener: "management", state: "active", user: null, peer }]);
  expect((await one("x:Connection/query", { filter: { ageIsLessThan: 0 } }))["ids"]).toEqual([]);
  expect((await one("x:ServerNode/get"))["list"]).toMatchObject([{ state: "running", pid: process.pid }]);
});

test("whoever reaches the control socket is asked for no password", async () => {
  const socketPath = join(temporaryDirectory(), "control.sock");
  await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }], { backend: {}, control: socketPath });
  const body = JSON.stringify({ using, methodCalls: [["x:NetworkListener/get", { properties: ["name"] }, "g"]] });
  const answer = await new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: "POST", path: "/jmap/", headers: json, agent: false }, (response) => {
      jsonOf(response).then(resolve, reject);
    });
    asked.on("error", reject).end(body);
  });
  expect(answer).toMatchObject({ methodResponses: [["x:NetworkListener/get", { list: [{ name: "smtp" }] }, "g"]] });
});

test("every object is answered with the fields that the schema describes, an embedder's protocol among them", async () => {
  const own = http({ onRequest: (_request, response) => response.end() });
  const { call, fetch } = await managed(
    {
      NetworkListener: [{ name: "own", protocol: "calendar", bind: ["127.0.0.1:0"] }],
      BlockedIp: [{ address: "192.0.2.1" }],
      AllowedIp: [{ address: "192.0.2.2" }],
    } as never,
    { protocols: [{ ...own, name: "calendar" }] },
  );
  const schema = (await (
    await fetch("/api/schema", { headers: authorized, redirect: "follow" })
  ).json()) as ManagementSchema;
  expect(schema.enums["NetworkListenerProtocol"]?.map(({ name }) => name)).toEqual([
    "smtp",
    "lmtp",
    "http",
    "imap",
    "pop3",
    "manageSieve",
    "calendar",
  ]);
  const names = Object.keys(schema.objects).filter((name) => name !== "x:Action");
  const answers = await call(...names.map((name) => [`${name}/get`, {}, name] as const));
  for (const [, args, name] of answers) {
    const described = ["id", ...Object.keys(schema.fields[name]?.properties ?? {})];
    for (const value of args["list"] as object[])
      expect([name, Object.keys(value).toSorted()]).toEqual([name, described.toSorted()]);
  }
  const total = async (protocol: string) =>
    (await call(["x:Connection/query", { filter: { protocol }, calculateTotal: true }]))[0]?.[1]["total"];
  expect(await total("http")).toBeGreaterThan(0);
  expect(await total("calendar")).toBe(0);
});
