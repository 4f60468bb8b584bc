import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningDocument } from "../../../src/config/index.ts";
import { EngineDocument } from "../../../src/runtime/fleet/engine-document.ts";
import { enginePlace } from "../../../src/runtime/fleet/engine-place.ts";
import type { ReloadReport } from "../../../src/runtime/reload/reload.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { hasRedis, type RedisServer } from "./redis-server.ts";
import { RedisCluster, WatchedRedis } from "./redis-servers.ts";

const cap = 6;

describe("the URL of an engine that moves", () => {
  it.each([
    ["redis://u:p@h:1/2", { kind: "address" }],
    [
      "redis+sentinel://u:p%40@one:1,[::1]:2,three/main/4?sentinelPassword=s",
      {
        ...{ kind: "sentinel", tls: false, username: "u", password: "p@", name: "main", database: 4 },
        asked: [
          { host: "one", port: 1 },
          { host: "::1", port: 2 },
          { host: "three", port: 26_379 },
        ],
        ...{ sentinelUsername: null, sentinelPassword: "s" },
      },
    ],
    [
      "rediss+cluster://:p@one,two:7",
      {
        ...{ kind: "cluster", tls: true, username: null, password: "p", name: "", database: 0 },
        asked: [
          { host: "one", port: 6_379 },
          { host: "two", port: 7 },
        ],
      },
    ],
  ])("%s is read", (url, place) => {
    expect(enginePlace(url)).toMatchObject(place);
  });

  it.each([
    "redis+sentinel://one",
    "redis+sentinel://one:1/",
    "redis+sentinel://one:0/main",
    "redis+sentinel://one:1/main/zero",
    "redis+cluster://secret:%@one",
    "redis+cluster://",
    "redis+cluster://one:1:2",
  ])("%s is refused, and not shown", (url) => {
    expect(() => enginePlace(url)).toThrow(expect.objectContaining({ code: "engine-url" }));
    expect(() => enginePlace(url)).not.toThrow(/secret/);
  });
});

const document = (url: string, cluster: object = {}) => ({
  NetworkListener: [
    { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false },
    {
      ...{ name: "rated", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false, maxConnectionsPerAddress: 100 },
      connectionRate: { count: 5, interval: "1m" },
    },
  ],
  SystemSettings: { maxConnections: cap, drainTimeout: "1s", cluster: { url, leaseTime: "2s", ...cluster } },
});

const reaches = ({ gatehouse }: LastingGatehouse, state: string): Promise<void> =>
  expect.poll(() => Object.keys(gatehouse.states()["fleet"] ?? {}).join(), { timeout: 20_000 }).toContain(state);

async function start(url: string, names: readonly string[]): Promise<LastingGatehouse[]> {
  const nodes = await Promise.all(
    names.map((node) => lastingGatehouse(document(url) as never, { node, protocols, pressure: false })),
  );
  await Promise.all(nodes.map((node) => node.event("fleet.connected")));
  return nodes;
}

/** Clients come to both nodes by turns until the fleet is full, and stays so. */
async function fill(nodes: readonly LastingGatehouse[], inside: Client[]): Promise<void> {
  for (let refusals = 0; refusals < 4; ) {
    const node = nodes[(inside.length + refusals) % nodes.length] as LastingGatehouse;
    const client = await come(node.port("talk"));
    if (client.said.startsWith("hello")) {
      inside.push(client);
      expect(inside.length).toBeLessThanOrEqual(cap);
    } else if (inside.length === cap) refusals += 1;
  }
}

/** How many of these come in. */
async function admittedOf(nodes: readonly LastingGatehouse[], count: number): Promise<number> {
  let admitted = 0;
  for (let turn = 0; turn < count; turn += 1) {
    const client = await come((nodes[turn % nodes.length] as LastingGatehouse).port("rated"));
    if (client.said.startsWith("hello")) {
      admitted += 1;
      await bye(client);
    }
  }
  return admitted;
}

