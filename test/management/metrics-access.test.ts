/** Who gets health and metrics: `SystemSettings.metricsAccess`. */
import { get } from "node:http";
import { expect, test } from "vitest";
import { Tokens } from "../../src/management/access/tokens.ts";
import { exchange } from "./exchange.ts";
import { administrator, basic, cookieOf, type Managed, managed, nobody } from "./managed.ts";

const paths = ["/healthz", "/readyz", "/metrics"];

async function statuses(house: Managed, listener: string, options: Parameters<typeof exchange>[2] = {}) {
  const answers = paths.map((path) => exchange(house.port(listener), `GET ${path}`, options));
  return (await Promise.all(answers)).map(({ status }) => status);
}

const everywhere = { name: "everywhere", protocol: "http", bind: ["0.0.0.0:0"] };
const behindProxy = {
  ...everywhere,
  name: "proxied",
  bind: ["127.0.0.1:0"],
  overrideProxyTrustedNetworks: ["127.0.0.1"],
};
const settings = { defaultHostname: "mail.example.com" };

test("unless it is set, they are open on loopback, for programs of this machine", async () => {
  const house = await managed({ NetworkListener: [everywhere, behindProxy] } as never);
  const open = [200, 200, 200];
  const closed = [401, 401, 401];
  const authorized = { fields: { Authorization: basic(administrator) } };
  expect(await statuses(house, "management")).toEqual(open);
  // As HAProxy asks.
  expect(await statuses(house, "management", { version: "HTTP/1.0", fields: { Host: null } })).toEqual(open);
  expect(await statuses(house, "everywhere")).toEqual(closed);
  expect(await statuses(house, "everywhere", authorized)).toEqual(open);
  // Health is worth no password here, metrics are one's own.
  const healthOnly = [200, 200, 401];
  for (const name of ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
    expect([name, await statuses(house, "management", { fields: { [name]: "198.51.100.7" } })]).toEqual([
      name,
      healthOnly,
    ]);
  expect(await statuses(house, "management", { fields: { Host: "balancer.example" } })).toEqual([200, 200, 421]);
  const from = (address: string) =>
    ({ before: `PROXY TCP4 ${address} 127.0.0.1 40000 ${house.port("proxied")}\r\n` }) as const;
  expect(await statuses(house, "proxied", from("198.51.100.7"))).toEqual(healthOnly);
  // There its password could be overheard.
  expect(await statuses(house, "proxied", { ...authorized, ...from("198.51.100.7") })).toEqual([200, 200, 403]);
  expect(await statuses(house, "proxied", from("127.0.0.1"))).toEqual(open);
});

test("unless it is set, they are open on a Unix socket, beside an address for everybody too", async () => {
  const name = `gatehouse-metrics-${process.pid}`;
  const house = await managed({ NetworkListener: [{ ...everywhere, bind: ["0.0.0.0:0", `unix:@${name}`] }] } as never);
  const status = (path: string) =>
    new Promise((resolve, reject) =>
      get({ socketPath: `\0${name}`, path, headers: { Host: "localhost" } }, (response) =>
        resolve(response.resume().statusCode),
      ).on("error", reject),
    );
  expect(await Promise.all(paths.map(status))).toEqual([200, 200, 200]);
  expect(await statuses(house, "everywhere")).toEqual([401, 401, 401]);
});

test("by account they take an account, a token or a browser that has logged in, with the permission", async () => {
  const house = await managed({ SystemSettings: { ...settings, metricsAccess: "account" } } as never);
  const tokens = new Tokens(house.data);
  const made = (name: string, permission: string) =>
    tokens.create({ name, permissions: [permission], expiresAt: null }, new Date());
  const bearer = async (name: string, permission: string) => ({
    Authorization: `Bearer ${await made(name, permission)}`,
  });
  const asked = async (fields: Record<string, string>) =>
    (await exchange(house.port("management"), "GET /metrics", { fields })).status;
  expect(await statuses(house, "management")).toEqual([200, 200, 401]);
  expect(await asked(await bearer("prometheus", "sysMetricsGet"))).toBe(200);
  expect(await asked(await bearer("ci", "sysConnectionGet"))).toBe(403);
  expect(await asked({ Authorization: basic(administrator) })).toBe(200);
  expect(await asked({ Authorization: basic(nobody) })).toBe(403);
  const cookie = await cookieOf(house);
  expect(await asked(cookie)).toBe(200);
  expect(await asked({ ...cookie, Origin: "http://elsewhere.example" })).toBe(403);
  const { fields } = await exchange(house.port("management"), "GET /metrics");
  expect(fields.get("www-authenticate")).toContain("Basic realm=");
});

test("open, they are everybody's, by whatever name, and a reload changes that", async () => {
  const document = (metricsAccess: "open" | "account") => ({
    SystemSettings: { ...settings, metricsAccess },
    NetworkListener: [everywhere],
  });
  const house = await managed(document("open") as never);
  expect(await statuses(house, "everywhere")).toEqual([200, 200, 200]);
  expect(await statuses(house, "everywhere", { fields: { Host: "balancer.example" } })).toEqual([200, 200, 200]);
  await house.gatehouse.reload(document("account"));
  expect(await statuses(house, "everywhere")).toEqual([401, 401, 401]);
});
