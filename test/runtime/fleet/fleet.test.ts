import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from "vitest";
import { statusReport } from "../../../src/control/reports.ts";
import { defaultLoginDelays, LocalFailures, LoginFailures } from "../../../src/protocols/login-failures.ts";
import type { Engine } from "../../../src/runtime/fleet/engine.ts";
import { type FailureNote, FleetFailures } from "../../../src/runtime/fleet/fleet-failures.ts";
import { openRedis } from "../../../src/runtime/fleet/redis-engine.ts";
import { type HeldAnswer, type SettleRequest, settleScript } from "../../../src/runtime/fleet/settle-script.ts";
import { TestClock } from "../../../src/testing/index.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come, inParallel } from "../workers/clients.ts";
import { protocols } from "../workers/talk-module.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

let fleets = 0;
const prefix = (): string => `test${++fleets}`;

/** Clients who come again until so many are inside: what another node has to give back takes its time. */
async function untilInside(node: LastingGatehouse, count: number): Promise<Client[]> {
  const inside: Client[] = [];
  while (inside.length < count) {
    const coming = Array.from({ length: count - inside.length }, () => come(node.port("talk")));
    for (const client of await Promise.all(coming)) if (client.said.startsWith("hello")) inside.push(client);
  }
  return inside;
}

const reaches = ({ gatehouse }: LastingGatehouse, state: string): Promise<void> =>
  expect.poll(() => Object.keys(gatehouse.states()["fleet"] ?? {}).join()).toContain(state);

describe.skipIf(!hasRedis)("a fleet on a real engine", () => {
  let engine: RedisServer;
  beforeAll(async () => {
    engine = await RedisServer.start();
  });
  afterAll(() => engine.stop());

  const document = (keyPrefix: string, cluster: object = {}, listener: object = {}) => ({
    NetworkListener: [{ name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false, ...listener }],
    SystemSettings: {
      maxConnections: 100,
      drainTimeout: "1s",
      cluster: { url: engine.url, keyPrefix, leaseTime: "20s", ...cluster },
    },
  });

  async function startNodes(names: readonly string[], cluster: object = {}, listener: object = {}) {
    const keyPrefix = prefix();
    await engine.settled(keyPrefix);
    const config = document(keyPrefix, cluster, listener) as never;
    const nodes: LastingGatehouse[] = [];
    for (const node of names) nodes.push(await lastingGatehouse(config, { node, protocols }));
    for (const node of nodes) await reaches(node, "connected.");
    return { nodes, keyPrefix, end: () => Promise.all(nodes.map((node) => node.end())) };
  }

  it("has never more clients inside than it may have, on whichever node they come", async () => {
    // A client that waits is looked at again and again: nothing may pile up at its socket.
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): unknown => warnings.push(name);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const { nodes, end } = await startNodes(["a", "b", "c"]);
    let [inside, most, admitted, refused] = [0, 0, 0, 0];
    let turn = 0;
    await inParallel(1_000, 250, async () => {
      const node = nodes[turn++ % 3] as LastingGatehouse;
      const client = await come(node.port("talk"));
      if (!client.said.startsWith("hello")) {
        expect(client.said).toMatch(/^busy (server|listener)-cap$/);
        refused += 1;
        await client.over;
        return;
      }
      inside += 1;
      most = Math.max(most, inside);
      admitted += 1;
      await delay(30);
      inside -= 1;
      await bye(client);
    });
    expect(most).toBeLessThanOrEqual(100);
    expect(most).toBeGreaterThan(20);
    expect(admitted + refused).toBe(1_000);
    expect(warnings).not.toContain("MaxListenersExceededWarning");
    await end();
  });

  it("lets one node have all that the others do not need", async () => {
    const { nodes, end } = await startNodes(["a", "b"]);
    const [a, b] = nodes as [LastingGatehouse, LastingGatehouse];
    const onB = await untilInside(b, 40);
    const onA = await untilInside(a, 60);
    expect(onB.every(({ said }) => said.startsWith("hello"))).toBe(true);
    expect((await come(a.port("talk"))).said).toBe("busy server-cap");
    await Promise.all(onB.map(bye));
    await b.event("connection.closed", () => b.gatehouse.connections().length === 0);
    const more = await untilInside(a, 40);
    await Promise.all([...onA, ...more].map(bye));
    await end();
  });

  it("holds clients of a listener that holds, until another node has a slot for them", async () => {
    const { nodes, end } = await startNodes(["a", "b"], {}, { maxConnections: 4, atCapacity: "hold" });
    const [a, b] = nodes as [LastingGatehouse, LastingGatehouse];
    const onA = await Promise.all(Array.from({ length: 4 }, () => come(a.port("talk"))));
    const waiting = come(b.port("talk"));
    await b.event("listener.paused");
    await bye(onA[0] as Client);
    expect((await waiting).said).toMatch(/^hello/);
    await Promise.all([...onA.slice(1), await waiting].map(bye));
    await end();
  });
});

