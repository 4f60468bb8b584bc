/** Tokens: made by the command's own code, taken by the running server, and gone when they are revoked. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { permissions, permissionsNamed, UnknownPermissionError } from "../../src/management/access/permissions.ts";
import { type NewToken, TokenError, Tokens } from "../../src/management/access/tokens.ts";
import { TestCalendar } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { accounts, administrator, basic, json, type Managed, managed, using } from "./managed.ts";
import { MemoryDocument } from "./memory-document.ts";

const listeners = { management: { protocol: "http", bind: { "127.0.0.1:0": true }, ignoreServerCap: true } };

async function changeable(): Promise<Managed> {
  const sections = { Account: accounts, NetworkListener: listeners };
  const document = new MemoryDocument(sections);
  const house = await managed(document.value as never, { document });
  document.manage(house.gatehouse);
  return house;
}

const madeIn = ({ data }: Managed, token: Partial<NewToken> = {}) =>
  new Tokens(data).create({ name: "ci", permissions: ["sysBlockedIpGet"], expiresAt: null, ...token }, new Date());

async function called(house: Managed, token: string, ...methodCalls: readonly unknown[]): Promise<unknown[]> {
  const headers = { ...json, Authorization: `Bearer ${token}` };
  const body = JSON.stringify({ using, methodCalls });
  const response = await house.fetch("/jmap/", { method: "POST", headers, body });
  return ((await response.json()) as { methodResponses: unknown[] }).methodResponses;
}

const statusBy = async (house: Managed, token: string) =>
  (await house.fetch("/jmap/session", { headers: { Authorization: `Bearer ${token}` } })).status;

test("a token may do what it was made for and nothing else, and the log has its name", async () => {
  const house = await changeable();
  const token = await madeIn(house, {
    name: "ci.block-list_1",
    permissions: ["sysBlockedIpGet", "sysBlockedIpCreate"],
  });
  const answers = await called(
    house,
    token,
    ["x:BlockedIp/set", { create: { b: { address: "192.0.2.1" } } }, "0"],
    ["x:BlockedIp/get", { properties: ["address"] }, "1"],
    ["x:BlockedIp/query", {}, "2"],
    ["x:NetworkListener/get", {}, "3"],
    ["x:Action/set", { create: { a: { "@type": "ReloadSettings" } } }, "4"],
  );
  const forbidden = (permission: string, id: string) => [
    "error",
    { type: "forbidden", description: `ci.block-list_1 has not the permission ${permission}.` },
    id,
  ];
  expect(answers).toMatchObject([
    ["x:BlockedIp/set", { created: { b: { id: "192.0.2.1" } } }, "0"],
    ["x:BlockedIp/get", { list: [{ address: "192.0.2.1" }] }, "1"],
    forbidden("sysBlockedIpQuery", "2"),
    forbidden("sysNetworkListenerGet", "3"),
    forbidden("sysActionCreate", "4"),
  ]);
  const nothing = ["x:BlockedIp/set", { dryRun: true }, "0"];
  expect(await called(house, token, nothing)).toEqual([forbidden("sysBlockedIpUpdate", "0")]);
  const update = ["x:BlockedIp/set", { update: { "192.0.2.1": { reason: "x" } } }, "0"];
  expect(await called(house, token, update)).toEqual([forbidden("sysBlockedIpUpdate", "0")]);
  expect(await house.event("management.changed")).toMatchObject({
    by: "token ci.block-list_1",
    objects: ["x:BlockedIp 192.0.2.1"],
  });
  const session = await house.fetch("/jmap/session", { headers: { Authorization: `bearer  ${token}` } });
  expect(await session.json()).toMatchObject({
    username: "ci.block-list_1",
    accounts: { server: { isReadOnly: false } },
  });
});

test("a running server takes a token at once, and refuses it at once when it is revoked or has expired", async () => {
  const clock = new TestCalendar(new Date("2030-01-31T12:00:00Z"));
  const house = await managed({}, { clock });
  /** Refusals are late. */
  const refusal = async (token: string) => {
    const status = statusBy(house, token);
    const seen = house.events.length;
    await expect
      .poll(() => house.events.slice(seen).some(({ type }) => type === "session.authenticationFailed"))
      .toBe(true);
    clock.advance(16_000);
    return status;
  };
  const token = await madeIn(house);
  expect(await statusBy(house, token)).toBe(200);
  expect(await new Tokens(house.data).revoke("ci")).toBe(true);
  expect(await refusal(token)).toBe(401);
  const failed = house.events.filter(({ type }) => type === "session.authenticationFailed");
  expect(failed).toEqual([expect.objectContaining({ mechanism: "BEARER", username: "ci" })]);

  const again = await madeIn(house);
  expect(await statusBy(house, again)).toBe(200);
  expect(await refusal(token)).toBe(401);
  const brief = await madeIn(house, { name: "brief", expiresAt: new Date(clock.date() + 1) });
  expect(await statusBy(house, brief)).toBe(200);
  clock.advance(1);
  expect(await refusal(brief)).toBe(401);
  for (const made of [again.replace("ci", "CI"), `${again}0`, again.slice(0, -1), "gatehouse_.._x", "x"])
    expect([made, await refusal(made)]).toEqual([made, 401]);
  // What is right is not held up by what was wrong before, from the same address.
  expect(await statusBy(house, again)).toBe(200);
});

