/** Three servers, each a process, on a real engine: one is killed, one is paused for longer than its lease. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { bye, type Client, come, inParallel } from "../runtime/workers/clients.ts";
import { gatehouse, type ServingCommand, serve } from "./command.ts";

const cap = 12;

/** What the clients know: who is inside at each moment. */
class Crowd {
  readonly inside = new Set<Client>();
  most = 0;

  async come(node: ServingCommand): Promise<Client> {
    const client = await come(node.port("smtp"));
    if (!client.said.startsWith("220")) return client;
    this.inside.add(client);
    this.most = Math.max(this.most, this.inside.size);
    void client.over.then(() => this.inside.delete(client));
    return client;
  }

  /** They come again until so many are let in. */
  async enter(node: ServingCommand, count: number): Promise<Client[]> {
    const entered: Client[] = [];
    while (entered.length < count) {
      const coming = Array.from({ length: count - entered.length }, () => this.come(node));
      entered.push(...(await Promise.all(coming)).filter((client) => this.inside.has(client)));
    }
    return entered;
  }

  async leave(clients: readonly Client[]): Promise<void> {
    for (const client of clients) this.inside.delete(client);
    await Promise.all(clients.map(bye));
  }
}

async function startFleet(names: readonly string[]): Promise<ServingCommand[]> {
  const engine = await RedisServer.start();
  onTestFinished(() => engine.stop());
  await engine.settled("gatehouse");
  const document = {
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }],
    SystemSettings: { maxConnections: cap, cluster: { url: engine.url, leaseTime: "2s", onLoss: "refuse" } },
  };
  const nodes = await Promise.all(names.map((name) => serve(document, undefined, { args: ["--node", name] })));
  await Promise.all(nodes.map((node) => node.logged({ event: "fleet.connected" })));
  return nodes;
}

const joined = ({ log }: ServingCommand): number => log.filter(({ event }) => event === "fleet.connected").length;

test.skipIf(!hasRedis)(
  "a fleet keeps to its cap when nodes are killed, and exceeds it by those inside a node that was paused",
  { timeout: 30_000 },
  async () => {
    const [a, b, c] = (await startFleet(["a", "b", "c"])) as [ServingCommand, ServingCommand, ServingCommand];
    const crowd = new Crowd();

    let turn = 0;
    await inParallel(300, 40, async () => {
      const client = await crowd.come([a, b, c][turn++ % 3] as ServingCommand);
      if (!crowd.inside.has(client)) return;
      await delay(10);
      await crowd.leave([client]);
    });
    const [onA, onB, onC] = await Promise.all([a, b, c].map((node) => crowd.enter(node, cap / 3)));
    for (const node of [a, b, c]) expect((await crowd.come(node)).said).toMatch(/^421/);
    expect(crowd.most).toBe(cap);

    b.kill("SIGSTOP");
    c.kill("SIGKILL");
    await Promise.all((onC ?? []).map(({ over }) => over));
    const meanwhile = crowd.come(b);
    const more = await crowd.enter(a, (2 * cap) / 3);
    expect(crowd.inside.size).toBe(cap + (onB?.length ?? 0));
    expect((await crowd.come(a)).said).toMatch(/^421/);

    const before = joined(b);
    b.kill("SIGCONT");
    expect((await meanwhile).said).toMatch(/^421/);
    await expect.poll(() => joined(b), { timeout: 10_000 }).toBeGreaterThan(before);
    await crowd.leave(onA ?? []);
    for (const node of [a, b]) expect((await crowd.come(node)).said).toMatch(/^421/);
    await crowd.leave(more.slice(0, 1));
    await crowd.enter(b, 1);
    for (const node of [a, b]) expect((await crowd.come(node)).said).toMatch(/^421/);

    expect(crowd.inside.size).toBe(cap);
    expect(crowd.most).toBe(cap + cap / 3);
    const { stdout } = await gatehouse(["status", "--fleet", "--data", a.data]);
    expect(stdout).toMatch(
      /^2 nodes with \d+ connections of at most 12, as seen by a, which is connected\.\n\na {2}running/,
    );
    expect(stdout).toMatch(/^b {2}running .* heard of \d\.\d s ago$/m);
    await crowd.leave([...crowd.inside]);
  },
);

test.skipIf(!hasRedis)(
  "nodes that are started with redis:KEY run one document, and reload it all or none",
  async () => {
    const engine = await RedisServer.start();
    onTestFinished(() => engine.stop());
    await engine.settled("gatehouse");
    const put = (maxConnections: number, more: object = {}) =>
      engine.ask(
        "SET",
        "mail",
        JSON.stringify({
          NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], maxConnections }],
          SystemSettings: { cluster: { url: engine.url, leaseTime: "2s" } },
          ...more,
        }),
      );
    await put(5);
    const env = { GATEHOUSE_ENGINE_URL: engine.url };
    const start = (node: string, own: NodeJS.ProcessEnv = {}) =>
      serve(undefined, undefined, { document: "redis:mail", args: ["--node", node], env: { ...env, ...own } });
    const [a, b] = await Promise.all([start("a", { ONLY_HERE: "a secret" }), start("b")]);
    await Promise.all([a, b].map((node) => node.logged({ event: "fleet.connected" })));

    await put(6);
    const reload = await gatehouse(["reload", "--data", a.data]);
    expect(reload).toMatchObject({ code: 0, stdout: expect.stringContaining("maxConnections") });
    // Both have it by now.
    expect(a.log).toContainEqual(expect.objectContaining({ event: "reload.carriedOut", by: "control socket" }));
    expect(b.log).toContainEqual(expect.objectContaining({ event: "reload.carriedOut", by: "node a" }));

    await put(7, {
      Account: { "ann@example.com": { secret: { "@type": "EnvironmentVariable", variableName: "ONLY_HERE" } } },
    });
    const refused = await gatehouse(["reload", "--data", a.data]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
      /not put into force on any node; everything is as it was\.\n.*Node "b": .*ONLY_HERE is not set/s,
    );
    const { stdout } = await gatehouse(["get", "ServerNode", "--json", "--data", b.data]);
    expect(stdout).toMatch(/"document": ?"redis:mail"/);
    expect((await gatehouse(["drain", "nobody", "--data", a.data])).stderr).toContain('No node "nobody" has answered');
    expect(await gatehouse(["drain", "b", "--data", a.data])).toMatchObject({ code: 0 });
    expect((await b.end)[0]).toBe(0);
    expect(b.log).toContainEqual(expect.objectContaining({ event: "fleet.draining", by: "a" }));
    const elsewhere = await gatehouse(["check", "--config", "redis:other"], { env });
    expect(elsewhere.stderr).toContain(
      "redis:other has 1 error:\n  document: is not there: the engine has no key other.",
    );
  },
);
