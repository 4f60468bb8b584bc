/** A session that answered `wait` takes no input, and learns all the same that its peer is gone. */
import { expect, test } from "vitest";
import type { Session, SessionProtocol, Wire } from "../../src/protocols/protocol.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { expectNobodyInside } from "./ends.ts";
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
