/** A session that was agreed on under one server name is of no use under another: nobody is told a name that was not proven. */
import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { loaded } from "./certificate-fixtures.ts";
import { listenWithTls } from "./tls-listener.ts";

const certificates = [
  await loaded("a", { names: ["a.example"] }),
  await loaded("b", { names: ["b.example"] }),
  await loaded("both", { names: ["c.example", "d.example"] }),
];
const listener = await listenWithTls(
  tlsContexts({
    certificates,
    defaultId: "a",
    listener: { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true },
  }),
);
afterAll(() => listener[Symbol.asyncDispose]());

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** The session of a connection under a name. */
async function sessionOf(options: ConnectionOptions): Promise<Buffer> {
  const socket = connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  const [session] = await once(socket, "session");
  socket.destroy();
  return session;
}

const commonName = (socket: TLSSocket) => socket.getPeerCertificate().subject?.CN;

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s", (version) => {
  const versions = { minVersion: version, maxVersion: version };

  test("is resumed under its own name", async () => {
    const session = await sessionOf({ servername: "b.example", ...versions });
    const socket = await handshake({ servername: "b.example", session, ...versions });
    expect(socket.isSessionReused()).toBe(true);
    socket.destroy();
  });

  test.each([
    ["a.example", "b.example", "b.example"],
    ["b.example", "a.example", "a.example"],
    ["b.example", "unknown.example", "a.example"],
    ["b.example", "", "a.example"],
    ["c.example", "d.example", "c.example"],
  ])("of %s is not resumed under %j, where the certificate of %s is served", async (first, second, served) => {
    const session = await sessionOf({ servername: first, ...versions });
    const socket = await handshake({ servername: second, session, ...versions });
    expect(socket.isSessionReused()).toBe(false);
    expect(commonName(socket)).toBe(served);
    socket.destroy();
  });
});
