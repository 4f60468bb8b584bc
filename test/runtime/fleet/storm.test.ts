/** A small storm; `bench/fleet-storm.ts` is the large one, with processes that are killed and paused. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come, inParallel } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { EngineWay } from "./engine-way.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

const cap = 12;

describe.skipIf(!hasRedis)("a fleet in a storm keeps to its cap", () => {
  let engine: RedisServer;
  let ways: EngineWay[] = [];
  let nodes: LastingGatehouse[] = [];
  let [inside, most] = [0, 0];

  beforeAll(async () => {
    engine = await RedisServer.start();
    await engine.settled("storm");
    ways = await Promise.all(["a", "b", "c"].map(() => EngineWay.open(engine.port)));
    nodes = await Promise.all(
      ways.map(({ url }, at) =>
        lastingGatehouse(
          {
            NetworkListener: [{ name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false }],
            SystemSettings: {
              maxConnections: cap,
              drainTimeout: "1s",
              cluster: { url, keyPrefix: "storm", leaseTime: "1s", onLoss: "refuse" },
            },
          } as never,
          { node: "abc"[at] ?? "", protocols },
        ),
      ),
    );
    await Promise.all(nodes.map((node) => node.event("fleet.connected")));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    for (const way of ways) way.close();
    await engine.stop();
  });

  const reaches = ({ gatehouse }: LastingGatehouse, state: string): Promise<void> =>
    expect.poll(() => gatehouse.fleet()?.state, { timeout: 15_000, interval: 10 }).toBe(state);

  async function enter(node: LastingGatehouse | undefined): Promise<Client | null> {
    const client = await come(node?.port("talk") ?? 0);
    if (!client.said.startsWith("hello")) return null;
    inside += 1;
    most = Math.max(most, inside);
    return client;
  }
  async function leave(client: Client): Promise<void> {
    inside -= 1;
    await bye(client);
  }
  /** @returns how many were let in */
  async function visits(total: number): Promise<number> {
    let [turn, admitted] = [0, 0];
    await inParallel(total, 40, async () => {
      const client = await enter(nodes[turn++ % nodes.length]);
      if (!client) return;
      admitted += 1;
      await delay(5);
      await leave(client);
    });
    return admitted;
  }
  const untilLetIn = () => expect.poll(() => visits(12), { timeout: 15_000 }).toBeGreaterThan(0);

  it.each([
    ["nothing else", async () => {}, async () => {}],
    [
      "an engine that is slow",
      async () => {
        for (const way of ways) way.delay = 100;
      },
      async () => {
        for (const way of ways) way.delay = 0;
      },
    ],
    [
      "an engine that is full",
      async () => {
        await engine.ask("CONFIG", "SET", "maxmemory", "1");
        await Promise.all(nodes.map((node) => reaches(node, "isolated")));
      },
      () => engine.ask("CONFIG", "SET", "maxmemory", "0"),
    ],
    [
      "an engine that takes no changes without its replica",
      async () => {
        await engine.ask("CONFIG", "SET", "min-replicas-to-write", "1");
        await Promise.all(nodes.map((node) => reaches(node, "isolated")));
      },
      () => engine.ask("CONFIG", "SET", "min-replicas-to-write", "0"),
    ],
    [
      "an engine that hangs",
      async () => {
        process.kill(engine.pid, "SIGSTOP");
        await Promise.all(nodes.map((node) => reaches(node, "isolated")));
      },
      async () => void process.kill(engine.pid, "SIGCONT"),
    ],
    ["an engine that has forgotten everything", () => engine.restart(), async () => {}],
  ])("with %s", async (_, happens, ends) => {
    most = 0;
    const load = visits(200);
    await happens();
    await visits(100);
    await load;
    await ends();
    await Promise.all(nodes.map((node) => reaches(node, "connected")));
    await untilLetIn();
    expect(most).toBeLessThanOrEqual(cap);
    expect(most).toBeGreaterThan(2);
  });

  it("with a node that is cut off, but for those inside it, and lets nobody in until there are fewer", async () => {
    const [a, b] = nodes;
    const onA: Client[] = [];
    while (onA.length < 4) {
      const client = await enter(a);
      if (client) onA.push(client);
    }
    ways[0]?.cut();
    await reaches(a as LastingGatehouse, "isolated");
    expect(await enter(a)).toBeNull();
    most = 0;
    const onB: Client[] = [];
    while (onB.length < cap) {
      const client = await enter(b);
      if (client) onB.push(client);
    }
    expect(await visits(60)).toBe(0);
    expect(most).toBe(cap + 4);
    ways[0]?.mend();
    await reaches(a as LastingGatehouse, "connected");
    expect(await visits(60)).toBe(0);
    for (const client of onB.splice(0, 4)) await leave(client);
    expect(await visits(60)).toBe(0);
    for (const client of [...onA, ...onB]) await leave(client);
    await untilLetIn();
  });
});
