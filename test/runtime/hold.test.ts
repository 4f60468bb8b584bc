/** `atCapacity: "hold"`: at the cap the kernel queues the clients, and each is served when its turn comes. */
import { filter, firstValueFrom, last, take } from "rxjs";
import { describe, expect, test } from "vitest";
import { installed } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { queuedAre } from "./accept-queue.ts";
import { expectNobodyInside, openSockets } from "./ends.ts";
import { gone, type RawClient, rawClient } from "./raw-client.ts";
import { visitors } from "./visitors.ts";

const held = { name: "held", bind: ["127.0.0.1:0"], useTls: false, atCapacity: "hold" as const };

/** The most that were inside at any moment. */
function mostInside({ gatehouse }: RunningGatehouse): () => number {
  let [inside, most] = [0, 0];
  gatehouse.lifecycle$.subscribe(({ type }) => {
    if (type === "connection.closed") inside--;
    if (type !== "connection.accepted") return;
    inside++;
    most = Math.max(most, inside, gatehouse.connections().length);
  });
  return () => most;
}

/** The clients are gone when they have read the server's FIN; the server hears of it a moment later. */
async function everyoneHasLeft(house: RunningGatehouse): Promise<void> {
  while (house.gatehouse.connections().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await expectNobodyInside(house);
}

async function greeted(port: number): Promise<RawClient> {
  const client = await rawClient(port);
  await client.until("220 ");
  return client;
}

describe("a storm of 2,000 clients against a held listener", () => {
  test.each([
    { cap: "its own cap", bind: ["127.0.0.1:0"], listener: { maxConnections: 50 }, system: {} },
    { cap: "the server's cap", bind: ["127.0.0.1:0"], listener: {}, system: { maxConnections: 50 } },
  ])("with $cap at 50: never 51 inside, nobody is refused, and all are served in the end", async (each) => {
    const house = await runGatehouse(
      {
        SystemSettings: { defaultHostname: "localhost", ...each.system },
        NetworkListener: [{ ...held, socketBacklog: 2_048, bind: each.bind, ...each.listener }],
      },
      { backend: {} },
    );
    const socketsBefore = openSockets();
    const most = mostInside(house);
    expect(await visitors(house.port("held"), 2_000, 5).heard).toEqual({ "220 221": 2_000 });
    expect(most()).toBe(50);
    expect(house.events.filter(({ type }) => type === "connection.refused")).toEqual([]);
    expect(house.events).toContainEqual({
      type: "listener.paused",
      listener: "held",
      reason: "at-capacity",
      limit: 50,
      current: 50,
    });
    await everyoneHasLeft(house);
    expect(house.gatehouse.listeners()[0]).toMatchObject({ state: "listening", pausedBy: [] });
    expect(openSockets()).toBe(socketsBefore);
  });
});

test("a storm at a listener that holds, while reloads raise, lower and take away its cap, refuses and resets nobody", async () => {
  const document = (fields: object) => ({
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [{ ...held, socketBacklog: 2_048, ...fields }],
  });
  const house = await runGatehouse(document({ maxConnections: 20 }), { backend: {} });
  const bind = [`127.0.0.1:${house.port("held")}`];
  const caps = [{ maxConnections: 50 }, { maxConnections: 3 }, {}, { maxConnections: 20, atCapacity: "hold" as const }];
  const most = mostInside(house);
  const ends = house.gatehouse.lifecycle$.pipe(filter(({ type }) => type === "connection.closed"));
  const clients = visitors(house.port("held"), 1_500, 5);
  let served = false;
  const heard = clients.heard.finally(() => {
    served = true;
  });
  let reloads = 0;
  while (!served || reloads < 8) {
    await house.gatehouse.reload(document({ bind, ...caps[reloads % caps.length] }));
    reloads++;
    // Each is in force for some clients, who are enough for a hundred reloads.
    await Promise.race([heard, firstValueFrom(ends.pipe(take(15), last()))]);
  }
  expect(await heard).toEqual({ "220 221": 1_500 });
  expect(house.events.filter(({ type }) => type === "connection.refused" || type === "reload.rejected")).toEqual([]);
  expect(most()).toBeGreaterThan(3);
  await everyoneHasLeft(house);
  expect(house.gatehouse.listeners()[0]).toMatchObject({ state: "listening", pausedBy: [] });
});

test("two held listeners of two addresses each share the server's cap: never one too many, and both get their turn", async () => {
  const bind = ["127.0.0.1:0", "127.0.0.2:0"];
  const house = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost", maxConnections: 5 },
      NetworkListener: [
        { ...held, bind },
        { ...held, name: "other", bind },
      ],
    },
    { backend: {} },
  );
  // Nobody is served before both crowds wait.
  const first = [];
  for (let client = 0; client < 5; client++) first.push(await greeted(house.port("held")));
  const most = mostInside(house);
  const crowds = [visitors(house.port("held"), 150, 1), visitors(house.port("other"), 150, 1)];
  for (const { connected } of crowds) await connected;
  for (const client of first) await gone(client);
  for (const { heard } of crowds) expect(await heard).toEqual({ "220 221": 150 });
  expect(most()).toBe(5);
  // Whoever is told of a free slot first has it; the order goes round, so that neither waits for the other's last client.
  const order = house.events
    .flatMap((event) => (event.type === "connection.accepted" ? [event.connection.listener] : []))
    .slice(first.length);
  expect(order.slice(0, 150)).toContain("held");
  expect(order.slice(0, 150)).toContain("other");
  await expectNobodyInside(house);
});

