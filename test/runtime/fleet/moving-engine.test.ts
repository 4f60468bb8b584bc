import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningDocument } from "../../../src/config/index.ts";
import { EngineDocument } from "../../../src/runtime/fleet/engine-document.ts";
import { enginePlace } from "../../../src/runtime/fleet/engine-place.ts";
import type { ReloadReport } from "../../../src/runtime/reload/reload.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { type CertificateFiles, writeCertificates } from "./engine-certificates.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";
import { RedisCluster, WatchedRedis } from "./redis-servers.ts";

const cap = 6;

describe("the URL of an engine that moves", () => {
  it.each([
    ["redis://u:p@h:1/2", { kind: "address", url: "redis://u:p@h:1/2", tls: null }],
    [
      "rediss://h?caFile=/etc/a%20b.pem",
      { kind: "address", url: "rediss://h", tls: { caFile: "/etc/a b.pem", certificateFile: null, keyFile: null } },
    ],
    [
      "redis+sentinel://u:p%40@one:1,[::1]:2,three/main/4?sentinelPassword=s",
      {
        ...{ kind: "sentinel", tls: null, username: "u", password: "p@", name: "main", database: 4 },
        asked: [
          { host: "one", port: 1 },
          { host: "::1", port: 2 },
          { host: "three", port: 26_379 },
        ],
        ...{ sentinelUsername: null, sentinelPassword: "s" },
      },
    ],
    [
      "rediss+cluster://:p@one,two:7?certificateFile=/c&keyFile=/k",
      {
        ...{ kind: "cluster", username: null, password: "p", name: "", database: 0 },
        tls: { caFile: null, certificateFile: "/c", keyFile: "/k" },
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
    "redis://one?caFile=/etc/ca.pem",
    "redis://:pass?secret=@one",
    "rediss://one?caFile=ca.pem",
    "rediss+cluster://one?keyFile=/k",
    "rediss+cluster://one?sentinelPassword=secret",
    "redis+sentinel://one/main?sentinelpassword=secret",
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

let folder: string;
let certificates: CertificateFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatehouse-authority-"));
  certificates = await writeCertificates(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasRedis)("a fleet on a cluster of engines, by TLS", () => {
  let engines: RedisCluster;
  let nodes: LastingGatehouse[] = [];
  const inside: Client[] = [];
  beforeAll(async () => {
    engines = await RedisCluster.start(certificates);
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
    const owner = await engines.ownerOf("{gatehouse}:fleet");
    for (const name of ["gatehouse-a", "gatehouse-b"])
      await expect.poll(() => owner.ask("CLIENT", "LIST").then(String), { timeout: 10_000 }).toContain(`name=${name} `);
    await Promise.all(nodes.map((node) => reaches(node, "connected.")));
    await bye(inside.pop() as Client);
    await fill(nodes, inside);
  });
});

describe.skipIf(!hasRedis)("a fleet on an engine that a Sentinel watches, by TLS", () => {
  let engines: WatchedRedis;
  let nodes: LastingGatehouse[] = [];
  const inside: Client[] = [];
  beforeAll(async () => {
    engines = await WatchedRedis.start({
      ...{ password: "s3cret/of @all", sentinelPassword: "other+s3cret&more", certificates },
    });
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

describe.skipIf(!hasRedis)("an engine that speaks TLS", () => {
  let engine: RedisServer;
  let own: string;
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), "gatehouse-authority-"));
    engine = await RedisServer.start([], { certificates: await writeCertificates(own) });
  });
  afterAll(async () => {
    await engine.stop();
    await rm(own, { recursive: true, force: true });
  });

  it("is found again when it and its nodes have new certificates, of another authority", async () => {
    const [node] = (await start(engine.url, ["a"])) as [LastingGatehouse];
    await writeCertificates(own);
    await engine.restart();
    await node.event("fleet.degraded");
    await reaches(node, "connected.");
    await node.end();
  });

  it.each([
    [
      "whose authority is not known",
      () => engine.url.replace(/\?.*/, ""),
      /certificate.*See the names and the authority/,
    ],
    [
      "that wants a certificate and gets none",
      () => engine.url.replace(/&.*/, ""),
      /certificate required.*and caFile, certificateFile/,
    ],
  ])("%s is told apart from one that is away", async (_, url, words) => {
    const node = await lastingGatehouse(document(url(), { leaseTime: "10s" }) as never, {
      node: "b",
      protocols,
      pressure: false,
    });
    const { error } = await node.event("fleet.isolated");
    expect(String(error)).toMatch(words);
    await node.end();
  });

  it("is not looked for where a file is missing, or is none", async () => {
    const startWith = (url: string) =>
      lastingGatehouse(document(url) as never, { node: "c", protocols, pressure: false });
    await expect(startWith(engine.url.replace("key.pem", "other.pem"))).rejects.toThrow(/other\.pem/);
    await writeFile(join(own, "none.pem"), "no certificate");
    await expect(startWith(engine.url.replace("cert.pem", "none.pem"))).rejects.toThrow(/cluster\.url.*cannot be used/);
  });
});
