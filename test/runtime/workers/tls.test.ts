/** TLS over several workers: whichever of them a client meets, it is the same server. */
import { once } from "node:events";
import { connect as connectInClear } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { issue, type KeyPair } from "../tls/certificate-fixtures.ts";
import { inParallel } from "./clients.ts";

const workers = { count: 3, module: new URL("./talk-module.ts", import.meta.url) };
const names = ["localhost"];
const issuer = await issue({ names: [], commonName: "Authority", authority: true });
const [first, second] = [await issue({ names }), await issue({ names })];

function document(certificates: Readonly<Record<string, KeyPair>>, talk: object = {}) {
  return {
    NetworkListener: [
      { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], tlsImplicit: true, ...talk },
      {
        ...{ name: "asking", protocol: "talk", bind: ["127.0.0.1:0"], tlsImplicit: true },
        ...{ tlsClientAuth: "required", tlsClientCa: { "@type": "Text", value: issuer.certificate } },
      },
    ],
    SystemSettings: { drainTimeout: "1s" },
    Certificate: Object.fromEntries(
      Object.entries(certificates).map(([id, { certificate, privateKey }]) => [
        id,
        {
          certificate: { "@type": "Text" as const, value: certificate },
          privateKey: { "@type": "Text" as const, secret: privateKey },
        },
      ]),
    ),
  } as never;
}

interface Visit {
  /** Which worker it was. */
  readonly worker: string;
  readonly reused: boolean;
  /** To go on with. */
  readonly session: Buffer;
  readonly certificate: string;
}

let running: LastingGatehouse;

beforeAll(async () => {
  running = await lastingGatehouse(document({ first }), { workers });
});
afterAll(() => running.end());

async function handshake(options: ConnectionOptions, listener = "talk"): Promise<TLSSocket> {
  const to = { port: running.port(listener), host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false };
  const socket = connect({ ...to, ...options });
  socket.on("error", () => {});
  await Promise.race([once(socket, "secureConnect"), once(socket, "close")]);
  return socket;
}

async function visit(options: ConnectionOptions = {}): Promise<Visit> {
  const to = { port: running.port("talk"), host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false };
  const socket = connect({ ...to, ...options });
  const sessions: Buffer[] = [];
  socket.on("session", (session) => sessions.push(session));
  const [said] = await once(socket, "data");
  const visited = {
    worker: String(said).trim(),
    reused: socket.isSessionReused(),
    session: sessions.at(-1) ?? socket.getSession() ?? Buffer.alloc(0),
    certificate: socket.getPeerCertificate().serialNumber,
  };
  socket.end("bye\r\n");
  await once(socket, "close");
  return visited;
}

/** Visits until every worker was met a few times. */
async function visits(options: ConnectionOptions): Promise<readonly Visit[]> {
  const all: Visit[] = [];
  for (let round = 0; round < 20 && new Set(all.map(({ worker }) => worker)).size < workers.count; round++)
    await inParallel(12, 12, async () => void all.push(await visit(options)));
  expect(new Set(all.map(({ worker }) => worker)).size).toBe(workers.count);
  return all;
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s over three workers", (version) => {
  const versions = { minVersion: version, maxVersion: version };

  it("is resumed on any of them, and after a reload with other certificates no more; the next one is, on any", async () => {
    await running.gatehouse.reload(document({ first }));
    const { session } = await visit(versions);
    expect((await visits({ ...versions, session })).every(({ reused }) => reused)).toBe(true);
    await running.gatehouse.reload(document({ second }));
    expect((await visits({ ...versions, session })).some(({ reused }) => reused)).toBe(false);
    const next = await visit(versions);
    expect((await visits({ ...versions, session: next.session })).every(({ reused }) => reused)).toBe(true);
  });
});

it("a session is resumed on any worker also after another certificate has begun to be valid", async () => {
  // Certificates count in whole seconds; a longer one is chosen as soon as it is valid.
  const notBefore = new Date(Date.now() + 3_000);
  const later = await issue({ names, notBefore, notAfter: new Date(Date.now() + 400 * 86_400_000) });
  await running.gatehouse.reload(document({ first, later }));
  const before = await visit();
  await running.event("certificate.chosen", ({ listener }) => listener === "talk");
  await expect
    .poll(async () => (await visits({})).some(({ certificate }) => certificate === before.certificate))
    .toBe(false);
  const { session } = await visit();
  expect((await visits({ session })).every(({ reused }) => reused)).toBe(true);
});

it("every worker asks for a certificate, and lets in who has one that the authority has signed", async () => {
  const signed = await issue({ names: ["client.example"], issuer });
  const own = await issue({ names: ["client.example"] });
  const met = new Set<string>();
  const greeting = async ({ certificate, privateKey }: KeyPair): Promise<string> => {
    const socket = await handshake({ cert: certificate, key: privateKey }, "asking");
    const [said] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [""])]);
    socket.destroy();
    return String(said).trim();
  };
  for (let round = 0; round < 20 && met.size < workers.count; round++)
    await inParallel(12, 12, async () => {
      met.add(await greeting(signed));
      expect(await greeting(own)).toBe("");
    });
  expect([...met].every((said) => said.startsWith("hello"))).toBe(true);
  expect(met.size).toBe(workers.count);
});

it("as many handshakes run at once as maxHandshakes says, over all workers", async () => {
  await running.gatehouse.reload(document({ first }, { maxHandshakes: 4 }));
  // Clients that never begin: each keeps its place, and later ones wait for one.
  const silent = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = connectInClear({ port: running.port("talk"), host: "127.0.0.1" });
      await once(socket, "connect");
      return socket;
    }),
  );
  const handshaking = () => running.gatehouse.states()["connection"]?.["handshaking"];
  await expect.poll(handshaking).toBe(4);
  let greeted = 0;
  const waiting = Array.from({ length: 12 }, () => visit().finally(() => (greeted += 1)));
  await expect.poll(handshaking).toBe(16);
  expect(greeted).toBe(0);
  silent[0]?.destroy();
  // One place is enough for all who wait, one after the other, in whichever worker they are.
  expect(await Promise.all(waiting)).toHaveLength(12);
  for (const socket of silent) socket.destroy();
});
