import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { describeConfiguration } from "../../../src/config/document/summary.ts";
import { managementSchema } from "../../../src/management/schema/management-schema.ts";
import { mailServer } from "../documents.ts";

test("the summary says the effective settings of the server and of each listener", () => {
  const text = describeConfiguration(parseDocument(mailServer, { directory: "/etc/gatehouse" }), { all: true });
  expect(text).toContain("Server mail.example.com\n  connections: at most 8192");
  expect(text).toContain("certificate main (default): file /etc/gatehouse/tls.crt; key: file /etc/gatehouse/tls.key");
  expect(text).toContain("Listener submission: smtp on [::]:587\n  TLS: by STARTTLS");
  expect(text).toContain(
    "Listener submissions: smtp on [::]:465\n  TLS: from the first byte; handshake within 1 minute",
  );
  expect(text).toContain("Listener management: http on 127.0.0.1:8080\n  TLS: none");
});

test("the summary leaves out what is as by default", () => {
  const text = describeConfiguration(
    parseDocument({
      SystemSettings: { defaultHostname: "mx.example.com" },
      NetworkListener: { smtp: { bind: ["[::]:25"] }, smtps: { bind: ["[::]:465"], tlsImplicit: true, socketTtl: 64 } },
    }),
  );
  expect(text).toBe(`Server mx.example.com
  certificates: none given; where TLS is used, a self-signed one is made
  accounts: none given

Listener smtp: smtp on [::]:25

Listener smtps: smtp on [::]:465
  TLS: from the first byte; handshake within 1 minute
  socket: backlog 1024, SO_REUSEADDR on, SO_REUSEPORT on, TCP_NODELAY on, TTL 64

Everything else is as by default; --all prints that, too.
`);
});

test("the summary shows what a listener changes", () => {
  const text = describeConfiguration(
    parseDocument({
      SystemSettings: { maxConnections: 10 },
      NetworkListener: {
        a: {
          bind: ["[::]:25"],
          maxConnections: 500,
          atCapacity: "hold",
          tlsDisableProtocols: ["tls12"],
          overrideProxyTrustedNetworks: ["10.0.0.0/8"],
          connectionRate: { count: 3, interval: "1m" },
          socketTtl: 64,
        },
        b: { bind: ["[::]:26"], maxConnections: 500, ignoreServerCap: true, useTls: false },
      },
    }),
  );
  const [, a = "", b = ""] = text.split("\n\n");
  expect(a).toContain("at most 10, then clients wait in the kernel's queue, 3 new ones from one address in 1 minute");
  expect(a).toContain("TLS versions: 1.3; cipher suites: tls13-aes-256-gcm-sha384, ");
  expect(a).toContain("trusted proxies: 10.0.0.0/8 (its own); header within 5 seconds");
  expect(a).toContain("TTL 64");
  expect(b).toContain("at most 500, then clients are turned away, not counted against the server's cap");
  expect(b).toContain("TLS: none");
});

/** Of each object, a value that is not the default. */
const changes = {
  SystemSettings: {
    ...{ defaultHostname: "mx.example.com", maxConnections: 10, workers: 4, drainTimeout: "7s", upgradeTimeout: "9s" },
    ...{ proxyTrustedNetworks: ["10.0.0.0/8"], metricsAccess: "open", recipientDelimiter: "-" },
    cluster: { url: "redis://127.0.0.1:6379" },
    defaultCertificateId: "b",
  },
  NetworkListener: {
    ...{ name: "other", protocol: "lmtp", bind: ["[::]:24"], maxConnections: 10, http2: false },
    ...{ overrideProxyTrustedNetworks: ["10.0.0.0/8"], forwardedTrustedNetworks: ["10.0.0.0/8"] },
    ...{ socketReuseAddress: false, socketReusePort: false, socketBacklog: 7, socketTtl: 7, socketSendBufferSize: 7 },
    ...{ socketReceiveBufferSize: 7, socketTosV4: 8, socketNoDelay: false, socketMode: "0600", socketOwner: "root" },
    ...{ useTls: false, tlsImplicit: true, tlsTimeout: "7s", tlsDisableProtocols: ["tls12"], maxHandshakes: 7 },
    ...{ tlsDisableCipherSuites: ["tls13-aes-256-gcm-sha384"], tlsIgnoreClientOrder: false, atCapacity: "hold" },
    ...{ ignoreServerCap: true, proxyTimeout: "7s", admissionTimeout: "7s", maxConnectionsPerAddress: 7 },
    ...{ connectionRate: { count: 7, interval: "1m" }, banner: "Hello", authWithoutTls: true },
    ...{ limits: { errors: 7 }, forwardedField: "forwarded" },
    tlsClientAuth: "required",
    tlsClientCa: { "@type": "Text", secret: "PEM" },
  },
};

/** Without which a field means nothing. */
const needs: Readonly<Record<string, object>> = {
  tlsClientAuth: { tlsImplicit: true, tlsClientCa: { "@type": "Text", secret: "PEM" } },
  tlsClientCa: { tlsImplicit: true, tlsClientAuth: "required", tlsClientCa: { "@type": "File", filePath: "/ca.crt" } },
  socketMode: { bind: ["unix:/run/smtp.sock"] },
  socketOwner: { bind: ["unix:/run/smtp.sock"] },
  proxyTimeout: { overrideProxyTrustedNetworks: ["10.0.0.0/8"] },
  forwardedField: { forwardedTrustedNetworks: ["10.0.0.0/8"] },
};

test("no setting that differs from its default is left out of the summary", () => {
  const { fields } = managementSchema();
  const pem = { "@type": "Text", secret: "PEM" };
  const Certificate = { a: { certificate: pem, privateKey: pem }, b: { certificate: pem, privateKey: pem } };
  const summary = (system: object, listener: object) =>
    describeConfiguration(
      parseDocument({
        SystemSettings: { defaultHostname: "a.example", defaultCertificateId: "a", ...system },
        Certificate,
        NetworkListener: [{ name: "any", bind: ["[::]:25"], ...listener }],
      }),
    );
  for (const [object, values] of Object.entries(changes)) {
    expect(Object.keys(values).sort(), object).toEqual(Object.keys(fields[`x:${object}`]?.properties ?? {}).sort());
    const said = (set: object) => (object === "SystemSettings" ? summary(set, {}) : summary({}, set));
    for (const [field, value] of Object.entries(values)) {
      const needed = needs[field] ?? {};
      expect(said({ ...needed, [field]: value }), field).not.toBe(said(needed));
    }
  }
});

test("no secret is in the summary", () => {
  const leak = "hunter2-hunter2";
  const text = { "@type": "Text", secret: leak };
  const configuration = parseDocument({
    Account: { "a@b.example": { secret: text, roles: ["admin"] } },
    Certificate: { a: { certificate: text, privateKey: text } },
  });
  expect(describeConfiguration(configuration)).toContain("account a@b.example (admin): secret given in the document");
  expect(describeConfiguration(configuration)).not.toContain(leak);
});
