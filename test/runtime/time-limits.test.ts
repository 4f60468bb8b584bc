/** Every limit on time, exact to the millisecond: time stands still until the test moves it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { Backend, EndCause } from "../../src/index.ts";
import { defaultSmtpLimits } from "../../src/protocols/smtp/index.ts";
import { clientHello } from "../../src/testing/client-hello.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, openSockets } from "./ends.ts";
import { gone, type RawClient, rawClient, tlsClient } from "./raw-client.ts";

const tlsTimeout = 60_000;
const closeTimeout = 5_000;
const document = {
  SystemSettings: { defaultHostname: "localhost" },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"], tlsTimeout },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true, tlsTimeout },
  ],
};

let answer: PromiseWithResolvers<undefined>;
const backend: Backend = { recipient: async () => undefined, sender: () => answer.promise };

let clock: SimulatedClock;
let house: RunningGatehouse;
let socketsBefore: number;

beforeEach(async () => {
  answer = Promise.withResolvers();
  clock = new SimulatedClock();
  house = await runGatehouse(document, { backend, clock });
  socketsBefore = openSockets();
});

afterEach(async () => {
  await expectNobodyInside(house);
  expect(openSockets()).toBe(socketsBefore);
});

/** Lets the time pass; one millisecond before the limit nothing has happened. */
function pass(limit: number): void {
  clock.increment(limit - 1);
  expect(house.gatehouse.connections()).toHaveLength(1);
  expect(house.events.some(({ type }) => type === "connection.closing" || type === "connection.closed")).toBe(false);
  clock.increment(1);
}

/** The connection is gone in the same turn, without a FIN that the peer would have to answer. */
function expectCut(cause: EndCause): void {
  expect(causes(house.events)).toEqual([cause]);
  expect(house.gatehouse.connections()).toEqual([]);
}

/** Waits until the server has read what the client has written. */
async function readBy(client: RawClient): Promise<void> {
  const { connections } = house.gatehouse;
  while ((connections()[0]?.bytesRead ?? 0) < client.socket.bytesWritten) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function startTls(): Promise<RawClient> {
  const client = await rawClient(house.port("smtp"));
  client.socket.write("EHLO client\r\nSTARTTLS\r\n");
  await client.until("220 2.0.0 ");
  await house.event("connection.upgrading");
  return client;
}

describe("tlsTimeout", () => {
  test("cuts a client that says nothing under implicit TLS", async () => {
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    pass(tlsTimeout);
    expectCut("tls-timeout");
    await client.end;
    await gone(client);
    expect(client.received()).toBe("");
  });

  test("cuts a client that stops after half a ClientHello", async () => {
    const hello = await clientHello();
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    client.socket.write(hello.subarray(0, hello.length / 2));
    await readBy(client);
    pass(tlsTimeout);
    expectCut("tls-timeout");
    await client.end;
    await gone(client);
  });

  test("is for the whole handshake: octets that trickle in do not extend it", async () => {
    const hello = await clientHello();
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    const steps = 10;
    for (let sent = 0; sent < steps; sent++) {
      client.socket.write(hello.subarray(sent, sent + 1));
      await readBy(client);
      if (sent < steps - 1) clock.increment(tlsTimeout / steps);
    }
    pass(tlsTimeout / steps);
    expectCut("tls-timeout");
    await client.end;
    await gone(client);
  });

  test("cuts a client that says nothing after the go-ahead of STARTTLS", async () => {
    const client = await startTls();
    pass(tlsTimeout);
    expectCut("tls-timeout");
    await client.end;
    await gone(client);
  });

  test("is over when the handshake is", async () => {
    const client = await tlsClient({ port: house.port("submissions") });
    await client.until("220 ");
    clock.increment(defaultSmtpLimits.firstCommandTimeout - 1);
    client.socket.write("EHLO client\r\n");
    await client.until("250 ");
    clock.increment(tlsTimeout);
    expect(house.gatehouse.connections()).toHaveLength(1);
    client.socket.write("QUIT\r\n");
    await client.until("221 ");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
  });

  test("is counted once as a failed handshake, with its reason", async () => {
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    pass(tlsTimeout);
    await client.end;
    await gone(client);
    await turn();
    const { values = [] } =
      (await house.gatehouse.metrics.registry.getSingleMetric("gatehouse_tls_handshake_failures_total")?.get()) ?? {};
    expect(values).toMatchObject([{ labels: { listener: "submissions", reason: "timeout" }, value: 1 }]);
    expect(house.events.at(-1)?.type).toBe("connection.closed");
  });
});

describe("the limits of a session", () => {
  test("a client that says nothing gets 421 and the end after the time for a first command", async () => {
    const client = await rawClient(house.port("smtp"));
    await client.until("220 ");
    pass(defaultSmtpLimits.firstCommandTimeout);
    await client.until("421 4.4.2 ");
    expect(await client.end).toBe("fin");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
    expect(causes(house.events)).toEqual(["idle-timeout"]);
  });

  test("every octet starts the wait again, up to the limit of the whole session", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\n");
    await client.until("250 ");
    const step = defaultSmtpLimits.progressTimeout / 4;
    for (let passed = step; passed < defaultSmtpLimits.progressTimeout; passed += step) {
      clock.increment(step);
      client.socket.write("N");
      await readBy(client);
    }
    pass(step);
    await client.until("421 4.4.2 ");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
    expect(causes(house.events)).toEqual(["session-timeout"]);
  });

  test("a session's time that passes in mid-handshake ends it when the handshake is done", async () => {
    const clear = await rawClient(house.port("smtp"));
    clear.socket.write("EHLO client\r\n");
    await clear.until("250 ");
    clock.increment(defaultSmtpLimits.commandTimeout - 1);
    clear.socket.write("NOOP\r\n");
    await clear.until("250 2.0.0 Ok");
    clock.increment(defaultSmtpLimits.commandTimeout - 1);
    clear.socket.write("STARTTLS\r\n");
    await clear.until("220 2.0.0 ");
    clock.increment(2);
    expect(causes(house.events)).toEqual([]);
    clear.socket.removeAllListeners("data");
    const client = await tlsClient({ socket: clear.socket });
    await client.until("421 4.4.2 ");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
    expect(causes(house.events)).toEqual(["session-timeout"]);
  });

  test("a backend that never answers does not hold the session for ever", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\nMAIL FROM:<a@example.com>\r\n");
    await client.until("250 ");
    await readBy(client);
    clock.increment(defaultSmtpLimits.commandTimeout);
    expect(causes(house.events)).toEqual([]);
    clock.increment(defaultSmtpLimits.commandTimeout);
    await client.until("421 4.3.0 ");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
    expect(causes(house.events)).toEqual(["session-timeout"]);
    answer.resolve(undefined);
  });
});

