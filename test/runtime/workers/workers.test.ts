import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGatehouse } from "../../../src/index.ts";
import { threadsFromSources } from "../../bundled-threads.ts";
import { fromNowOn, type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come, inParallel } from "./clients.ts";

/** How many there are, the document says: an option would take precedence. */
const workers = {
  module: new URL("./talk-module.ts", import.meta.url),
  resourceLimits: { maxOldGenerationSizeMb: 128 },
};

async function pinged({ socket }: Client): Promise<void> {
  const pong = once(socket, "data");
  socket.write("ping\r\n");
  await pong;
}

interface Wanted {
  readonly maxConnections?: number;
  readonly atCapacity?: "hold" | "reject";
  readonly maxConnectionsPerAddress?: number | null;
  readonly connectionRate?: { readonly count: number; readonly interval: string } | null;
}

function document(talk: Wanted = {}) {
  return {
    NetworkListener: [{ name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false, ...talk }],
    SystemSettings: { maxConnections: 100, drainTimeout: "1s", workers: 3 },
  };
}

describe("a slot that other threads give back and take while a client is refused", () => {
  it("leaves no client without an answer", async () => {
    threadsFromSources();
    const module = new URL("./flickering-module.ts", import.meta.url);
    const running = await lastingGatehouse(document({ maxConnections: 1 }), { workers: { module } });
    const guest = await come(running.port("talk"));
    expect(guest.said).toMatch(/^hello/);
    const others = await Promise.all(Array.from({ length: 10 }, () => come(running.port("talk"))));
    expect(new Set(others.map(({ said }) => said))).toEqual(new Set(["busy listener-cap"]));
    await bye(guest);
    await running.end();
  });
});

