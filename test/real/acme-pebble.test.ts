import type { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createGatehouse, type Gatehouse, type LifecycleEvent } from "../../src/index.ts";
import { freePort } from "../free-port.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
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
