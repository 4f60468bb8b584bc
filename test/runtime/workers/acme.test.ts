/** A certificate that orders itself, for several workers: each of them proves the domain, and each serves what was issued. */
import { connect, type TLSSocket } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { createGatehouse, type LifecycleEvent } from "../../../src/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { AcmeServer } from "../acme/acme-server.ts";
import { come, inParallel } from "./clients.ts";

const domain = "mail.example.com";

it("is proved by every worker, and served by every worker without a reload, also by one that begins later", async () => {
  const acme = await AcmeServer.start();
  const handshake = async (options: object = {}): Promise<TLSSocket> => {
    const to = { port: acme.ports.tls, host: "127.0.0.1", servername: domain, rejectUnauthorized: false };
    const socket = connect({ ...to, ...options });
    await new Promise((resolve) => {
      socket.once("secureConnect", resolve).on("error", resolve);
    });
    return socket;
  };
  const proofs: unknown[] = [];
  acme.beforeLook = () =>
    inParallel(60, 20, async () => {
      const socket = await handshake({ ALPNProtocols: ["acme-tls/1"] });
      proofs.push(socket.alpnProtocol);
      socket.destroy();
    });
  const events: LifecycleEvent[] = [];
  const gatehouse = createGatehouse({
    dataDirectory: temporaryDirectory(),
    workers: { count: 2, module: new URL("./talk-module.ts", import.meta.url) },
    config: {
      SystemSettings: { defaultHostname: "localhost", drainTimeout: "1s" },
      Certificate: { main: { "@type": "Acme", directory: acme.directory, domains: [domain] } },
      NetworkListener: [
        { name: "smtps", protocol: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true },
        { name: "talk", protocol: "talk", bind: ["127.0.0.1:0"], useTls: false },
      ],
    },
  });
  const issued = new Promise((resolve) => {
    gatehouse.lifecycle$.subscribe((event) => {
      events.push(event);
      if (event.type === "listener.listening" && event.listener === "smtps")
        acme.ports.tls = event.addresses[0]?.port ?? 0;
      if (event.type === "certificate.issued") resolve(event);
    });
  });
  await gatehouse.start();
  onTestFinished(() => gatehouse.stop({ wait: false }));
  const workersOf = (type: LifecycleEvent["type"]) =>
    new Set(events.flatMap((event) => (event.type === type && "worker" in event ? [event.worker] : []))).size;
  await issued;
  expect(new Set(proofs)).toEqual(new Set(["acme-tls/1"]));
  expect(proofs).toHaveLength(60);

  const issuers = async (): Promise<unknown[]> => {
    const all: unknown[] = [];
    await inParallel(40, 20, async () => {
      const socket = await handshake();
      all.push(socket.getPeerCertificate().issuer.CN);
      socket.destroy();
    });
    return [...new Set(all)];
  };
  expect(await issuers()).toEqual(["Authority of the tests"]);
  expect((await handshake({ ALPNProtocols: ["acme-tls/1"] })).alpnProtocol).not.toBe("acme-tls/1");

  const talk = gatehouse.listeners().find(({ name }) => name === "talk")?.addresses[0]?.port ?? 0;
  (await come(talk)).socket.write("die\r\n");
  await expect.poll(() => events.filter(({ type }) => type === "worker.running").length).toBe(3);
  expect(await issuers()).toEqual(["Authority of the tests"]);
  // Each of them was met.
  await expect.poll(() => workersOf("connection.closed")).toBe(2);
});
