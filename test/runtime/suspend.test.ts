/** Listeners that are told to stop accepting for a while: the kernel queues, and nobody notices but by waiting. */
import { describe, expect, test } from "vitest";
import { createGatehouse } from "../../src/index.ts";
import { installed } from "../real/programs.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { acceptQueue, queuedAre } from "./accept-queue.ts";
import { expectNobodyInside } from "./ends.ts";
import { gone, rawClient } from "./raw-client.ts";
import { visitors } from "./visitors.ts";

const document = {
  SystemSettings: { defaultHostname: "localhost" },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"], useTls: false },
    { name: "http", protocol: "http", bind: ["127.0.0.1:0"] },
  ],
};

const status = ({ gatehouse }: Awaited<ReturnType<typeof runGatehouse>>, listener: string) => {
  const found = gatehouse.listeners().find(({ name }) => name === listener);
  return { state: found?.state, pausedBy: found?.pausedBy };
};

describe.skipIf(!installed("ss"))("a suspended listener", () => {
  test("stays bound while the kernel queues; once resumed it serves everyone who came meanwhile, and resets nobody", async () => {
    const house = await runGatehouse(document, { backend: {} });
    const port = house.port("smtp");
    const established = await rawClient(port);
    await established.until("220 ");
    const own = established.socket.localPort;

    const under = visitors(port, 300);
    await house.event("connection.accepted", ({ connection }) => connection.peer.port !== own);
    await house.gatehouse.suspend("smtp");
    const accepted = house.events.filter(({ type }) => type === "connection.accepted").length;
    const meanwhile = visitors(port, 300);
    await Promise.all([under.connected, meanwhile.connected]);
    await queuedAre(port, 600 + 1 - accepted);
    expect(await acceptQueue(port)).toEqual({ queued: 601 - accepted, backlog: 1024 });
    expect(status(house, "smtp")).toEqual({ state: "paused", pausedBy: ["suspended"] });
    expect(status(house, "http")).toEqual({ state: "listening", pausedBy: [] });
    expect(house.events).toContainEqual({
      type: "listener.paused",
      listener: "smtp",
      reason: "suspended",
      limit: null,
      current: null,
    });
    established.socket.write("EHLO client\r\n");
    await established.until("250 ");

    await house.gatehouse.resume("smtp");
    expect(await under.heard).toEqual({ "220 221": 300 });
    expect(await meanwhile.heard).toEqual({ "220 221": 300 });
    expect(house.events.filter(({ type }) => type === "listener.resumed")).toHaveLength(1);
    established.socket.end("QUIT\r\n");
    await established.until("221 ");
    await gone(established);
  });

  test("that is drained refuses in words whom the kernel has queued", async () => {
    const house = await runGatehouse(document, { backend: {} });
    await house.gatehouse.suspend();
    const waiting = await Promise.all([1, 2, 3].map(() => rawClient(house.port("smtp"))));
    const stopped = house.gatehouse.stop();
    for (const client of waiting) {
      expect(await client.until("\r\n")).toMatch(/^421 4\.3\.2 /);
      expect(await client.end).toBe("fin");
      client.socket.end();
    }
    await stopped;
    const refusals = house.events.flatMap((event) => (event.type === "connection.refused" ? [event.refusal.rule] : []));
    expect(refusals).toEqual(["draining", "draining", "draining"]);
  });
});

test("all listeners are suspended and resumed at once when none is named, however often", async () => {
  const house = await runGatehouse(document, { backend: {} });
  await Promise.all([house.gatehouse.suspend(), house.gatehouse.suspend(), house.gatehouse.suspend("smtp")]);
  const smtp = await rawClient(house.port("smtp"));
  const http = await rawClient(house.port("http"));
  http.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  expect(house.gatehouse.listeners().map(({ state }) => state)).toEqual(["paused", "paused"]);
  expect(house.gatehouse.connections()).toEqual([]);
  await Promise.all([house.gatehouse.resume(), house.gatehouse.resume()]);
  expect(house.gatehouse.listeners().map(({ state }) => state)).toEqual(["listening", "listening"]);
  await smtp.until("220 ");
  await http.until("HTTP/1.1 200 OK");
  await Promise.all([gone(smtp), gone(http)]);
});

test("a resume that comes while the listener is being suspended is not lost", async () => {
  const house = await runGatehouse(document, { backend: {} });
  for (let time = 0; time < 20; time++) {
    const suspended = house.gatehouse.suspend("smtp");
    const resumed = house.gatehouse.resume("smtp");
    await Promise.all([suspended, resumed]);
    expect(status(house, "smtp")).toEqual({ state: "listening", pausedBy: [] });
  }
  const client = await rawClient(house.port("smtp"));
  await client.until("220 ");
  await gone(client);
  await house.event("connection.closed");
  await expectNobodyInside(house);
});

test("an unknown listener, and a server that does not run, are errors that say so", async () => {
  const house = await runGatehouse(document, { backend: {} });
  await expect(house.gatehouse.suspend("imap")).rejects.toMatchObject({
    code: "unknown-listener",
    message: expect.stringContaining("smtp, http"),
  });
  await expect(house.gatehouse.resume("imap")).rejects.toMatchObject({ code: "unknown-listener" });
  await house.gatehouse.stop();
  await expect(house.gatehouse.suspend("smtp")).rejects.toMatchObject({ code: "not-running" });
  await expect(house.gatehouse.resume()).rejects.toMatchObject({ code: "not-running" });
  const fresh = createGatehouse({ config: document, backend: {} });
  await expect(fresh.suspend()).rejects.toMatchObject({ code: "not-running" });
});
