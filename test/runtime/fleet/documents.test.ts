import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningDocument } from "../../../src/config/index.ts";
import type { Protocol } from "../../../src/index.ts";
import { EngineDocument } from "../../../src/runtime/fleet/engine-document.ts";
import type { ReloadReport } from "../../../src/runtime/reload/reload.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, come } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

interface Node extends LastingGatehouse {
  readonly document: RunningDocument<ReloadReport>;
}

const key = "mail";
const extra: Protocol = { ...(protocols[0] as Protocol), name: "extra" };

describe.skipIf(!hasRedis)("a document that the engine keeps for all nodes", () => {
  let engine: RedisServer;
  let nodes: Node[] = [];
  const text = (more = "") => `{
  // Comments stay.
  "NetworkListener": [{ "name": "talk", "protocol": "talk", "bind": ["127.0.0.1:0"], "useTls": false${more} }],
  "SystemSettings": { "drainTimeout": "1s", "cluster": { "url": "${engine.url}", "keyPrefix": "docs", "node": "all", "leaseTime": "3s" } }
}`;

  async function startNode(
    node: string,
    own: readonly Protocol[] = protocols,
    onBound: () => Promise<void> = async () => {},
  ): Promise<Node> {
    const engineDocument = new EngineDocument({ url: engine.url, key });
    const names = own.map(({ name }) => name);
    const document = new RunningDocument<ReloadReport>({
      ...{ file: null, keeper: engineDocument, keptFile: "/nonexistent/kept", protocols: names },
    });
    const configuration = await document.read();
    const running = await lastingGatehouse(configuration as never, {
      ...{ node, protocols: own, document, engineDocument, onBound },
      control: undefined as never,
    });
    document.manage(running.gatehouse);
    await running.event("fleet.connected");
    return { ...running, document };
  }

  beforeAll(async () => {
    engine = await RedisServer.start();
    await engine.settled("docs");
    await engine.ask("SET", key, text());
    nodes = await Promise.all([
      startNode("a", [...protocols, extra]),
      startNode("b"),
      startNode("c", [...protocols, extra]),
    ]);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await engine.stop();
  });

  const caps = () => nodes.map(({ gatehouse }) => gatehouse.configuration.listeners[0]?.maxConnections);
  const digests = () => new Set(nodes.map(({ gatehouse }) => gatehouse.fleet()?.document));
  const setCap = (node: Node | undefined, maxConnections: number) =>
    node?.document.apply([{ kind: "update", section: "NetworkListener", id: "talk", patch: { maxConnections } }]);

  it("names no node, and is the same on all", () => {
    expect(nodes.map(({ gatehouse }) => gatehouse.fleet()?.node)).toEqual(["a", "b", "c"]);
    expect(digests().size).toBe(1);
  });

  it("is in force on all nodes when a change of it is answered, with nobody refused meanwhile", async () => {
    const before = [...digests()][0];
    let coming = true;
    const said: string[] = [];
    const crowd = nodes.map(async (node) => {
      while (coming) {
        const client = await come(node.port("talk"));
        said.push(client.said.replace(/^hello .*/, "hello"));
        await bye(client);
      }
    });
    const applied = await setCap(nodes[1], 77);
    expect(caps()).toEqual([77, 77, 77]);
    coming = false;
    await Promise.all(crowd);
    expect(new Set(said)).toEqual(new Set(["hello"]));
    expect(applied).toMatchObject({ place: { kind: "engine", file: "redis:mail" }, report: { warnings: [] } });
    expect(await engine.ask("GET", key)).toBe(text(', "maxConnections": 77'));
    expect(digests().size).toBe(1);
    expect(digests()).not.toContain(before);
    const reports = nodes.map((node) => node.event("reload.carriedOut").then(({ by }) => by));
    expect(await Promise.all(reports)).toEqual(["node b", "embedder", "node b"]);
  });

  it("is in force on none when one node cannot take it, whose name and words are the answer", async () => {
    const before = await engine.ask("GET", key);
    const value = { name: "other", protocol: "extra", bind: ["127.0.0.1:0"], useTls: false };
    const refused = nodes[0]?.document.apply([{ kind: "create", section: "NetworkListener", value }]);
    await expect(refused).rejects.toThrow(
      /not put into force on any node; everything is as it was\.\nNode "b": .*protocol/s,
    );
    expect(nodes.map(({ gatehouse }) => gatehouse.listeners().length)).toEqual([1, 1, 1]);
    expect(await engine.ask("GET", key)).toBe(before);
    await setCap(nodes[2], 78);
    expect(caps()).toEqual([78, 78, 78]);
  });

  it("has every change that was answered with success, when several nodes change it at once", async () => {
    const outcomes = await Promise.allSettled(nodes.map((node, at) => setCap(node, 80 + at)));
    const done = outcomes.flatMap(({ status }, at) => (status === "fulfilled" ? [80 + at] : []));
    expect(done.length).toBeGreaterThan(0);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(String(outcome.reason)).toMatch(/changed/);
    const [cap] = new Set(caps());
    expect(caps()).toEqual([cap, cap, cap]);
    expect(done).toContain(cap);
  });

  it("comes to a node that was away, and to one that starts later", async () => {
    const later = text(', "maxConnections": 90');
    await engine.ask("SET", key, later);
    await engine.ask("HSET", "{docs}:document", "digest", new EngineDocument({ url: engine.url, key }).digestOf(later));
    await expect.poll(caps, { timeout: 10_000 }).toEqual([90, 90, 90]);
    const d = await startNode("d");
    expect(d.gatehouse.configuration.listeners[0]?.maxConnections).toBe(90);
    nodes.push(d);
    await setCap(d, 91);
    expect(caps()).toEqual([91, 91, 91, 91]);
  });

  it("waits for no node that begins, which has it as soon as it serves", async () => {
    const { promise: held, resolve: serve } = Promise.withResolvers<void>();
    const beginning = startNode("e", protocols, () => held);
    const leases = async () => (await engine.ask("HKEYS", "{docs}:leases")) as string[];
    await expect.poll(leases).toContainEqual(expect.stringMatching(/^e\//));
    const applied = await setCap(nodes[0], 93);
    expect(applied).toMatchObject({ report: { warnings: [] } });
    expect(caps()).toEqual([93, 93, 93, 93]);
    serve();
    const e = await beginning;
    await e.event("reload.carriedOut", ({ by }) => by === "fleet");
    expect(e.gatehouse.configuration.listeners[0]?.maxConnections).toBe(93);
    await setCap(nodes[0], 91);
    await e.end();
  });

  it("is left out when it cannot be used, until there is another one", async () => {
    const rejected = () => nodes.map(({ events }) => events.filter(({ type }) => type === "reload.rejected").length);
    const before = rejected();
    const decideFor = async (content: string): Promise<void> => {
      await engine.ask("SET", key, content);
      const digest = new EngineDocument({ url: engine.url, key }).digestOf(content);
      await engine.ask("HSET", "{docs}:document", "digest", digest);
    };
    await decideFor("{ is no document");
    await expect.poll(rejected, { timeout: 10_000 }).toEqual(before.map((count) => count + 1));
    expect(caps()).toEqual([91, 91, 91, 91]);
    await decideFor(text(', "maxConnections": 92'));
    await expect.poll(caps, { timeout: 10_000 }).toEqual([92, 92, 92, 92]);
    expect(rejected()).toEqual(before.map((count) => count + 1));
  });

  it("is read again by all nodes when one is told to", async () => {
    // An engine that has begun anew does not know all nodes yet: the document waits for them.
    await engine.restart();
    await engine.ask("SET", key, text(', "maxConnections": 95'));
    const [a] = nodes;
    await expect.poll(() => a?.gatehouse.fleet()?.state, { timeout: 10_000 }).toBe("connected");
    await a?.gatehouse.reload((await a.document.read()) as never);
    expect(caps()).toEqual([95, 95, 95, 95]);
  });

  it("waits for no node that was killed for longer than its lease, and for the engine it does not wait", async () => {
    await nodes.pop()?.end();
    await setCap(nodes[0], 96);
    expect(caps()).toEqual([96, 96, 96]);
    await engine.kill();
    await expect(setCap(nodes[0], 97)).rejects.toThrow(/cannot be (read|reached)/);
    expect(caps()).toEqual([96, 96, 96]);
  });
});