describe.skipIf(!hasRedis)("what the nodes of a fleet share", () => {
  let engine: RedisServer;
  let nodes: LastingGatehouse[] = [];
  let keyPrefix = "";
  beforeAll(async () => {
    engine = await RedisServer.start();
    keyPrefix = prefix();
    await engine.settled(keyPrefix);
    const config = {
      NetworkListener: [
        { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false },
        {
          ...{ name: "rated", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false },
          connectionRate: { count: 5, interval: "1m" },
        },
        {
          ...{ name: "few", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false },
          ...{ maxConnectionsPerAddress: 4, connectionRate: { count: 1_000, interval: "1m" } },
        },
      ],
      SystemSettings: { drainTimeout: "1s", cluster: { url: engine.url, keyPrefix, leaseTime: "3s" } },
    };
    nodes = await Promise.all(["a", "b", "c"].map((node) => lastingGatehouse(config as never, { node, protocols })));
    await Promise.all(nodes.map((node) => node.event("fleet.connected")));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await engine.stop();
  });
  const said = async (node: LastingGatehouse | undefined, listener = "talk"): Promise<string> => {
    const client = await come(node?.port(listener) ?? 0);
    client.socket.destroy();
    return client.said.replace(/ \d$/, "");
  };
  const allSay = async (): Promise<string> => [...new Set(await Promise.all(nodes.map((node) => said(node))))].join();

  it("shows all nodes at each of them, and counts that add up", async () => {
    const [, b] = nodes;
    const inside = await Promise.all(nodes.flatMap((node) => [come(node.port("talk")), come(node.port("talk"))]));
    const sums = () => nodes.map(({ gatehouse }) => statusReport(gatehouse, null).fleet?.connections);
    await expect.poll(sums, { timeout: 10_000 }).toEqual([6, 6, 6]);
    expect(b && statusReport(b.gatehouse, null).fleet).toMatchObject({
      ...{ node: "b", state: "connected" },
      nodes: [
        { node: "b", age: 0 },
        { node: "a", state: "running", generation: 1, pid: process.pid, connections: 2 },
        { node: "c", state: "running", generation: 1, pid: process.pid, connections: 2 },
      ],
    });
    await Promise.all(inside.map(bye));
  });

  it("lets exactly as many in as the rate allows, on whichever nodes they come", async () => {
    const words = await Promise.all(Array.from({ length: 15 }, (_, at) => said(nodes[at % 3], "rated")));
    expect(words.filter((word) => word === "hello")).toHaveLength(5);
    expect(words.filter((word) => word !== "hello")).toEqual(Array.from({ length: 10 }, () => "busy address-rate"));
  });

  it("lets an address have as many connections as it may, over all nodes, until they are gone", async () => {
    const comeTo = (at: number) => come(nodes[at % 3]?.port("few") ?? 0);
    const crowd = await Promise.all(Array.from({ length: 60 }, (_, at) => comeTo(at)));
    const inside = crowd.filter((client) => client.said.startsWith("hello"));
    expect(inside).toHaveLength(4);
    expect(new Set(crowd.map(({ said }) => said.replace(/^hello .*/, "hello")))).toEqual(
      new Set(["hello", "busy address-cap"]),
    );
    // Not by one more than have left, wherever they come.
    for (const leaving of inside.splice(0, 2)) await bye(leaving);
    await expect
      .poll(async () => {
        const next = await comeTo(inside.length);
        if (next.said.startsWith("hello")) inside.push(next);
        return inside.length;
      })
      .toBe(4);
    for (const at of [0, 1, 2]) expect((await comeTo(at)).said).toBe("busy address-cap");
    // A server that begins anew is told.
    await engine.restart();
    const counted = async (): Promise<number> => {
      const counts = (await engine.ask("HVALS", `{${keyPrefix}}:few:127.0.0.1:inside`).catch(() => [])) as string[];
      return counts.reduce((sum, count) => sum + Number(count), 0);
    };
    await expect.poll(counted).toBe(4);
    // Until a node has found the engine again, it decides by its own counts.
    for (const { gatehouse } of nodes)
      await expect.poll(() => gatehouse.fleet()?.state, { timeout: 10_000 }).toBe("connected");
    for (const at of [0, 1, 2]) expect((await comeTo(at)).said).toBe("busy address-cap");
    // Those of a process that has ended do not count.
    const ending = await lastingGatehouse(nodes[0]?.gatehouse.configuration as never, { node: "e", protocols });
    await ending.event("fleet.connected");
    await bye(inside.pop() as Client);
    await expect.poll(counted).toBe(3);
    expect((await come(ending.port("few"))).said).toMatch(/^hello/);
    expect((await comeTo(0)).said).toBe("busy address-cap");
    await ending.end();
    const last = await comeTo(1);
    expect(last.said).toMatch(/^hello/);
    await Promise.all([...inside, last].map(bye));
    await expect.poll(counted).toBe(0);
  });

  it("ends a connection of another node, and says when no node has it", async () => {
    const client = await come(nodes[0]?.port("talk") ?? 0);
    const id = nodes[0]?.gatehouse.connections()[0]?.id ?? "";
    expect(nodes[1]?.gatehouse.close(id)).toBe(false);
    expect(await nodes[1]?.gatehouse.closeAnywhere(id)).toBe(true);
    await client.over;
    await nodes[0]?.event("connection.closed", ({ connection }) => connection.id === id);
    expect(await nodes[1]?.gatehouse.closeAnywhere(id)).toBe(false);
  });

  it("goes on when somebody else speaks on its channel", async () => {
    const channel = `{${keyPrefix}}:notes`;
    const clients = () =>
      engine.ask("CLIENT", "LIST").then((list) =>
        String(list)
          .match(/ id=\d+ .*gatehouse-/g)
          ?.sort(),
      );
    const before = await clients();
    // All three are there for each: nobody has hung up because of the one before.
    for (const words of ["not JSON", "null", "7", '{"note":"unheard of"}'])
      expect(await engine.ask("PUBLISH", channel, words)).toBe(3);
    expect(await allSay()).toBe("hello");
    expect(await clients()).toEqual(before);
  });

  it("refuses a blocked address on all nodes, after the engine has forgotten everything, too", async () => {
    expect(await allSay()).toBe("hello");
    nodes[0]?.gatehouse.block({ address: "127.0.0.1", reason: "tries" });
    await expect.poll(allSay).toBe("busy blocked");
    await engine.restart();
    await expect.poll(() => engine.ask("HLEN", `{test${fleets}}:shared`).catch(() => null)).toBe(3);
    expect(await allSay()).toBe("busy blocked");
    nodes[1]?.gatehouse.unblock("127.0.0.1");
    await expect.poll(allSay).toBe("hello");
  });

  it("suspends a listener on all nodes, and on one that comes later", async () => {
    await nodes[2]?.gatehouse.suspend("rated");
    const states = () => nodes.map(({ gatehouse }) => gatehouse.listeners()[1]?.pausedBy.join());
    await expect.poll(states).toEqual(["suspended", "suspended", "suspended"]);
    const later = await lastingGatehouse(nodes[0]?.gatehouse.configuration as never, { node: "d", protocols });
    await later.event("listener.paused");
    await nodes[0]?.gatehouse.resume("rated");
    await expect.poll(() => later.gatehouse.listeners()[1]?.state).toBe("listening");
    await expect.poll(states).toEqual(["", "", ""]);
    await later.end();
  });
});