describe.skipIf(!installed("ss"))("a server at its cap", () => {
  test("holds on one listener, rejects on another, and answers on the one that ignores the cap", async () => {
    const house = await runGatehouse(
      {
        SystemSettings: { defaultHostname: "localhost", maxConnections: 2 },
        NetworkListener: [
          held,
          { name: "rejecting", bind: ["127.0.0.1:0"], useTls: false },
          { name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true, atCapacity: "hold" },
        ],
      },
      { backend: {} },
    );
    const inside = [await greeted(house.port("rejecting")), await greeted(house.port("rejecting"))];
    await house.event("listener.paused", ({ listener, limit, current }) => listener === "held" && limit === current);
    const waiting = [await rawClient(house.port("held")), await rawClient(house.port("held"))];
    await queuedAre(house.port("held"), 2);
    const refused = await rawClient(house.port("rejecting"));
    expect(await refused.until("\r\n")).toMatch(/^421 4\.3\.2 /);
    const management = await rawClient(house.port("management"));
    management.socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const metrics = await management.until('gatehouse_listener_paused{listener="held",reason="at-capacity"} 1');
    expect(metrics).toContain('gatehouse_listener_pauses_total{listener="held",reason="at-capacity"} 1');
    expect(waiting.map((client) => client.received())).toEqual(["", ""]);

    // The slot of another listener's connection lets the first one in, and only that one.
    const [first, second] = inside;
    if (first) await gone(first);
    await waiting[0]?.until("220 ");
    await queuedAre(house.port("held"), 1);
    if (second) await gone(second);
    await waiting[1]?.until("220 ");
    const rules = house.events.flatMap((event) => (event.type === "connection.refused" ? [event] : []));
    expect(rules).toMatchObject([{ listener: "rejecting", refusal: { rule: "server-cap", limit: 2, current: 2 } }]);
    for (const client of [...waiting, refused, management]) await gone(client);
  });

  test("lets a listener that is suspended as well wait for its resume", async () => {
    const house = await runGatehouse([{ ...held, maxConnections: 1 }], { backend: {} });
    const port = house.port("held");
    const first = await greeted(port);
    await house.gatehouse.suspend("held");
    expect(house.gatehouse.listeners()[0]?.pausedBy).toEqual(["at-capacity", "suspended"]);
    const next = await rawClient(port);
    await gone(first);
    await house.event("connection.closed");
    await queuedAre(port, 1);
    expect(house.gatehouse.listeners()[0]?.pausedBy).toEqual(["suspended"]);
    await house.gatehouse.resume("held");
    await next.until("220 ");

    // And the other way round: resumed while it is full.
    await house.gatehouse.suspend("held");
    await house.gatehouse.resume("held");
    expect(house.gatehouse.listeners()[0]).toMatchObject({ state: "paused", pausedBy: ["at-capacity"] });
    const last = await rawClient(port);
    await queuedAre(port, 1);
    await gone(next);
    await last.until("220 ");
    await gone(last);
  });

  test("holds from its first moment on a listener that a reload adds", async () => {
    const { listeners, system } = { listeners: [held], system: { defaultHostname: "localhost", maxConnections: 1 } };
    const house = await runGatehouse({ SystemSettings: system, NetworkListener: listeners }, { backend: {} });
    const inside = await greeted(house.port("held"));
    await house.gatehouse.reload({ SystemSettings: system, NetworkListener: [held, { ...held, name: "added" }] });
    expect(house.gatehouse.listeners()[1]).toMatchObject({ state: "paused", pausedBy: ["at-capacity"] });
    const waiting = await rawClient(house.port("added"));
    await queuedAre(house.port("added"), 1);
    await gone(inside);
    await waiting.until("220 ");
    expect(house.events.filter(({ type }) => type === "connection.refused")).toEqual([]);
    await gone(waiting);
  });

  test("refuses those that it held when it is told to end", async () => {
    const house = await runGatehouse([{ ...held, maxConnections: 1 }], { backend: {} });
    const inside = await greeted(house.port("held"));
    const waiting = await rawClient(house.port("held"));
    const stopped = house.gatehouse.stop();
    await waiting.until("421 4.3.2 ");
    expect(await waiting.end).toBe("fin");
    waiting.socket.end();
    await inside.until("421 4.3.2 ");
    inside.socket.end();
    await stopped;
    expect(house.events.flatMap((event) => (event.type === "connection.refused" ? [event.refusal.rule] : []))).toEqual([
      "draining",
    ]);
  });
});
