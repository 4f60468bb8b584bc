/** A session that answered `wait` takes no input, and learns all the same that its peer is gone. */
import { expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { Session, SessionProtocol, Wire } from "../../src/protocols/protocol.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { rawClient, tlsClient } from "./raw-client.ts";

/** Says that it is busy with the first thing it hears, and never has anything more to say. */
const busy: SessionProtocol = {
  kind: "session",
  name: "busy",
  startTls: false,
  busy: () => "busy\r\n",
  open: (wire: Wire): Session => ({
    state: "busy",
    greet: () => ({ next: "continue" }),
    receive: () => {
      wire.write("working\r\n");
      return { next: "wait" };
    },
    resume: () => ({ next: "wait" }),
    writable: () => ({ next: "wait" }),
    secured: () => ({ next: "wait" }),
    ended: () => ({ next: "wait" }),
    drain: () => ({ next: "wait" }),
    expired: () => ({ next: "wait" }),
    closed: () => {},
  }),
};

test.each([
  ["in clear", false, 0],
  ["in clear, with more that nobody has read", false, 10_000],
  ["under TLS", true, 0],
  ["under TLS, with more that nobody has read", true, 10_000],
])("a reset is noticed %s", async (_how, tls, octets) => {
  const house = await runGatehouse([{ name: "busy", protocol: "busy", bind: ["127.0.0.1:0"], tlsImplicit: tls }], {
    protocols: [busy],
  });
  const port = house.port("busy");
  const raw = await rawClient(port);
  const client = tls ? await tlsClient({ socket: raw.socket }) : raw;
  client.socket.write("go\r\n");
  await client.until("working");
  if (octets > 0) {
    const written = new Promise((resolve) => client.socket.write(Buffer.alloc(octets), resolve));
    await written;
    await expect.poll(() => house.gatehouse.connections()[0]?.bytesRead).toBeGreaterThanOrEqual(octets);
  }
  raw.socket.resetAndDestroy();
  await house.event("connection.closed", ({ cause }) => cause === "peer-reset");
  await expectNobodyInside(house);
});

const tooMuch = "more than is held for a session that waits";

test.each([
  ["in clear", "FIN"],
  ["in clear", tooMuch],
  ["under TLS", "FIN"],
  ["under TLS", tooMuch],
])("a reset %s is noticed soon behind %s, which nobody reads on from", async (how, before) => {
  const clock = new SimulatedClock();
  const tls = how === "under TLS";
  const house = await runGatehouse([{ name: "busy", protocol: "busy", bind: ["127.0.0.1:0"], tlsImplicit: tls }], {
    protocols: [busy],
    clock,
  });
  const raw = await rawClient(house.port("busy"));
  const client = tls ? await tlsClient({ socket: raw.socket }) : raw;
  client.socket.write("go\r\n");
  await client.until("working");
  if (before === tooMuch) {
    client.socket.write(Buffer.alloc(4_000_000));
    await expect.poll(() => house.gatehouse.connections()[0]?.bytesRead).toBeGreaterThan(64 * 1024);
  } else {
    raw.socket.end();
  }
  // A client that has half closed is waited for.
  clock.increment(5_000);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(house.gatehouse.connections()).toHaveLength(1);
  raw.socket.resetAndDestroy();
  await expect
    .poll(() => {
      clock.increment(5_000);
      return house.gatehouse.connections().length;
    })
    .toBe(0);
  expect(causes(house.events)).toEqual(["peer-reset"]);
  await expectNobodyInside(house);
});

test("whoever has vanished leaves the queue for handshakes", async () => {
  const clock = new SimulatedClock();
  const listener = { name: "secure", bind: ["127.0.0.1:0"], tlsImplicit: true, maxHandshakes: 1, tlsTimeout: "1h" };
  const house = await runGatehouse([listener], { backend: {}, clock });
  const first = await rawClient(house.port("secure"));
  await house.event("connection.handshaking");
  const second = await rawClient(house.port("secure"));
  await expect.poll(() => house.gatehouse.connections().length).toBe(2);
  second.socket.resetAndDestroy();
  await expect
    .poll(() => {
      clock.increment(5_000);
      return house.gatehouse.connections().length;
    })
    .toBe(1);
  expect(first.socket.destroyed).toBe(false);
});