test("a close waits for the peer's FIN, and no longer than the closing time-out", async () => {
  const client = await rawClient(house.port("smtp"));
  client.socket.write("NOOP\n");
  expect(await client.end).toBe("fin");
  clock.increment(closeTimeout - 1);
  expect(causes(house.events)).toEqual([]);
  clock.increment(1);
  expectCut("protocol-error");
  await gone(client);
});

test("a close after TLS waits for the peer's FIN after QUIT, too", async () => {
  const client = await tlsClient({ port: house.port("submissions"), allowHalfOpen: true });
  await client.until("220 ");
  client.socket.write("QUIT\r\n");
  expect(await client.end).toBe("fin");
  clock.increment(closeTimeout - 1);
  expect(causes(house.events)).toEqual([]);
  clock.increment(1);
  expectCut("quit");
  await gone(client);
});

test("a client that has said QUIT in clear has nothing to be waited for: it reads the answer and FIN, and its place is free", async () => {
  const client = await rawClient(house.port("smtp"));
  client.socket.write("QUIT\r\n");
  await house.event("connection.closed");
  expectCut("quit");
  expect(house.events.some(({ type }) => type === "connection.closing")).toBe(false);
  expect(await client.end).toBe("fin");
  await client.until("221 2.0.0 ");
  await gone(client);
});

test("so has one whose FIN has come", async () => {
  const client = await rawClient(house.port("smtp"));
  client.socket.end();
  await house.event("connection.closed");
  expectCut("peer-ended");
  expect(await client.end).toBe("fin");
});

test("what a client sends behind QUIT does not cost it the answer, as long as it has come by then", async () => {
  const client = await rawClient(house.port("smtp"));
  client.socket.write("QUIT\r\nNOOP\r\n");
  expect(await client.end).toBe("fin");
  await client.until("221 2.0.0 ");
  await gone(client);
});
