/** What has been: reloads and the way back, ends and refusals, and what would become of a client, over real sockets. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunningDocument } from "../../src/config/index.ts";
import type { ReloadReport } from "../../src/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";
import { accounts, administrator, basic, json, type Managed, managing, observer, using } from "./managed.ts";

const smtp = { protocol: "smtp", bind: { "127.0.0.1:0": true }, useTls: false };
const management = { protocol: "http", bind: { "127.0.0.1:0": true }, ignoreServerCap: true };
const secret = (text: string) => ({ "@type": "Text" as const, secret: text });
const by = `account ${administrator.username}`;

async function changeable(listeners: object = { smtp }): Promise<Managed> {
  const folder = temporaryDirectory();
  const file = join(folder, "gatehouse.json");
  const value = {
    SystemSettings: { defaultHostname: "mail.example.com" },
    Account: { ...accounts, [observer.username]: { secret: secret(observer.password), roles: ["observer"] } },
    NetworkListener: { management, ...listeners },
  };
  writeFileSync(file, JSON.stringify(value));
  const document = new RunningDocument<ReloadReport>({ file, keptFile: join(folder, "kept.json") });
  const house = await runGatehouse(await document.read(), { document });
  document.manage(house.gatehouse);
  return managing(house);
}

async function byObserver(house: Managed, name: string, args: object): Promise<[string, Record<string, unknown>]> {
  const response = await house.fetch("/jmap/", {
    method: "POST",
    headers: { ...json, Authorization: basic(observer) },
    body: JSON.stringify({ using, methodCalls: [[name, args, "c"]] }),
  });
  return ((await response.json()) as { methodResponses: [[string, Record<string, unknown>]] }).methodResponses[0];
}

describe("the history of reloads", () => {
  test("says who has changed what, keeps what was rejected, and tells no secret", async () => {
    const house = await changeable();
    const { one, gatehouse } = house;
    await one("x:NetworkListener/set", { update: { smtp: { maxConnections: 7 } } });
    await one("x:Account/set", { update: { [administrator.username]: { secret: secret("another one") } } });
    await expect(gatehouse.reload("{", { by: "the test" })).rejects.toThrow();
    const taken = { listeners: [{ name: "a", bind: ["192.0.2.1:1"] }] };
    await expect(gatehouse.reload({ NetworkListener: taken.listeners })).rejects.toThrow();
    const [, { list }] = await byObserver(house, "x:Reload/get", {});
    expect(list).toMatchObject([
      {
        by: "embedder",
        outcome: "rejected",
        code: "reload-failed",
        isKept: false,
        planText: expect.stringContaining("a:"),
      },
      { by: "the test", outcome: "rejected", generation: 3, error: expect.stringContaining("JSON"), planText: null },
      {
        by,
        outcome: "carried-out",
        generation: 3,
        isInForce: true,
        difference: {
          [`x:Account ${administrator.username}`]: {
            kind: "updated",
            fields: { secret: { from: { "@type": "Text" }, to: { "@type": "Text" }, isSecret: true } },
          },
        },
      },
      {
        by,
        generation: 2,
        isInForce: false,
        isKept: true,
        planText: expect.stringContaining("maxConnections"),
        difference: { "x:NetworkListener smtp": { fields: { maxConnections: { from: null, to: 7 } } } },
      },
      { by: "start", outcome: "started", generation: 1, plan: null, difference: null },
    ]);
    expect(JSON.stringify(list)).not.toContain("another one");
    expect(JSON.stringify(list)).not.toContain(administrator.password);
    expect(await house.event("reload.carriedOut")).toMatchObject({ by });
    const found = await byObserver(house, "x:Reload/query", { filter: { by } });
    expect(found[1]["ids"]).toEqual(["reload3", "reload2"]);
  });

  test("leads back to an earlier document, with its plan shown before, as one transaction", async () => {
    const house = await changeable();
    const { one, call, gatehouse, port } = house;
    const created = await call(
      ["x:NetworkListener/set", { create: { n: { name: "lmtp", ...smtp, protocol: "lmtp" } } }],
      [
        "x:NetworkListener/set",
        { update: { smtp: { maxConnections: 7, connectionRate: { count: 3, interval: 1_000 } } } },
      ],
      ["x:BlockedIp/set", { create: { b: { address: "192.0.2.0/24", reason: "spam" } } }],
    );
    expect(created.map(([, answer]) => answer["planText"])).toEqual(
      Array(3).fill(expect.stringContaining("lmtp: added")),
    );
    await one("x:NetworkListener/set", { destroy: ["smtp"] });
    const back = { create: { a: { "@type": "RestoreDocument", reloadId: "reload1" } } };
    const dry = await one("x:Action/set", { ...back, dryRun: true });
    expect(dry).toMatchObject({
      dryRun: true,
      created: { a: { planText: expect.stringMatching(/smtp: added[\s\S]*lmtp: removed/) } },
    });
    expect(gatehouse.generation).toBe(3);
    const done = await one("x:Action/set", back);
    expect(done).toMatchObject({ created: { a: { plan: { isEmpty: false } } }, notCreated: {} });
    expect(
      gatehouse
        .listeners()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["management", "smtp"]);
    expect(gatehouse.configuration.listeners.find(({ name }) => name === "smtp")).toMatchObject({
      connectionRate: null,
    });
    expect(gatehouse.configuration.blocked).toEqual([]);
    await (await rawClient(port("smtp"))).until("220 ");
    const changed = house.events.filter((event) => event.type === "management.changed").at(-1);
    expect(changed).toMatchObject({ by, objects: ["x:Action RestoreDocument"], plan: expect.stringContaining("smtp") });
    expect((await one("x:Reload/get", { ids: ["reload4"], properties: ["by", "isInForce"] }))["list"]).toEqual([
      { id: "reload4", by, isInForce: true },
    ]);
    // And forth, to secrets and all that was there.
    await one("x:Action/set", { create: { a: { "@type": "RestoreDocument", reloadId: "reload2" } } });
    expect(gatehouse.configuration.listeners.find(({ name }) => name === "smtp")).toMatchObject({
      maxConnections: 7,
      connectionRate: { count: 3, interval: 1_000 },
    });
    expect(gatehouse.configuration.blocked).toMatchObject([{ address: "192.0.2.0/24", reason: "spam" }]);
    const forgotten = await one("x:Action/set", {
      create: { a: { "@type": "RestoreDocument", reloadId: "reload99" } },
    });
    expect(forgotten["notCreated"]).toMatchObject({ a: { type: "notFound", properties: ["reloadId"] } });
    expect(await byObserver(house, "x:Action/set", back)).toMatchObject(["error", { type: "forbidden" }, "c"]);
  });
});

describe("ends and refusals", () => {
  test("are counted by the minute, and the latest are there, each with why", async () => {
    const house = await changeable({ smtp: { ...smtp, maxConnections: 1 } });
    const { port, event } = house;
    const first = await rawClient(port("smtp"));
    await first.until("220 ");
    const refused = await rawClient(port("smtp"));
    await refused.until("421 ");
    await event("connection.refused");
    first.socket.write("QUIT\r\n");
    await event("connection.closed", ({ connection }) => connection.listener === "smtp");
    const [, { list: counts }] = await byObserver(house, "x:EndCount/get", {});
    const own = (counts as Record<string, unknown>[]).filter(({ listener }) => listener === "smtp");
    expect(own).toMatchObject([
      { id: "ended/smtp/quit", kind: "ended", reason: "quit", count: 1 },
      { id: "refused/smtp/listener-cap", kind: "refused", reason: "listener-cap", count: 1 },
    ]);
    for (const { perMinute } of own) expect(Object.values(perMinute as object)).toEqual([1]);
    const [, { ids }] = await byObserver(house, "x:ConnectionEnd/query", { filter: { listener: "smtp" } });
    const [, { list }] = await byObserver(house, "x:ConnectionEnd/get", { ids: ids as string[] });
    expect(list).toMatchObject([
      {
        kind: "ended",
        reason: "quit",
        peer: expect.stringMatching(/^127\.0\.0\.1:/),
        bytesRead: 6,
        connection: expect.any(String),
      },
      { kind: "refused", reason: "listener-cap", limit: 1, current: 1, duration: null },
    ]);
  });
});

describe("x:NetworkListener/explain", () => {
  test("says what would become of a client, and what is wrong with the question", async () => {
    const house = await changeable();
    house.gatehouse.block({ address: "192.0.2.7", expiresAt: null, reason: "too loud" });
    const [, answer] = await byObserver(house, "x:NetworkListener/explain", {
      listenerId: "smtp",
      address: "192.0.2.7",
    });
    expect(answer["explanation"]).toMatchObject({
      outcome: "refused",
      steps: [
        { chart: "listener", state: "listening" },
        { chart: "admission", state: "blocked" },
      ],
      blocked: { reason: "too loud" },
    });
    for (const args of [{ listenerId: "nobody", address: "192.0.2.7" }, { listenerId: "smtp", address: "x" }, {}])
      expect(await byObserver(house, "x:NetworkListener/explain", args)).toMatchObject([
        "error",
        { type: "invalidArguments" },
        "c",
      ]);
  });
});
