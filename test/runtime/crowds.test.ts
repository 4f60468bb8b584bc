/** Many clients at once: the caps hold, everyone is told, and nothing is left behind. */
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGatehouse } from "../../src/index.ts";
import { run } from "../real/programs.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, openSockets, slotsTaken } from "./ends.ts";
import { gone, rawClient } from "./raw-client.ts";

const children = new URL("./children/", import.meta.url);

describe("a storm of clients against maxConnections: 100", () => {
  test.each([
    { cap: "the listener", clients: 5_000, listener: { maxConnections: 100 }, system: {}, rule: "listener-cap" },
    { cap: "the server", clients: 1_500, listener: {}, system: { maxConnections: 100 }, rule: "server-cap" },
  ])(
    "of $cap, $clients of them: never 101 inside, everyone else gets 421, and the server goes on",
    async ({ clients, listener, system, rule }) => {
      const house = await runGatehouse(
        {
          SystemSettings: { defaultHostname: "localhost", ...system },
          NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false, ...listener }],
        },
        { backend: {} },
      );
      const socketsBefore = openSockets();
      let inside = 0;
      let most = 0;
      house.gatehouse.lifecycle$.subscribe(({ type }) => {
        if (type === "connection.closed") inside--;
        if (type !== "connection.accepted") return;
        inside++;
        most = Math.max(most, inside, house.gatehouse.connections().length);
      });
      const port = house.port("smtp");
      const crowd = await run(process.execPath, [
        new URL("crowd.ts", children).pathname,
        `${port}`,
        `${clients}`,
        "1000",
      ]);
      expect(crowd.stderr).toBe("");
      expect(JSON.parse(crowd.stdout)).toEqual({
        admitted: 100,
        heard: { "220 221 2.0.0 Bye": 100, "421 4.3.2": clients - 100 },
      });
      expect(most).toBe(100);
      const refusals = house.events.filter((event) => event.type === "connection.refused");
      expect(refusals).toHaveLength(clients - 100);
      for (const { refusal } of refusals) expect(refusal).toEqual({ rule, limit: 100, current: 100 });

      await expectNobodyInside(house);
      const next = await rawClient(port);
      await next.until("220 ");
      await gone(next);
      await house.event("connection.closed", ({ cause }) => cause === "peer-ended");
      expect(openSockets()).toBe(socketsBefore);
    },
  );
});

test("a listener with ignoreServerCap lets clients in when the server is full, and counts against its own cap alone", async () => {
  const house = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost", maxConnections: 1 },
      NetworkListener: [
        { name: "smtp", bind: ["127.0.0.1:0"], useTls: false },
        { name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true, maxConnections: 1 },
      ],
    },
    { backend: {} },
  );
  const first = await rawClient(house.port("smtp"));
  await first.until("220 ");
  const management = await rawClient(house.port("management"));
  await house.event("connection.accepted", ({ connection }) => connection.listener === "management");
  expect(await slotsTaken(house.gatehouse)).toEqual({ "": 1, smtp: 1, management: 1 });

  const refused = await rawClient(house.port("management"));
  expect(await refused.until("\r\n\r\n")).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/);
  const event = await house.event("connection.refused");
  expect(event).toMatchObject({ listener: "management", refusal: { rule: "listener-cap", limit: 1, current: 1 } });

  await gone(first);
  await house.event("connection.closed");
  const second = await rawClient(house.port("smtp"));
  await second.until("220 ");
  for (const client of [management, refused, second]) await gone(client);
});

describe("10,000 connections that are opened and dropped", () => {
  /** How many may be under way: fewer than the backlog, or the kernel drops some before they are accepted. */
  const atATime = 100;

  /** Connects, and goes at once: by FIN or by RST. */
  function openAndDrop(port: number, reset: boolean): void {
    const socket = connect(port, "127.0.0.1", () => {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    });
    socket.on("error", () => {});
  }

  function usedHeap(): number {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
    return process.memoryUsage().heapUsed;
  }

  test("leave no slot taken, no descriptor open and no memory used", async () => {
    // Not the fixture's: it would remember every event.
    const gatehouse = createGatehouse({
      config: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
      backend: {},
    });
    onTestFinished(() => gatehouse.stop({ wait: false }));
    await gatehouse.start();
    const port = gatehouse.listeners()[0]?.addresses[0]?.port ?? 0;
    const socketsBefore = openSockets();
    let accepted = 0;
    let closed = 0;
    let onClosed = (): void => {};
    gatehouse.lifecycle$.subscribe(({ type }) => {
      if (type === "connection.accepted") accepted++;
      if (type !== "connection.closed") return;
      closed++;
      onClosed();
    });
    /** Each end lets the next client come, up to this many ends in all. */
    const until = (total: number): Promise<void> =>
      new Promise((resolve) => {
        let opened = closed;
        const open = (): void => openAndDrop(port, opened++ % 2 === 0);
        onClosed = () => {
          if (closed === total) resolve();
          else if (opened < total) open();
        };
        for (let client = 0; client < atATime; client++) open();
      });
    await until(1_000);
    const heapBefore = usedHeap();
    await until(10_000);
    const growth = usedHeap() - heapBefore;

    expect({ accepted, closed }).toEqual({ accepted: 10_000, closed: 10_000 });
    await expectNobodyInside({ gatehouse });
    expect(openSockets()).toBe(socketsBefore);
    expect(growth / 9_000).toBeLessThan(200);
  });
});

test("each of the connections that end has one end event", async () => {
  const house = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }], { backend: {} });
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(house.port("smtp"))));
  for (const client of clients) await client.until("220 ");
  await Promise.all(clients.map(gone));
  await house.gatehouse.stop();
  expect(causes(house.events)).toHaveLength(20);
  expect(house.events.at(-1)?.type).toBe("server.stopped");
});