describe("a server with three workers", () => {
  let running: LastingGatehouse;
  const visit = (): Promise<Client> => come(running.port("talk"));
  /** So many clients or a few more, at more than one worker: on a busy machine one may take all who come at once. */
  const crowd = async (count: number, another = visit): Promise<Client[]> => {
    const clients = await Promise.all(Array.from({ length: count }, another));
    while (new Set(clients.map(({ said }) => said)).size < 2) {
      // Whoever is busy takes nobody.
      clients[0]?.socket.write("block\r\n");
      clients.push(await another());
    }
    // None is busy any longer.
    if (clients[0]) await pinged(clients[0]);
    return clients;
  };

  beforeAll(async () => {
    running = await lastingGatehouse(document(), { workers });
  });
  afterAll(() => running.end());

  it("has never more clients inside than it may have, however many come at once", async () => {
    const all = await Promise.all(Array.from({ length: 300 }, visit));
    const guests = all.filter(({ said }) => said.startsWith("hello"));
    expect(guests).toHaveLength(100);
    await Promise.all(guests.map(bye));
    let [inside, most, admitted] = [0, 0, 0];
    const refusals = new Map<string, number>();
    await inParallel(2_000, 300, async () => {
      const client = await visit();
      if (!client.said.startsWith("hello")) {
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
    expect(most).toBeLessThanOrEqual(100);
    // Both caps are 100.
    expect(new Set([...refusals.keys(), "busy server-cap", "busy listener-cap"]).size).toBe(2);
    expect([...refusals.values()].reduce((sum, count) => sum + count, admitted)).toBe(2_000);
    await expect.poll(() => running.gatehouse.listeners()[0]?.connections).toBe(0);
  });

  it("is one server to look at: connections, states, metrics, a connection that is closed by its id", async () => {
    const clients = await crowd(30);
    const { gatehouse } = running;
    expect(gatehouse.connections()).toHaveLength(clients.length);
    expect(new Set(gatehouse.connections().map(({ id }) => id)).size).toBe(clients.length);
    expect(gatehouse.states()).toMatchObject({
      worker: { running: 3 },
      connection: { active: clients.length },
      server: { running: 1 },
    });
    const [first] = gatehouse.connections();
    expect(gatehouse.connection(first?.id ?? "")).toMatchObject({ id: first?.id, state: "active" });
    expect(gatehouse.connection("nobody")).toBeUndefined();
    expect(gatehouse.close(first?.id ?? "")).toBe(true);
    expect(gatehouse.close("nobody")).toBe(false);
    expect(await Promise.race(clients.map(({ over }) => over))).toBe(false);
    await Promise.all(clients.filter(({ socket }) => !socket.destroyed).map(bye));
    const closed = await running.event("connection.closed", ({ connection }) => connection.id === first?.id);
    expect(closed).toMatchObject({ cause: "drained", worker: expect.any(Number) });
  });

  it("refuses who was blocked from the call on, in every worker", async () => {
    running.gatehouse.block({ address: "127.0.0.1" });
    const refused = await Promise.all(Array.from({ length: 20 }, visit));
    expect(new Set(refused.map(({ said }) => said))).toEqual(new Set(["busy blocked"]));
    running.gatehouse.unblock("127.0.0.1");
    const welcome = await Promise.all(Array.from({ length: 20 }, visit));
    expect(welcome.every(({ said }) => said.startsWith("hello"))).toBe(true);
    await Promise.all(welcome.map(bye));
  });

  it("lets clients wait while a listener is suspended, and serves them all afterwards", async () => {
    await running.gatehouse.suspend("talk");
    const waiting = Array.from({ length: 50 }, visit);
    const first = await Promise.race([Promise.any(waiting), delay(100, null)]);
    expect(first).toBeNull();
    await running.gatehouse.resume("talk");
    const clients = await Promise.all(waiting);
    expect(clients.every(({ said }) => said.startsWith("hello"))).toBe(true);
    await Promise.all(clients.map(bye));
  });

  it("loses the clients of a worker that dies and nobody else's, gives back its slots, and replaces it", async () => {
    const clients = await crowd(60);
    const [victim] = clients;
    const mine = clients.filter(({ said }) => said === victim?.said);
    const others = clients.filter(({ said }) => said !== victim?.said);
    expect(others.length).toBeGreaterThan(0);
    victim?.socket.write("die\r\n");
    await Promise.all(mine.map(({ over }) => over));
    const failed = await running.event("worker.failed");
    expect(failed).toMatchObject({ losses: 1, error: { message: "The embedder's code is wrong." } });
    await running.event(
      "worker.running",
      ({ worker }) =>
        worker === failed.worker &&
        running.events.filter((event) => event.type === "worker.running" && event.worker === worker).length === 2,
    );
    await expect.poll(() => running.gatehouse.listeners()[0]?.connections).toBe(others.length);
    const pongs = others.map(
      ({ socket }) => new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data)))),
    );
    for (const { socket } of others) socket.write("ping\r\n");
    expect(new Set(await Promise.all(pongs))).toEqual(new Set(["pong\r\n"]));
    const back = await Promise.all(Array.from({ length: 30 }, visit));
    expect(back.every(({ said }) => said.startsWith("hello"))).toBe(true);
    await Promise.all([...others, ...back].map(bye));
    await expect.poll(() => running.gatehouse.listeners()[0]?.connections).toBe(0);
  });

  it("takes nobody along who comes in the turn in which a worker ends", async () => {
    const { event } = fromNowOn(running);
    const clients = await crowd(12);
    const byWorker = () => [...Map.groupBy(clients, ({ said }) => said).values()];
    while (byWorker().length < 3) {
      for (const [each] of byWorker()) each?.socket.write("block\r\n");
      clients.push(await visit());
    }
    await Promise.all(byWorker().map(([each]) => each && pinged(each)));
    const [, victim] = byWorker().find(({ length }) => length > 1) ?? [];
    // While all are busy, the word that ends one of them and the newcomers wait for its next turn, in this order.
    for (const [each] of byWorker()) each?.socket.write("block\r\n");
    await delay(50);
    victim?.socket.write("exit\r\n");
    await delay(50);
    const newcomers = await Promise.all(Array.from({ length: 12 }, visit));
    expect(newcomers.filter(({ said }) => !said.startsWith("hello"))).toEqual([]);
    const { worker } = await event("worker.failed");
    await event("worker.running", (event) => event.worker === worker);
    await Promise.all([...clients, ...newcomers].filter(({ socket }) => !socket.destroyed).map(bye));
  });

  it("loses the clients of a worker that is out of memory and nobody else's, and replaces it", async () => {
    const seen = fromNowOn(running);
    const clients = await crowd(60);
    const [victim] = clients;
    const others = clients.filter(({ said }) => said !== victim?.said);
    expect(others.length).toBeGreaterThan(0);
    victim?.socket.write("hog\r\n");
    const { worker, error } = await seen.event("worker.failed");
    expect(error).toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" });
    await seen.event("worker.running", (event) => event.worker === worker);
    await expect.poll(() => running.gatehouse.listeners()[0]?.connections).toBe(others.length);
    expect(others.some(({ socket }) => socket.destroyed)).toBe(false);
    await Promise.all(others.map(bye));
  });

  it("serves on while one event loop is busy", async () => {
    const blocker = await visit();
    const free = new Promise<string>((resolve) => blocker.socket.once("data", () => resolve("the busy one is free")));
    blocker.socket.write("block\r\nping\r\n");
    await delay(20);
    const visits = Array.from({ length: 20 }, visit);
    const first = await Promise.race([free, ...visits.map((each) => each.then(({ said }) => said))]);
    expect(first).toMatch(/^hello/);
    expect(first).not.toBe(blocker.said);
    const clients = await Promise.all(visits);
    expect(clients.every(({ said }) => said.startsWith("hello"))).toBe(true);
    await Promise.all([...clients, blocker].map(bye));
  });

  it("puts documents into force in every worker or in none, under load, without losing anybody", async () => {
    const lost: string[] = [];
    let over = false;
    const load = inParallel(20, 20, async () => {
      while (!over) {
        const client = await visit();
        if (!client.said.startsWith("hello")) lost.push(client.said);
        await bye(client);
        if (await client.over) lost.push("reset");
      }
    });
    for (let round = 0; round < 5; round++) {
      // On a busy machine slots are given back a while after the clients have gone.
      const { NetworkListener, SystemSettings } = document({ maxConnections: 900 + round });
      await running.gatehouse.reload({ NetworkListener, SystemSettings: { ...SystemSettings, maxConnections: 900 } });
      await expect(
        running.gatehouse.reload({ NetworkListener: [{ name: "other", protocol: "talk", bind: ["192.0.2.1:1"] }] }),
      ).rejects.toMatchObject({ code: "reload-failed" });
    }
    const { NetworkListener, SystemSettings } = document();
    for (const count of [1, 4, 2, 3])
      await running.gatehouse.reload({
        NetworkListener,
        SystemSettings: { ...SystemSettings, workers: count, maxConnections: 900 },
      });
    over = true;
    await load;
    expect(lost).toEqual([]);
    const clients = await Promise.all(Array.from({ length: 10 }, visit));
    expect(new Set(running.gatehouse.connections().map(({ generation }) => generation))).toEqual(
      new Set([running.gatehouse.generation]),
    );
    await Promise.all(clients.map(bye));
  });

  it("takes the next document while a worker that was let go still has a session", async () => {
    const { NetworkListener, SystemSettings } = document();
    const settings = { ...SystemSettings, drainTimeout: "20s" };
    await running.gatehouse.reload({ NetworkListener, SystemSettings: settings });
    const clients = await crowd(30);
    const heard = clients.map(({ socket }) => once(socket, "data"));
    for (const { socket } of clients) socket.write("stay\r\n");
    await Promise.all(heard);
    await running.gatehouse.reload({ NetworkListener, SystemSettings: { ...settings, workers: 1 } });
    await expect
      .poll(() => running.gatehouse.states()["worker"])
      .toMatchObject({ running: 1, draining: expect.any(Number) });
    await running.gatehouse.suspend("talk");
    await running.gatehouse.resume("talk");
    const more = { name: "more", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false };
    await running.gatehouse.reload({ NetworkListener: [...NetworkListener, more], SystemSettings: settings });
    await bye(await come(running.port("more")));
    await Promise.all(clients.map(bye));
  });

  it("keeps the limits of addresses over all workers", async () => {
    await running.gatehouse.reload(document({ maxConnectionsPerAddress: 7 }));
    const clients = await Promise.all(Array.from({ length: 40 }, visit));
    const inside = clients.filter(({ said }) => said.startsWith("hello"));
    expect(inside).toHaveLength(7);
    await Promise.all(inside.map(bye));
    await expect.poll(() => running.gatehouse.connections().length).toBe(0);
    await running.gatehouse.reload(document({ connectionRate: { count: 9, interval: "1h" } }));
    const hurried = await Promise.all(Array.from({ length: 40 }, visit));
    const quick = hurried.filter(({ said }) => said.startsWith("hello"));
    expect(quick).toHaveLength(9);
    expect(hurried.filter(({ said }) => said === "busy address-rate")).toHaveLength(31);
    await Promise.all(quick.map(bye));
  });

  it("accepts nobody at a suspended listener in the place of a worker that has died", async () => {
    await running.gatehouse.reload(document());
    const victim = await visit();
    await running.gatehouse.suspend("talk");
    const begun = running.events.filter(({ type }) => type === "worker.running").length;
    victim.socket.write("die\r\n");
    await victim.over;
    let welcome = 0;
    const waiting = Array.from({ length: 20 }, () => visit().finally(() => (welcome += 1)));
    await expect.poll(() => running.events.filter(({ type }) => type === "worker.running").length).toBe(begun + 1);
    await delay(50);
    expect(welcome).toBe(0);
    await running.gatehouse.resume("talk");
    await Promise.all((await Promise.all(waiting)).map(bye));
  });

  it("serves Unix sockets, files and abstract names, by every worker; the kernel tells who has connected", async () => {
    const [path, name] = [join(running.data, "talk.sock"), `\0gatehouse-workers-${process.pid}`];
    const { NetworkListener, SystemSettings } = document();
    const local = { name: "local", protocol: "talk", useTls: false, bind: [`unix:${path}`, `unix:@${name.slice(1)}`] };
    await running.gatehouse.reload({ NetworkListener: [...NetworkListener, local], SystemSettings });
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe("660");
    for (const to of [path, name]) {
      const clients = await crowd(40, () => come(to));
      expect(running.gatehouse.connections({ listener: "local" })[0]?.peer).toMatchObject({
        address: "unix",
        process: { pid: process.pid },
      });
      await Promise.all(clients.map(bye));
    }
    await running.gatehouse.reload(document());
    await expect.poll(() => stat(path).catch(({ code }) => code)).toBe("ENOENT");
  });

  it("holds clients for whom there is no slot, in whichever worker, and refuses none of them", async () => {
    await running.gatehouse.reload(document({ maxConnections: 5, atCapacity: "hold" }));
    let [inside, most] = [0, 0];
    await inParallel(200, 60, async () => {
      const client = await visit();
      expect(client.said).toMatch(/^hello/);
      inside += 1;
      most = Math.max(most, inside);
      await delay(2);
      inside -= 1;
      await bye(client);
    });
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe("a server that serves by itself", () => {
  const smtp = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], useTls: false };
  const asking = (count: number) => ({ SystemSettings: { workers: count }, NetworkListener: [smtp] });

  it("takes a document that asks for workers, and says how they begin", async () => {
    const { gatehouse, end, event } = await lastingGatehouse(asking(1));
    const report = await gatehouse.reload(asking(3));
    expect(report).toMatchObject({ generation: 2, warnings: [expect.stringMatching(/3 workers .*gatehouse upgrade/)] });
    await event("server.warning", ({ code }) => code === "workers-to-come");
    expect(await gatehouse.reload(asking(3))).toMatchObject({ generation: 3, warnings: [] });
    expect(await gatehouse.reload(asking(1))).toMatchObject({ generation: 4, warnings: [] });
    await end();
  });

  it("does not speak of workers where the options say how many there are", async () => {
    const { gatehouse, end } = await lastingGatehouse(asking(1), { workers: { count: 1 } });
    expect(await gatehouse.reload(asking(3))).toMatchObject({ warnings: [] });
    await end();
  });

  it("refuses a document whose workers it could not have after an upgrade either", async () => {
    const { gatehouse, end } = await lastingGatehouse(asking(1), { admission: [() => null] });
    await expect(gatehouse.reload(asking(3))).rejects.toMatchObject({
      code: "reload-failed",
      errors: [{ code: "invalid-workers-option" }],
    });
    expect(gatehouse.generation).toBe(1);
    await end();
  });
});

describe("what several workers cannot have", () => {
  it("is refused in words: functions without a module, what the module has to export, a module that is not there", () => {
    const admission = [() => null];
    const refused = (options: object) => () => createGatehouse({ config: document(), ...options } as never);
    expect(refused({ workers: { count: 2 }, admission, config: { NetworkListener: [] } })).toThrow(
      expect.objectContaining({ code: "invalid-workers-option", message: expect.stringContaining("admission") }),
    );
    expect(refused({ workers, admission })).toThrow(/export it from workers\.module/);
    expect(refused({ workers: { count: 2, module: "/nowhere/at-all.ts" } })).toThrow(/cannot be imported/);
  });

  it("says which worker could not import which file", async () => {
    threadsFromSources();
    const module = new URL("./breaking-module.ts", import.meta.url);
    await expect(lastingGatehouse(document(), { workers: { module } })).rejects.toMatchObject({
      errors: [
        {
          code: "worker-module-failed",
          message: expect.stringMatching(
            /^Worker [123] cannot import workers\.module, file:.*breaking-module\.ts: There is no table here\.$/,
          ),
        },
      ],
    });
  });
});
