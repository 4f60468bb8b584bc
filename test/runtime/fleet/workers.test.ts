import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RunningDocument } from "../../../src/config/index.ts";
import { EngineDocument } from "../../../src/runtime/fleet/engine-document.ts";
import type { ReloadReport } from "../../../src/runtime/reload/reload.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come, inParallel } from "../workers/clients.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

const modules = { common: "../workers/talk-module.ts", extra: "./extra-module.ts" };
const isInside = ({ said }: Client): boolean => said.startsWith("hello");

interface Node extends LastingGatehouse {
  readonly document: RunningDocument<ReloadReport>;
}

describe.skipIf(!hasRedis)("two nodes of a fleet with two workers each", () => {
  let engine: RedisServer;
  let nodes: readonly [Node, Node];
  const key = "crowded";

  async function startNode(node: string, own: keyof typeof modules): Promise<Node> {
    const engineDocument = new EngineDocument({ url: engine.url, key });
    const protocols = own === "extra" ? ["talk", "extra"] : ["talk"];
    const document = new RunningDocument<ReloadReport>({
      ...{ file: null, keeper: engineDocument, keptFile: "/nonexistent/kept", protocols },
    });
    const workers = { module: new URL(modules[own], import.meta.url) };
    const running = await lastingGatehouse((await document.read()) as never, {
      ...{ node, workers, document, engineDocument },
    });
    document.manage(running.gatehouse);
    await running.event("fleet.connected");
    return { ...running, document };
  }

  beforeAll(async () => {
    engine = await RedisServer.start();
    await engine.settled(key);
    const listener = { protocol: "talk", bind: ["127.0.0.1:0"], useTls: false };
    const document = {
      NetworkListener: [
        { ...listener, name: "talk", maxConnections: 20 },
        { ...listener, name: "rated", connectionRate: { count: 5, interval: "1m" } },
        { ...listener, name: "few", maxConnectionsPerAddress: 3 },
      ],
      SystemSettings: {
        ...{ maxConnections: 20, drainTimeout: "1s", workers: 2 },
        cluster: { url: engine.url, keyPrefix: key, leaseTime: "3s" },
      },
    };
    await engine.ask("SET", key, JSON.stringify(document));
    nodes = await Promise.all([startNode("a", "common"), startNode("b", "extra")]);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await engine.stop();
  });

  const visitors: Client[] = [];
  const visit = async (at: number, listener = "talk"): Promise<Client> => {
    const visitor = await come((nodes[at % 2] as Node).port(listener));
    visitors.push(visitor);
    return visitor;
  };
  /** As many as come in; who does not comes again. */
  const untilInside = async (at: number, count: number): Promise<Client[]> => {
    const inside: Client[] = [];
    while (inside.length < count) {
      const coming = Array.from({ length: count - inside.length }, () => visit(at));
      inside.push(...(await Promise.all(coming)).filter(isInside));
    }
    return inside;
  };
  /** At both workers of a node. */
  const crowd = async (at: number): Promise<Client[]> => {
    const clients = await untilInside(at, 4);
    while (new Set(clients.map(({ said }) => said)).size < 2) {
      clients[0]?.socket.write("block\r\n");
      clients.push(...(await untilInside(at, 1)));
    }
    return clients;
  };
  const leave = (clients: readonly Client[]): Promise<unknown> => Promise.all(clients.map(bye));
  const emptied = () =>
    expect.poll(() => nodes.map(({ gatehouse }) => gatehouse.nodes()[0]?.connections)).toEqual([0, 0]);

  afterEach(async () => {
    for (const { socket } of visitors.splice(0)) socket.destroy();
    await emptied();
  });

  it("have never more clients inside than the cap of all", async () => {
    let [inside, most, admitted] = [0, 0, 0];
    const refusals = new Map<string, number>();
    let turn = 0;
    await inParallel(1_000, 120, async () => {
      const client = await visit(turn++);
      if (!isInside(client)) {
        refusals.set(client.said, (refusals.get(client.said) ?? 0) + 1);
        await client.over;
        return;
      }
      inside += 1;
      most = Math.max(most, inside);
      admitted += 1;
      await delay(5);
      inside -= 1;
      await bye(client);
    });
    expect(most).toBeLessThanOrEqual(20);
    expect(most).toBeGreaterThan(10);
    // Both caps are 20.
    expect(new Set([...refusals.keys(), "busy server-cap", "busy listener-cap"]).size).toBe(2);
    expect([...refusals.values()].reduce((sum, count) => sum + count, admitted)).toBe(1_000);
  });

  it("let one node have all that the other does not need", async () => {
    const onB = await untilInside(1, 8);
    const onA = await untilInside(0, 12);
    expect((await visit(0)).said).toBe("busy server-cap");
    expect((await visit(1)).said).toBe("busy server-cap");
    await leave(onB);
    onA.push(...(await untilInside(0, 8)));
    await leave(onA);
  });

  it("let in as many of an address in a time as one server would", async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, (_, at) => visit(at, "rated")));
    expect(clients.filter(isInside)).toHaveLength(5);
    for (const client of clients)
      if (!isInside(client)) expect(client.said).toMatch(/^busy (address-rate|server-cap|listener-cap)$/);
    await leave(clients.filter(isInside));
  });

  it("let an address have as many connections as it may, until they are gone", async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, (_, at) => visit(at, "few")));
    const inside = clients.filter(isInside);
    expect(inside).toHaveLength(3);
    await bye(inside[0] as Client);
    let next = await visit(1, "few");
    while (!isInside(next)) next = await visit(1, "few");
    await leave([next, ...inside.slice(1)]);
  });

  it("refuse whom one of them has blocked, at every worker", async () => {
    const [a, b] = nodes;
    const before = [...(await crowd(0)), ...(await crowd(1))];
    a.gatehouse.block({ address: "127.0.0.1" });
    await expect.poll(() => b.gatehouse.blocked().length).toBe(1);
    const said = await Promise.all(Array.from({ length: 20 }, (_, at) => visit(at).then((client) => client.said)));
    expect(new Set(said)).toEqual(new Set(["busy blocked"]));
    b.gatehouse.unblock("127.0.0.1");
    await expect.poll(() => a.gatehouse.blocked().length).toBe(0);
    await leave(before);
  });

  it("suspend a listener, and close a connection, wherever it is", async () => {
    const [a, b] = nodes;
    await b.gatehouse.suspend("talk");
    await a.event("listener.paused", ({ listener }) => listener === "talk");
    await b.gatehouse.resume("talk");
    await expect.poll(() => a.gatehouse.listeners()[0]?.state).toBe("listening");
    const [client] = await untilInside(1, 1);
    const [connection] = b.gatehouse.connections();
    expect(await a.gatehouse.closeAnywhere(connection?.id ?? "", { now: true })).toBe(true);
    await client?.over;
  });

  it("give what a worker had back to all of them when it is killed", async () => {
    const here = await crowd(0);
    const there = await untilInside(1, 20 - here.length);
    expect((await visit(1)).said).toBe("busy server-cap");
    const doomed = here.filter(({ said }) => said === here[0]?.said);
    doomed[0]?.socket.write("die\r\n");
    await Promise.all(doomed.map(({ over }) => over));
    there.push(...(await untilInside(1, doomed.length)));
    expect((await visit(1)).said).toBe("busy server-cap");
    await leave([...there, ...here.filter((client) => !doomed.includes(client))]);
  });

  it("put a document into force in every worker of both, or in none", async () => {
    const [, b] = nodes;
    await b.document.apply([
      { kind: "update", section: "SystemSettings", id: "singleton", patch: { maxConnections: 6 } },
    ]);
    const inside = [...(await untilInside(0, 3)), ...(await untilInside(1, 3))];
    const said = await Promise.all(Array.from({ length: 8 }, (_, at) => visit(at).then((client) => client.said)));
    expect(new Set(said)).toEqual(new Set(["busy server-cap"]));
    await leave(inside);
    const value = { name: "other", protocol: "extra", bind: ["127.0.0.1:0"], useTls: false };
    const refused = b.document.apply([{ kind: "create", section: "NetworkListener", value }]);
    await expect(refused).rejects.toThrow(/not put into force on any node.*\nNode "a": .*protocol/s);
    expect(nodes.map(({ gatehouse }) => gatehouse.listeners().length)).toEqual([3, 3]);
  });
});