test.skipIf(!hasRedis)("A failed log-in at one node holds up the next one at each.", async () => {
  const server = await RedisServer.start();
  const channel = "{logins}:notes";
  const remembering = async (name: string) => {
    const ready = Promise.withResolvers<void>();
    const engine: Engine = await openRedis({
      ...{ url: server.url, key: "{logins}:failed", channel, name, silence: 5_000 },
      listener: {
        lost: () => {},
        heard: (message) => (message === null ? ready.resolve() : memory.hear(JSON.parse(message) as FailureNote)),
      },
    });
    const memory = new FleetFailures({
      ...{ memory: new LocalFailures(defaultLoginDelays.forgetAfter), delays: defaultLoginDelays, channel },
      ...{ prefix: "logins:failed", clock: new TestClock() },
      run: (script, call, signal) => engine.run(script, call, signal),
    });
    await ready.promise;
    return { engine, memory, failures: new LoginFailures({}, undefined, memory) };
  };
  const [a, b] = [await remembering("a"), await remembering("b")];
  await expect.poll(() => server.ask("PUBSUB", "NUMSUB", channel)).toEqual([channel, 2]);
  expect(a.failures.failed("192.0.2.1", 0)).toBe(1_000);
  await expect.poll(() => b.failures.remaining("192.0.2.1", 0)).toBe(1_000);
  expect(b.failures.failed("192.0.2.1", 0)).toBe(2_000);
  await expect.poll(() => a.memory.find("192.0.2.1")?.count).toBe(2);
  expect(a.failures.failed("192.0.2.1", 0)).toBe(4_000);
  expect(b.failures.remaining("192.0.2.2", 0)).toBe(0);
  for (const { engine } of [a, b]) engine.close();
  await server.stop();
});