describe.skipIf(!hasRedis)("a fleet on a cluster of engines", () => {
  let engines: RedisCluster;
  let nodes: LastingGatehouse[] = [];
  const inside: Client[] = [];
  beforeAll(async () => {
    engines = await RedisCluster.start();
    nodes = await start(engines.url, ["a", "b"]);
  });
  afterAll(async () => {
    await Promise.all(inside.map(bye));
    await Promise.all(nodes.map((node) => node.end()));
    await engines.stop();
  });

  it("keeps a rate and a cap over its nodes, with all of its keys in one slot", async () => {
    expect(await admittedOf(nodes, 8)).toBe(5);
    await fill(nodes, inside);
    const owner = await engines.ownerOf("{gatehouse}:fleet");
    for (const server of engines.servers) {
      const keys = (await server.ask("KEYS", "*")) as string[];
      expect(keys.length > 0).toBe(server === owner);
      expect(keys.every((key) => key.startsWith("{gatehouse}:"))).toBe(true);
    }
  });

  it("tells all nodes of what one has blocked", async () => {
    nodes[0]?.gatehouse.block({ address: "192.0.2.1", expiresAt: null, reason: null });
    await expect.poll(() => nodes[1]?.gatehouse.blocked().map(({ address }) => address)).toContain("192.0.2.1");
  });

  it("has a document in the slot of its keys, and says where it must be", async () => {
    const started: LastingGatehouse[] = [];
    const startWith = async (key: string) => {
      const owner = await engines.ownerOf(key);
      const settings = document(engines.url, { keyPrefix: "docs" });
      const { NetworkListener, SystemSettings } = settings;
      await owner.ask("SET", key, JSON.stringify({ NetworkListener, SystemSettings }));
      const engineDocument = new EngineDocument({ url: engines.url, key });
      const running = new RunningDocument<ReloadReport>({
        ...{ file: null, keeper: engineDocument, keptFile: "/nonexistent/kept", protocols: ["talk"] },
      });
      const node = await lastingGatehouse((await running.read()) as never, {
        ...{ node: key, protocols, pressure: false, document: running, engineDocument },
        control: undefined as never,
      });
      started.push(node);
      running.manage(node.gatehouse);
      await node.event("fleet.connected");
      return running.apply([
        { kind: "update", section: "SystemSettings", id: "singleton", patch: { maxConnections: 7 } },
      ]);
    };
    await startWith("{docs}:mail");
    expect(started[0]?.gatehouse.configuration.system.maxConnections).toBe(7);
    await expect(startWith("mail")).rejects.toThrow(/must begin with the fleet's keyPrefix in braces/);
    await Promise.all(started.map((node) => node.end()));
  });

  it("follows its keys to another server, and counts those inside there", async () => {
    await engines.move("{gatehouse}:fleet");
    await Promise.all(nodes.map((node) => node.event("fleet.degraded")));
    await Promise.all(nodes.map((node) => reaches(node, "connected.")));
    await bye(inside.pop() as Client);
    await fill(nodes, inside);
  });
});

describe.skipIf(!hasRedis)("a fleet on an engine that a Sentinel watches", () => {
  let engines: WatchedRedis;
  let nodes: LastingGatehouse[] = [];
  const inside: Client[] = [];
  beforeAll(async () => {
    engines = await WatchedRedis.start("s3cret/of @all");
    nodes = await start(engines.url, ["a", "b"]);
  });
  afterAll(async () => {
    await Promise.all(inside.map(bye));
    await Promise.all(nodes.map((node) => node.end()));
    await engines.stop();
  });

  it("goes on with the replica when the master is gone, without one client more than the cap", async () => {
    const fleetIn = async (server: RedisServer) => Number(await server.ask("EXISTS", "{gatehouse}:fleet"));
    await fill(nodes, inside);
    expect(await fleetIn(engines.master)).toBe(1);
    await engines.master.kill();
    await Promise.all(nodes.map((node) => node.event("fleet.degraded")));
    await Promise.all(nodes.map((node) => reaches(node, "connected.")));
    expect(String(await engines.replica.ask("INFO", "replication"))).toContain("role:master");
    // Whoever comes while the new master gives nothing away waits, and is refused.
    await bye(inside.pop() as Client);
    await fill(nodes, inside);
    expect(inside).toHaveLength(cap);
  });
});
