/**
 * A fleet whose engine has two masters: one that its Sentinel has given up, and that still takes what nodes ask of it, and
 * the one in its place.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { EngineWay } from "./engine-way.ts";
import { hasRedis } from "./redis-server.ts";
import { WatchedRedis } from "./redis-servers.ts";

const cap = 6;

describe.skipIf(!hasRedis)("a fleet whose engine has two masters for a while", () => {
  let engines: WatchedRedis;
  /** By which one of the nodes asks the Sentinel. */
  let way: EngineWay;
  let nodes: LastingGatehouse[] = [];
  const inside: [Client[], Client[]] = [[], []];

  beforeAll(async () => {
    engines = await WatchedRedis.start({ password: "one", sentinelPassword: "two" });
    way = await EngineWay.open(engines.sentinel.port);
    const urls = [engines.urlBy(way.port), engines.url];
    nodes = await Promise.all(
      urls.map((url, at) =>
        lastingGatehouse(
          {
            NetworkListener: [{ name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false }],
            SystemSettings: { maxConnections: cap, drainTimeout: "1s", cluster: { url, leaseTime: "3s" } },
          } as never,
          { node: "ab"[at] ?? "", protocols, pressure: false },
        ),
      ),
    );
    await Promise.all(nodes.map((node) => node.event("fleet.connected")));
  });
  afterAll(async () => {
    await Promise.all(inside.flat().map(bye));
    await Promise.all(nodes.map((node) => node.end()));
    way.close();
    await engines.stop();
  });

  const enter = async (at: 0 | 1): Promise<boolean> => {
    const client = await come(nodes[at]?.port("talk") ?? 0);
    if (client.said.startsWith("hello")) inside[at].push(client);
    return client.said.startsWith("hello");
  };
  const blockedAt = (at: 0 | 1) =>
    nodes[at]?.gatehouse
      .blocked()
      .map(({ address }) => address)
      .sort();
  const state = (at: 0 | 1) => nodes[at]?.gatehouse.fleet()?.state;

  it("lets each master's nodes have the whole cap, and no more", async () => {
    await enter(0);
    await enter(1);
    nodes[0]?.gatehouse.block({ address: "192.0.2.9" });
    await expect.poll(() => engines.replica.ask("HEXISTS", "{gatehouse}:shared", "blocked/192.0.2.9")).toBe(1);
    way.cut();
    await engines.abandonMaster("gatehouse-a");
    await expect.poll(() => state(1), { timeout: 10_000 }).toBe("connected");
    await expect.poll(() => state(0), { timeout: 10_000 }).toBe("connected");
    for (const at of [0, 1] as const) {
      // What it counts of the other node ends with that one's lease.
      await expect.poll(async () => (await enter(at)) || inside[at].length === cap, { timeout: 10_000 }).toBe(true);
      while (inside[at].length < cap) await enter(at);
      expect(await enter(at)).toBe(false);
      expect(inside[at]).toHaveLength(cap);
    }
    nodes[0]?.gatehouse.block({ address: "192.0.2.1" });
    nodes[1]?.gatehouse.block({ address: "192.0.2.2" });
    const isTold = () => engines.replica.ask("HEXISTS", "{gatehouse}:shared", "blocked/192.0.2.2");
    await expect.poll(isTold).toBe(1);
    expect(blockedAt(0)).toEqual(["192.0.2.1", "192.0.2.9"]);
    expect(blockedAt(1)).toEqual(["192.0.2.2", "192.0.2.9"]);
  });

  it("is one again as soon as its nodes can ask a Sentinel, with what each side has blocked", async () => {
    way.mend();
    const all = ["192.0.2.1", "192.0.2.2", "192.0.2.9"];
    for (const at of [0, 1] as const) await expect.poll(() => blockedAt(at), { timeout: 10_000 }).toEqual(all);
    await expect.poll(() => state(0)).toBe("connected");
  });

  it("lets nobody in until there are fewer than the cap", async () => {
    while (inside.flat().length > cap) {
      expect(await enter(0)).toBe(false);
      expect(await enter(1)).toBe(false);
      await bye((inside[0].pop() ?? inside[1].pop()) as Client);
    }
    expect([await enter(0), await enter(1)]).toEqual([false, false]);
    await bye(inside[1].pop() as Client);
    await expect.poll(() => enter(1), { timeout: 10_000 }).toBe(true);
    expect([await enter(0), await enter(1)]).toEqual([false, false]);
  });
});
