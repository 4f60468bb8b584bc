/** A browser's session, from the log-in to its end. */

import { describe, expect, test } from "vitest";
import type { ConfigurationInput, ConfigurationSections } from "../../src/index.ts";
import { accounts, administrator, cookieOf, json, type Managed, managed, nobody } from "./managed.ts";

const statusOf = async (house: Managed, headers: Record<string, string>) =>
  (await house.fetch("/jmap/session", { headers })).status;

describe("a browser's session", () => {
  test("serves until its log-out, and no request from another page", async () => {
    const house = await managed();
    const cookie = await cookieOf(house);
    expect(await statusOf(house, cookie)).toBe(200);
    expect(await statusOf(house, { Cookie: `${cookie.Cookie}x` })).toBe(401);
    const change = { method: "POST", body: '{"using":[],"methodCalls":[]}' };
    const post = async (headers: Record<string, string>) =>
      (await house.fetch("/jmap/", { ...change, headers: { ...json, ...cookie, ...headers } })).status;
    expect([
      await post({}),
      await post({ Origin: "http://elsewhere.example" }),
      await post({ Origin: house.url }),
    ]).toEqual([403, 403, 200]);
    await house.fetch("/console/logout", { method: "POST", headers: { ...cookie, Origin: house.url } });
    expect(await statusOf(house, cookie)).toBe(401);
  });

  test.each<[string, object]>([
    ["has gone", {}],
    ["has no role any more", { [administrator.username]: { secret: accounts[administrator.username]?.secret } }],
    [
      "has another password",
      { [administrator.username]: { secret: { "@type": "Text", secret: "another one" }, roles: ["admin"] } },
    ],
  ])("ends when its account %s", async (_what, others) => {
    const house = await managed();
    const cookie = await cookieOf(house);
    const { configuration } = house.gatehouse;
    const document = (Account: object): ConfigurationInput => ({
      SystemSettings: { defaultHostname: configuration.system.defaultHostname },
      NetworkListener: [{ name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true }],
      Account: { [nobody.username]: accounts[nobody.username], ...Account } as ConfigurationSections["Account"],
    });
    await house.gatehouse.reload(document({ [administrator.username]: accounts[administrator.username] }));
    expect(await statusOf(house, cookie)).toBe(200);
    await house.gatehouse.reload(document(others));
    expect(await statusOf(house, cookie)).toBe(401);
  });
});