test("a token that its file no longer holds is no mistake of whoever asks", async () => {
  const house = await managed();
  const token = await madeIn(house);
  await writeFile(join(house.data, "tokens", "ci.json"), "{");
  expect(await statusBy(house, token)).toBe(503);
  expect(await house.event("session.backendFailed")).toMatchObject({ error: { code: "token-damaged" } });
  expect(house.events.some(({ type }) => type === "session.authenticationFailed")).toBe(false);
  expect((await house.fetch("/jmap/session", { headers: { Authorization: basic(administrator) } })).status).toBe(200);
});

describe("the files of tokens", () => {
  test("are their owner's alone, and hold no token", async () => {
    const data = join(temporaryDirectory(), "data");
    const tokens = new Tokens(data);
    expect(await tokens.list()).toEqual([]);
    expect(await tokens.revoke("ci")).toBe(false);
    const now = new Date("2030-01-31T12:00:00Z");
    const expiresAt = new Date("2031-01-31T12:00:00Z");
    const text = await tokens.create({ name: "ci", permissions: ["sysMetricsGet"], expiresAt }, now);
    expect(text).toMatch(/^gatehouse_ci_[0-9a-f]{64}$/);
    const file = join(data, "tokens", "ci.json");
    expect([(await stat(file)).mode & 0o777, (await stat(join(data, "tokens"))).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await readFile(file, "utf8")).not.toContain(text.slice(-64));
    expect(await tokens.list()).toEqual([
      { name: "ci", permissions: ["sysMetricsGet"], createdAt: now.toISOString(), expiresAt: expiresAt.toISOString() },
    ]);
  });

  test("are made once, whoever is first, and leave nothing beside them", async () => {
    const data = temporaryDirectory();
    const create = () => new Tokens(data).create({ name: "ci", permissions: [], expiresAt: null }, new Date());
    const outcomes = await Promise.allSettled([create(), create(), create()]);
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused).toEqual([expect.any(TokenError), expect.any(TokenError)]);
    expect(refused[0]).toMatchObject({ code: "token-exists" });
    expect(await readdir(join(data, "tokens"))).toEqual(["ci.json"]);
  });

  test("have no name that leads elsewhere", async () => {
    const tokens = new Tokens(temporaryDirectory());
    for (const name of ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0", "a b", "ü", "x".repeat(65)]) {
      const refusal = expect.objectContaining({ code: "invalid-token" });
      await expect(tokens.create({ name, permissions: [], expiresAt: null }, new Date())).rejects.toEqual(refusal);
      await expect(tokens.revoke(name)).rejects.toEqual(refusal);
    }
  });
});

test("permissions are named as they are, or by a role, and any other name says what was probably meant", () => {
  expect(permissionsNamed(["sysMetricsGet", "sysNetworkListenerGet", "sysMetricsGet"])).toEqual([
    "sysNetworkListenerGet",
    "sysMetricsGet",
  ]);
  expect(permissionsNamed(["admin"])).toEqual(permissions);
  expect(permissionsNamed(["observer"]).every((name) => /(?:Get|Query)$/.test(name))).toBe(true);
  expect(() => permissionsNamed(["sysNetworkListenersGet"])).toThrow(
    new UnknownPermissionError("sysNetworkListenersGet"),
  );
  expect(new UnknownPermissionError("sysNetworkListenersGet").message).toBe(
    'There is no permission "sysNetworkListenersGet"; did you mean "sysNetworkListenerGet"?',
  );
  expect(new UnknownPermissionError("everything").message).toContain("known are sysNetworkListenerGet, ");
});
