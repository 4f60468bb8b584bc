/** Connections of several workers in one tree, for inspectors that live in the main thread. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from "vitest";
import { inspectionTree, openRelay, type PresentedEvent, type TreeOptions } from "../../../src/inspect/index.ts";
import { closed, collectEvents, pathOf } from "../../inspect/collected-events.ts";
import { openPage } from "../../inspect/inspector-page.ts";
import { fromNowOn, type LastingGatehouse, lastingGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { bye, type Client, come } from "./clients.ts";

const workers = { count: 2, module: new URL("./inspected-module.ts", import.meta.url) };
const talk = { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false };
const document = { NetworkListener: [talk, { ...talk, name: "other" }], SystemSettings: { drainTimeout: "1s" } };

async function pinged({ socket }: Client): Promise<void> {
  const pong = once(socket, "data");
  socket.write("ping\r\n");
  await pong;
}

/** Clients until every worker has one, and none of them is busy. */
async function crowd(port: number): Promise<Client[]> {
  const clients = [await come(port)];
  while (new Set(clients.map(({ said }) => said)).size < 2) {
    clients[0]?.socket.write("block\r\n");
    clients.push(await come(port));
  }
  await Promise.all(clients.map(pinged));
  return clients;
}

/** Everything that was shown of a connection. */
function of(events: readonly PresentedEvent[], id: string): PresentedEvent[] {
  return events.filter(({ actorRef }) => actorRef.connection?.id === id);
}

describe("a tree over two workers", () => {
  const { observer, events, until } = collectEvents();
  const tree = inspectionTree([observer]);
  let running: LastingGatehouse;
  beforeAll(async () => {
    running = await lastingGatehouse(document, { workers, inspect: tree });
  });
  afterAll(() => running.end());

  it("has the connections of both below their listener, with the worker's number, from the first to the last event", async () => {
    const clients = await crowd(running.port("talk"));
    const ids = running.gatehouse.connections().map(({ id }) => id);
    await Promise.all(clients.map(bye));
    await Promise.all(ids.map((id) => until((event) => closed(event) && event.actorRef.connection?.id === id)));
    for (const id of ids) {
      const all = of(events, id);
      expect([...new Set(all.map(pathOf))]).toEqual([
        "server/listener:talk/connection:ID",
        "server/listener:talk/connection:ID/visit:ID",
      ]);
      const states = all.flatMap((event) =>
        event.type === "@xstate.snapshot" && event.actorRef.own ? [event.snapshot.value] : [],
      );
      expect(states.slice(0, 2)).toEqual(["accepted", "active"]);
      expect(states.at(-1)).toBe("closed");
      const { worker } = await running.event("connection.closed", ({ connection }) => connection.id === id);
      expect(new Set(all.map(({ actorRef }) => actorRef.worker))).toEqual(new Set([worker]));
    }
    expect(new Set(events.filter(closed).map(({ actorRef }) => actorRef.worker))).toEqual(new Set([1, 2]));
    // No two actors are taken for one, in whichever thread they are.
    const sessions = events.flatMap(({ type, actorRef }) => (type === "@xstate.actor" ? [actorRef.sessionId] : []));
    expect(new Set(sessions).size).toBe(sessions.length);
    await expect.poll(() => tree.counts.watched).toBe(0);
  });

  it("shows of an embedder's chart what the workers' file allows, and nothing else of it", async () => {
    const client = await come(running.port("other"));
    client.socket.write("hunter2\r\n");
    const heard = await until(({ type, actorRef }) => type === "@xstate.snapshot" && actorRef.chart === "visit");
    const [id = ""] = running.gatehouse.connections({ listener: "other" }).map((connection) => connection.id);
    await bye(client);
    await until((event) => closed(event) && event.actorRef.connection?.id === id);
    expect(heard.actorRef.logic.config.id).toBe("visit");
    const said = of(events, id).flatMap((event) => (event.type === "@xstate.event" ? [event.event] : []));
    expect(said).toContainEqual({ type: "word", length: 7 });
    const contexts = of(events, id).flatMap((event) =>
      event.type === "@xstate.snapshot" && event.actorRef.chart === "visit" ? [event.snapshot.context] : [],
    );
    expect(contexts.at(-1)).toEqual({ words: 2 });
    expect(JSON.stringify(of(events, id).map((event) => ({ ...event, actorRef: null })))).not.toContain("hunter2");
  });

  it("ends the connections of a worker that has died, and counts them no longer", async () => {
    const { event, gatehouse } = fromNowOn(running);
    const clients = await crowd(running.port("talk"));
    await expect.poll(() => tree.counts.watched).toBe(gatehouse.connections().length);
    clients[0]?.socket.write("die\r\n");
    const { worker } = await event("worker.failed");
    const ended = await until((event) => "event" in event && event.event.type === "thread.lost");
    expect(ended).toMatchObject({ actorRef: { worker }, snapshot: { status: "stopped" } });
    await event("worker.running", (event) => event.worker === worker);
    await expect.poll(() => tree.counts.watched).toBe(gatehouse.connections().length);
    // The thread in its place is inspected as well.
    const [next] = await crowd(running.port("talk"));
    const [{ id = "" } = {}] = gatehouse.connections();
    await until(({ actorRef }) => actorRef.connection?.id === id);
    next?.socket.destroy();
  });
});