test.skipIf(!hasRedis)(
  "An engine in which all leases have ended gives nothing away until others can have said who is inside.",
  async () => {
    const server = await RedisServer.start();
    await server.settled("lapsed");
    const keys = ["fleet", "shared", "leases", "document"].map((name) => `{lapsed}:${name}`);
    let number = 0;
    const settle = async (kind: SettleRequest["kind"], member: string, want: number): Promise<HeldAnswer> => {
      number += 1;
      const slots = [{ name: "server", cap: 10, keep: 0, want }];
      const request: SettleRequest = { kind, member, node: member, leaseTime: 60_000, number, slots, facts: "{}" };
      const answer = await server.ask(
        "EVAL",
        settleScript.text,
        "4",
        ...keys,
        "{lapsed}:notes",
        JSON.stringify(request),
      );
      return JSON.parse(String(answer)) as HeldAnswer;
    };
    const lapse = async (member: string): Promise<void> => {
      const before = JSON.parse(String(await server.ask("HGET", "{lapsed}:fleet", member))) as object;
      await server.ask("HSET", "{lapsed}:fleet", member, JSON.stringify({ ...before, until: 1 }));
    };
    expect((await settle("join", "a", 4)).slots[0]?.granted).toBe(4);
    expect((await settle("join", "b", 4)).slots[0]?.granted).toBe(4);
    // One that was killed, or cut off, is replaced.
    await lapse("b");
    expect(await settle("settle", "a", 10)).toMatchObject({ closedFor: 0, slots: [{ granted: 10 }] });
    expect((await settle("join", "b", 4)).slots[0]?.granted).toBe(0);
    await lapse("a");
    await lapse("b");
    const alone = await settle("join", "a", 4);
    expect(alone).toMatchObject({ members: [{ member: "a" }], slots: [{ granted: 0 }] });
    expect(alone.closedFor).toBe(60_000);
    expect((await settle("settle", "a", 4)).slots[0]?.granted).toBe(0);
    expect((await settle("join", "b", 4)).members).toHaveLength(2);
    await server.stop();
  },
);

describe.skipIf(!hasRedis)("a node that loses its engine", () => {
  it.each(["local", "refuse"] as const)("goes on with its lease, then does as onLoss says: %s", async (onLoss) => {
    const engine = await RedisServer.start();
    const keyPrefix = prefix();
    await engine.settled(keyPrefix);
    const config = (node: string) => ({
      NetworkListener: [{ name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false }],
      SystemSettings: {
        maxConnections: 10,
        drainTimeout: "1s",
        cluster: { url: engine.url, keyPrefix, node, leaseTime: "2s", onLoss },
      },
    });
    const a = await lastingGatehouse(config("a") as never, { protocols });
    const b = await lastingGatehouse(config("b") as never, { protocols });
    await expect.poll(() => engine.ask("HLEN", `{${keyPrefix}}:fleet`)).toBe(3);
    await reaches(a, "connected.");
    const inside = [await come(a.port("talk"))];
    const leased = async (): Promise<number> =>
      Number(/slots_leased\{cap="server"\} (\d+)/.exec(await a.gatehouse.metrics.registry.metrics())?.[1]);
    await expect.poll(leased).toBeGreaterThan(1);
    await engine.kill();
    await reaches(a, "degraded.");
    inside.push(await come(a.port("talk")));
    expect(inside.map(({ said }) => said.startsWith("hello"))).toEqual([true, true]);
    await reaches(a, "isolated.");
    const later = await Promise.all(Array.from({ length: 6 }, () => come(a.port("talk"))));
    const words = later.map(({ said }) => said.replace(/ \d$/, ""));
    if (onLoss === "refuse") expect(new Set(words)).toEqual(new Set(["busy fleet"]));
    // Half of ten for each of two nodes.
    else expect(words.filter((said) => said === "hello")).toHaveLength(3);
    expect(a.gatehouse.connections().length).toBe(onLoss === "refuse" ? 2 : 5);
    await engine.restart();
    await reaches(a, "connected.");
    const again = await come(a.port("talk"));
    expect(again.said).toMatch(/^hello/);
    await Promise.all([...inside, ...later, again].map(({ socket }) => socket.destroy()));
    await Promise.all([a.end(), b.end()]);
    expect(a.gatehouse.states()).toMatchObject({ fleet: { left: 1 } });
    await engine.stop();
  });
});
