import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { type RunningGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { openSockets } from "../ends.ts";
import { gone, type RawClient, rawClient } from "../raw-client.ts";

const document = {
  SystemSettings: { defaultHostname: "mail.example.com", maxConnections: 1 },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"] },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "http", protocol: "http", bind: ["127.0.0.1:0"] },
  ],
};

let clock: SimulatedClock;
let house: RunningGatehouse;
let socketsBefore: number;
let insider: RawClient;

beforeEach(async () => {
  clock = new SimulatedClock();
  house = await runGatehouse(document, { backend: {}, clock });
  socketsBefore = openSockets();
  insider = await rawClient(house.port("smtp"));
  await insider.until("220 ");
});

afterEach(async () => {
  expect(house.gatehouse.connections()).toHaveLength(1);
  await gone(insider);
  await house.event("connection.closed");
  // A refused socket raises no event when it has gone.
  await expect.poll(openSockets, { interval: 5 }).toBe(socketsBefore);
});

describe("a refusal", () => {
  test("by SMTP is one 421 line and the end, even when the client has spoken already", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\n");
    expect(await client.end).toBe("fin");
    expect(client.received()).toMatch(/^421 4\.3\.2 mail\.example\.com [^\r]+\r\n$/);
    client.socket.write("NOOP\r\n");
    await gone(client);
  });

  test("by HTTP is a complete 503 with Retry-After and Connection: close", async () => {
    const response = await fetch(`http://127.0.0.1:${house.port("http")}/healthz`);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.text()).toMatch(/try again/);
  });

  test("under implicit TLS says nothing in clear", async () => {
    const client = await rawClient(house.port("submissions"));
    await client.end;
    expect(client.received()).toBe("");
    await gone(client);
  });

  test("is an event with the rule, the counts and the client's address, and no connection", async () => {
    const client = await rawClient(house.port("submissions"));
    const { localPort } = client.socket;
    const event = await house.event("connection.refused");
    expect(event).toMatchObject({
      listener: "submissions",
      peer: { address: "127.0.0.1", port: localPort },
      refusal: { rule: "server-cap", limit: 1, current: 1 },
    });
    await gone(client);
    expect(house.events.filter(({ type }) => type === "connection.accepted")).toHaveLength(1);
  });

  test("does not wait for ever for a client that does not close", async () => {
    const client = await rawClient(house.port("smtp"));
    expect(await client.end).toBe("fin");
    const lingering = openSockets();
    clock.increment(1_999);
    expect(openSockets()).toBe(lingering);
    clock.increment(1);
    expect(openSockets()).toBe(lingering - 1);
    await gone(client);
  });
});
