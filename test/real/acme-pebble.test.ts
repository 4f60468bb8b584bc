import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlain, createServer } from "node:net";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createGatehouse, type Gatehouse, type LifecycleEvent } from "../../src/index.ts";
import { freePort } from "../free-port.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { inParallel } from "../runtime/workers/clients.ts";
import { pebbleRuns, startPebble } from "./pebble.ts";

const domain = "mail.example.com";

interface Wanted {
  readonly directory: string;
  readonly ports: { readonly tlsPort: number; readonly httpPort: number };
  readonly challenge: "tls-alpn-01" | "http-01";
}

async function running({ directory, ports, challenge }: Wanted) {
  const gatehouse = createGatehouse({
    dataDirectory: temporaryDirectory(),
    backend: {},
    pressure: false,
    config: {
      SystemSettings: { defaultHostname: "localhost" },
      Certificate: {
        main: { "@type": "Acme", directory, contact: ["admin@example.com"], domains: [domain], challenge },
      },
      NetworkListener: [
        { name: "smtps", protocol: "smtp", bind: [`127.0.0.1:${ports.tlsPort}`], tlsImplicit: true },
        { name: "web", protocol: "http", bind: [`127.0.0.1:${ports.httpPort}`], useTls: false },
      ],
    },
  });
  const issued = untilEvent(gatehouse, "certificate.issued");
  await gatehouse.start();
  onTestFinished(() => gatehouse.stop({ wait: false }));
  return { gatehouse, issued };
}

function untilEvent(gatehouse: Gatehouse, type: LifecycleEvent["type"]): Promise<LifecycleEvent> {
  return new Promise((resolve, reject) =>
    gatehouse.lifecycle$.subscribe((event) => {
      if (event.type === type) resolve(event);
      if (event.type === "certificate.orderFailed") reject(event.error);
    }),
  );
}

function served(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", servername: domain, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
    });
    socket.on("error", reject);
  });
}

test.skipIf(!pebbleRuns).each(["tls-alpn-01", "http-01"] as const)(
  "Pebble issues a certificate by %s, and it is in force at once",
  async (challenge) => {
    const ports = { tlsPort: await freePort("127.0.0.1"), httpPort: await freePort("127.0.0.1") };
    const { directory } = await startPebble(ports);
    const { gatehouse, issued } = await running({ directory, ports, challenge });
    expect((await served(ports.tlsPort)).subject).toBe("CN=localhost");
    await issued;
    const certificate = await served(ports.tlsPort);
    expect(certificate.subjectAltName).toBe(`DNS:${domain}`);
    expect(certificate.issuer).toContain("Pebble");
    expect(gatehouse.certificates()[0]).toMatchObject({ id: "main", acme: { lastError: null } });
  },
);

/** What stands before a fleet, and leads each client to where the test wants it. */
async function front(port: number, target: () => Promise<number>): Promise<void> {
  const server = createServer(async (near) => {
    near.on("error", () => {});
    const far = connectPlain(await target(), "127.0.0.1");
    for (const socket of [near, far]) socket.on("error", () => {});
    near.pipe(far).pipe(near);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
}

/** As an authority looks for the proof of a domain. */
function proof(port: number): Promise<string | false | null> {
  return new Promise((resolve, reject) => {
    const to = { port, host: "127.0.0.1", servername: domain, rejectUnauthorized: false };
    const socket = connect({ ...to, ALPNProtocols: ["acme-tls/1"] }, () => {
      resolve(socket.alpnProtocol);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** So many clients at once that each of two workers gets some. */
async function byAll<Answer>(ask: () => Promise<Answer>): Promise<Set<Answer>> {
  const answers: Answer[] = [];
  await inParallel(40, 20, async () => {
    answers.push(await ask());
  });
  return new Set(answers);
}

test.skipIf(!pebbleRuns || !hasRedis).each(["tls-alpn-01", "http-01"] as const)(
  "Pebble issues one certificate for two nodes of two workers, whose proof by %s it sees at the node that has not ordered",
  async (challenge) => {
    const ports = { tlsPort: await freePort("127.0.0.1"), httpPort: await freePort("127.0.0.1") };
    const engine = await RedisServer.start();
    onTestFinished(() => engine.stop());
    await engine.settled("fleet");
    const { directory } = await startPebble(ports);
    const ordered = new Set<string>();
    const workers = new Set<string>();
    const proofs: unknown[] = [];
    const nodes = ["a", "b"].map((node) => {
      const gatehouse = createGatehouse({
        ...{ dataDirectory: temporaryDirectory(), pressure: false, node },
        workers: { count: 2 },
        config: {
          SystemSettings: {
            ...{ defaultHostname: "localhost", drainTimeout: "1s" },
            cluster: {
              ...{ url: engine.url, keyPrefix: "fleet" },
              encryptionKey: { "@type": "Text", secret: "a key that all nodes have and nobody else" },
            },
          },
          Certificate: { main: { "@type": "Acme", directory, domains: [domain], challenge } },
          NetworkListener: [
            { name: "smtps", protocol: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true },
            { name: "web", protocol: "http", bind: ["127.0.0.1:0"], useTls: false },
          ],
        },
      });
      gatehouse.lifecycle$.subscribe((event) => {
        if (event.type === "certificate.ordered") ordered.add(node);
        if (event.type === "connection.closed" && "worker" in event) workers.add(`${node}${event.worker}`);
      });
      const inForce = Promise.race([
        untilEvent(gatehouse, "certificate.issued"),
        untilEvent(gatehouse, "certificate.received"),
      ]);
      return { node, gatehouse, inForce };
    });
    const portOf = (name: string, { gatehouse }: (typeof nodes)[number]) =>
      gatehouse.listeners().find((listener) => listener.name === name)?.addresses[0]?.port ?? 0;
    const { promise: started, resolve: haveStarted } = Promise.withResolvers<void>();
    const other = (name: string) => async () => {
      await started;
      if (name === "smtps") for (const node of nodes) proofs.push(...(await byAll(() => proof(portOf(name, node)))));
      const [first] = nodes.filter(({ node }) => !ordered.has(node));
      return first ? portOf(name, first) : 0;
    };
    await Promise.all([front(ports.tlsPort, other("smtps")), front(ports.httpPort, other("web"))]);
    for (const { gatehouse } of nodes) onTestFinished(() => gatehouse.stop({ wait: false }));
    await Promise.all(nodes.map(({ gatehouse }) => gatehouse.start()));
    haveStarted();
    await Promise.all(nodes.map(({ inForce }) => inForce));
    const serials: string[] = [];
    for (const node of nodes)
      serials.push(...(await byAll(async () => (await served(portOf("smtps", node))).serialNumber)));
    expect(new Set(serials).size).toBe(1);
    expect(ordered.size).toBe(1);
    expect(new Set(proofs)).toEqual(new Set(challenge === "tls-alpn-01" ? ["acme-tls/1"] : []));
    await expect.poll(() => [...workers].sort()).toEqual(["a1", "a2", "b1", "b2"]);
  },
);
