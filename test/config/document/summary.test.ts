import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { describeConfiguration } from "../../../src/config/document/summary.ts";
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