describe("a choice of connections over two workers", () => {
  async function chosen(options: TreeOptions) {
    const { observer, events } = collectEvents();
    const tree = inspectionTree([observer], options);
    const { gatehouse, port } = await runGatehouse(document, { workers, inspect: tree });
    const shown = () => new Set(events.flatMap(({ actorRef }) => actorRef.connection?.id ?? []));
    return { gatehouse, port, shown, tree };
  }

  it("samples all of them together, and watches no more at once than it may", async () => {
    const { port, shown, tree } = await chosen({ oneIn: 3, listeners: ["talk"], maxConnections: 4 });
    const others = await crowd(port("other"));
    const clients = await Promise.all(Array.from({ length: 18 }, () => come(port("talk"))));
    await expect.poll(() => tree.counts).toMatchObject({ watched: 4, beyond: 2 });
    await expect.poll(() => shown().size).toBe(4);
    await Promise.all(clients.map(bye));
    await expect.poll(() => tree.counts.watched).toBe(0);
    const later = await Promise.all(Array.from({ length: 3 }, () => come(port("talk"))));
    await expect.poll(() => shown().size).toBe(5);
    await Promise.all([...others, ...later].map(bye));
  });
});

test("nothing is inspected in a worker until a page is open, and nothing after the last one has gone", async () => {
  const relay = await openRelay();
  onTestFinished(() => relay.close());
  const tree = inspectionTree([relay.observer]);
  const { gatehouse, port } = await runGatehouse(document, { workers, inspect: tree });
  const clients = await crowd(port("talk"));
  const ids = gatehouse.connections().map(({ id }) => id);
  expect(tree.counts.watched).toBe(0);

  for (let round = 0; round < 2; round += 1) {
    const page = await openPage(relay.url);
    for (const id of ids) {
      const introduced = await page.until(({ type, name }) => type === "@xstate.actor" && name === `connection:${id}`);
      const listener = page.messages.find(({ name }) => name === "listener:talk");
      expect(introduced).toMatchObject({ parentId: listener?.sessionId, worker: expect.any(Number) });
    }
    const newcomers = await crowd(port("other"));
    await page.until(({ name }) => name?.startsWith("visit:") === true);
    await Promise.all(newcomers.map(bye));
    // A chart is told once, whichever thread its actor is in.
    expect(page.text().split(/"gatehouse\.definition"[^}]*\\"id\\":\\"visit\\"/)).toHaveLength(2);
    await expect.poll(() => tree.counts.watched).toBe(ids.length);
    page.socket.close();
    await expect.poll(() => tree.counts.watched).toBe(0);
  }
  await Promise.all(clients.map(bye));
});

test("an observer of the actors themselves is told how it can see those of workers", async () => {
  const { events } = await runGatehouse(document, { workers, inspect: () => {} });
  expect(events).toContainEqual({
    ...{ type: "server.warning", code: "inspected-workers" },
    text: expect.stringContaining("inspectionTree([inspector])"),
  });
});
