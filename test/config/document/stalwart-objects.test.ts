/** Objects as Stalwart's `/get` answers with them: every field, `null` where nothing is set. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { issuesOf, listenerWith, mistakesWith } from "../documents.ts";

const listener = {
  id: "d33",
  name: "submissions",
  bind: { "[::]:465": true },
  protocol: "smtp",
  overrideProxyTrustedNetworks: {},
  socketBacklog: null,
  socketNoDelay: true,
  socketReceiveBufferSize: null,
  socketReuseAddress: true,
  socketReusePort: true,
  socketSendBufferSize: null,
  socketTosV4: null,
  socketTtl: null,
  useTls: true,
  tlsDisableCipherSuites: {},
  tlsDisableProtocols: {},
  tlsIgnoreClientOrder: true,
  tlsImplicit: true,
  tlsTimeout: null,
  maxConnections: null,
};

const system = {
  id: "singleton",
  defaultHostname: "mail.example.com",
  defaultDomainId: "b",
  defaultCertificateId: null,
  threadPoolSize: null,
  maxConnections: 8192,
  proxyTrustedNetworks: {},
  mailExchangers: { "0": { hostname: null, priority: 10 } },
  services: { imap: { hostname: null, cleartext: false }, smtp: { hostname: null, cleartext: false } },
  providerInfo: {},
};

const certificate = {
  id: "c1",
  certificate: { "@type": "File", filePath: "tls.crt" },
  privateKey: { "@type": "File", filePath: "tls.key" },
  subjectAlternativeNames: { "mail.example.com": true },
  notValidAfter: "2030-01-31T12:00:00Z",
  notValidBefore: "2029-11-02T12:00:00Z",
  issuer: "CN=E5",
};

const listed = { address: "192.0.2.0/24", createdAt: "2029-01-31T12:00:00Z", expiresAt: null };

describe("objects as Stalwart returns them", () => {
  const document = {
    SystemSettings: system,
    Certificate: { c1: certificate },
    BlockedIp: { a: { id: "a", ...listed, reason: "authFailure" } },
    AllowedIp: { b: { id: "b", ...listed, reason: null } },
    NetworkListener: { d33: listener, d34: { ...listener, id: "d34", name: "smtp", bind: { "[::]:25": true } } },
  };

  test("are a document", () => {
    const configuration = parseDocument(document);
    expect(configuration.listeners.map(({ name }) => name)).toEqual(["submissions", "smtp"]);
    expect(configuration.listeners[0]).toMatchObject({ tlsTimeout: 60_000, socketBacklog: 1024, maxConnections: 8192 });
    expect(configuration.system).toMatchObject({ defaultCertificateId: "c1", defaultHostname: "mail.example.com" });
    expect(configuration.blocked).toEqual([{ address: "192.0.2.0/24", expiresAt: null, reason: "authFailure" }]);
    expect(configuration.allowed).toEqual([{ address: "192.0.2.0/24", expiresAt: null, reason: null }]);
    expect(configuration.certificates).toEqual([
      { id: "c1", certificate: expect.anything(), privateKey: expect.anything() },
    ]);
  });

  test("have fields that mean nothing here, each named once", () => {
    expect(parseDocument(document).ignoredFields).toEqual([
      "SystemSettings.id",
      "SystemSettings.defaultDomainId",
      "SystemSettings.threadPoolSize",
      "SystemSettings.mailExchangers",
      "SystemSettings.services",
      "SystemSettings.providerInfo",
      "Certificate.id",
      "Certificate.subjectAlternativeNames",
      "Certificate.notValidBefore",
      "Certificate.notValidAfter",
      "Certificate.issuer",
      "BlockedIp.id",
      "BlockedIp.createdAt",
      "AllowedIp.id",
      "AllowedIp.createdAt",
      "NetworkListener.id",
    ]);
    for (const kept of parseDocument(document).listeners) expect(kept).not.toHaveProperty("id");
    expect(parseDocument([listener]).ignoredFields).toEqual(["NetworkListener.id"]);
    expect(parseDocument([]).ignoredFields).toEqual([]);
  });
});

test.each([
  "maxConnections",
  "socketBacklog",
  "socketReceiveBufferSize",
  "socketSendBufferSize",
  "socketTosV4",
  "socketTtl",
  "tlsTimeout",
])("null is the default of %s", (field) => {
  expect(listenerWith({ [field]: null })).toEqual(listenerWith({}));
});

test.each(["name", "bind", "protocol", "useTls", "tlsImplicit", "socketReusePort", "tlsDisableProtocols"])(
  "%s is not nullable there, nor here",
  (field) => {
    expect(mistakesWith({ [field]: null })).toHaveLength(1);
  },
);

test("a field that no Stalwart has is a mistake beside those that mean nothing here", () => {
  expect(issuesOf({ SystemSettings: { ...system, threadPool: 4 } }).map(({ path }) => path)).toEqual([
    "SystemSettings.threadPool",
  ]);
});

test.each(["socketTtl", "socketTosV4"])("%s over 255 is told to be one octet, whatever Stalwart stores", (field) => {
  expect(mistakesWith({ [field]: 1000 })).toEqual([
    expect.stringMatching(/must be a whole number from 1 to 255, or null: it is one octet .* Stalwart/),
  ]);
});

test("both versions disabled are a mistake, with a word on what Stalwart makes of it", () => {
  expect(mistakesWith({ tlsDisableProtocols: { tls12: true, tls13: true } })).toEqual([
    expect.stringMatching(
      /^tlsDisableProtocols: .*set useTls to false; .* Stalwart offers both: .*leave the field out/,
    ),
  ]);
});
