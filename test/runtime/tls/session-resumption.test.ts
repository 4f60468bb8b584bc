/** A session that was agreed on under one server name is of no use under another: nobody is told a name that was not proven. */
import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { lastingGatehouse } from "../../running-gatehouse.ts";
import { issue, type KeyPair, loaded } from "./certificate-fixtures.ts";
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

describe("a session over reloads", async () => {
  const [first, second] = [await issue({ names: ["localhost"] }), await issue({ names: ["localhost"] })];
  const smtp = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true };
  const document = ({ certificate, privateKey }: KeyPair, maxConnections: number) => ({
    NetworkListener: [{ ...smtp, maxConnections }],
    Certificate: {
      only: {
        certificate: { "@type": "Text" as const, value: certificate },
        privateKey: { "@type": "Text" as const, secret: privateKey },
      },
    },
  });
  const { gatehouse, port, end } = await lastingGatehouse(document(first, 10), { backend: {} });
  afterAll(end);

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "of %s is resumed as long as the certificates stay, whatever else changes, and no longer",
    async (version) => {
      const to = { port: port("smtp"), servername: "localhost", minVersion: version, maxVersion: version };
      await gatehouse.reload(document(first, 10));
      const session = await sessionOf(to);
      const isResumed = async (): Promise<boolean> => {
        const socket = await handshake({ ...to, session });
        const isReused = socket.isSessionReused();
        socket.destroy();
        return isReused;
      };
      await gatehouse.reload(document(first, 20));
      expect(await isResumed()).toBe(true);
      await gatehouse.reload(document(second, 20));
      expect(await isResumed()).toBe(false);
    },
  );
});
