import { hostname } from "node:os";
import { resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigurationError } from "../../../src/config/document/configuration-error.ts";
import { parseDocument } from "../../../src/config/document/document.ts";
import { exampleDocument } from "../../../src/config/document/example-document.ts";
import { PROTOCOLS } from "../../../src/config/document/listener.ts";
import { serializeDocument } from "../../../src/config/document/serialize.ts";
import { sessionLimitsSchema } from "../../../src/config/document/session-limits.ts";
import { defaultHostname } from "../../../src/config/document/system.ts";
import { configurationDocuments } from "../configuration-documents.ts";
import { issuesOf, listenerWith, mailServer, mistakesWith } from "../documents.ts";

const secret = { "@type": "Text", secret: "correct horse" };

test("a listener with a name and an address has every documented default", () => {
  expect(listenerWith({})).toEqual({
    name: "a",
    bind: [{ text: "127.0.0.1:0", host: "127.0.0.1", family: 4, port: 0 }],
    protocol: "smtp",
    maxConnections: 8192,
    overrideProxyTrustedNetworks: [],
    proxyTrustedNetworks: [],
    forwardedTrustedNetworks: [],
    forwardedField: "xForwardedFor",
    http2: true,
    socketReuseAddress: true,
    socketReusePort: true,
    socketBacklog: 1024,
    socketTtl: null,
    socketSendBufferSize: null,
    socketReceiveBufferSize: null,
    socketTosV4: null,
    socketMode: "0660",
    socketOwner: null,
    socketNoDelay: true,
    useTls: true,
    tlsImplicit: false,
    tlsTimeout: 60_000,
    tlsDisableProtocols: [],
    tlsDisableCipherSuites: [],
    tlsIgnoreClientOrder: true,
    atCapacity: "reject",
    ignoreServerCap: false,
    proxyTimeout: 5_000,
    admissionTimeout: 5_000,
    tlsClientAuth: "none",
    tlsClientCa: null,
    banner: null,
    authWithoutTls: false,
    limits: Object.fromEntries(Object.keys(sessionLimitsSchema.shape).map((name) => [name, null])),
    maxHandshakes: null,
    maxConnectionsPerAddress: null,
    connectionRate: null,
  });
});

test("an empty document is a server with every documented default and no listener", () => {
  const { system, listeners, certificates, accounts } = parseDocument("{}");
  expect({ listeners, certificates, accounts }).toEqual({ listeners: [], certificates: [], accounts: [] });
  expect(system).toEqual({
    defaultHostname: defaultHostname(),
    defaultCertificateId: null,
    maxConnections: 8192,
    proxyTrustedNetworks: [],
    drainTimeout: 30_000,
    upgradeTimeout: 30_000,
    metricsAccess: null,
    recipientDelimiter: "+",
    workers: 1,
    cluster: null,
  });
  expect([hostname(), "localhost"]).toContain(system.defaultHostname);
});

test("the documented example is valid as a value and as text with comments and trailing commas", () => {
  const options = { directory: "/etc/gatehouse" };
  const configuration = parseDocument(mailServer, options);
  const text = `// mail\n${JSON.stringify(mailServer).replace(/\}$/, ", /* end */ }")}`;
  expect(parseDocument(text, options)).toEqual(configuration);
  expect(configuration.listeners.map(({ name, tlsImplicit }) => [name, tlsImplicit])).toEqual([
    ["smtp", false],
    ["submission", false],
    ["submissions", true],
    ["management", false],
  ]);
});

test("a bare array is read as the listeners", () => {
  expect(parseDocument(mailServer.NetworkListener).listeners).toEqual(
    parseDocument({ NetworkListener: mailServer.NetworkListener }).listeners,
  );
});

test("in the map form the key is the name of a listener that has none", () => {
  const { listeners } = parseDocument({
    NetworkListener: { smtp: { bind: ["[::]:25"] }, b1: { name: "imap", bind: ["[::]:143"] } },
  });
  expect(listeners.map(({ name }) => name)).toEqual(["smtp", "imap"]);
  expect(issuesOf({ NetworkListener: { "not a name": { bind: ["[::]:25"] } } })).toEqual([
    {
      path: 'NetworkListener["not a name"]',
      message: expect.stringContaining("1 to 64 letters"),
      found: '"not a name"',
    },
  ]);
});

test("a listener takes over the server's cap and trusted networks unless it has its own", () => {
  const { listeners } = parseDocument({
    SystemSettings: { maxConnections: 100, proxyTrustedNetworks: ["10.0.0.0/8"] },
    NetworkListener: {
      heir: { bind: ["[::]:25"], maxConnections: null, overrideProxyTrustedNetworks: [] },
      own: { bind: ["[::]:26"], maxConnections: 7, overrideProxyTrustedNetworks: { "192.0.2.1": true } },
    },
  });
  expect(listeners.map(({ maxConnections, proxyTrustedNetworks }) => [maxConnections, proxyTrustedNetworks])).toEqual([
    [100, ["10.0.0.0/8"]],
    [7, ["192.0.2.1"]],
  ]);
});

test("a null backlog is the default backlog", () => {
  expect(listenerWith({ socketBacklog: null }).socketBacklog).toBe(1024);
});

test("the only certificate is the default one; of several none is unless named", () => {
  const certificate = { certificate: secret, privateKey: secret };
  const idFor = (document: object) => parseDocument(document).system.defaultCertificateId;
  expect(idFor({ Certificate: { a: certificate } })).toBe("a");
  expect(idFor({ Certificate: { a: certificate, b: certificate } })).toBeNull();
  expect(
    idFor({ Certificate: { a: certificate, b: certificate }, SystemSettings: { defaultCertificateId: "b" } }),
  ).toBe("b");
});

test("a default certificate that is not in the document is refused with the nearest one that is", () => {
  const document = { ...mailServer, SystemSettings: { defaultCertificateId: "mian" } };
  expect(issuesOf(document)).toEqual([
    {
      path: "SystemSettings.defaultCertificateId",
      message: 'must be the id of a Certificate; did you mean "main"?',
      found: '"mian"',
    },
  ]);
});

test("file paths are relative to the document", () => {
  const certificate = {
    certificate: { "@type": "File", filePath: "tls/a.crt" },
    privateKey: { "@type": "File", filePath: "/b.key" },
  };
  const account = { secret: { "@type": "File", filePath: "anna.secret" } };
  const document = { Certificate: { a: certificate }, Account: { "anna@example.com": account } };
  const configuration = parseDocument(document, { file: "etc/gatehouse.json" });
  expect(configuration.directory).toBe(resolve("etc"));
  expect(configuration.certificates).toEqual([
    {
      id: "a",
      certificate: { "@type": "File", filePath: resolve("etc/tls/a.crt") },
      privateKey: { "@type": "File", filePath: resolve("/b.key") },
    },
  ]);
  expect(configuration.accounts[0]?.secret).toEqual({ "@type": "File", filePath: resolve("etc/anna.secret") });
});

test("a text is read from value and from secret, but not from both or neither", () => {
  const issuesFor = (text: object) =>
    issuesOf({ Account: { "a@b.example": { secret: { "@type": "Text", ...text } } } });
  expect(issuesFor({ value: "x" })).toEqual([]);
  expect(issuesFor({ secret: "x" })).toEqual([]);
  expect(issuesFor({ value: "x", secret: "x" })).toHaveLength(1);
  expect(issuesFor({})).toHaveLength(1);
});

test("an account's secret is clear text or a whole scrypt hash, never another scheme's", () => {
  const issuesFor = (text: string) => issuesOf({ Account: { "a@b.example": { secret: { ...secret, secret: text } } } });
  expect(issuesFor("$scrypt$ln=15,r=8,p=1$c2FsdA$aGFzaA")).toEqual([]);
  expect(issuesFor("$ecret")).toEqual([]);
  expect(issuesFor("$scrypt$ln=15,r=8$c2FsdA")).toEqual([
    { path: 'Account["a@b.example"].secret', message: expect.stringContaining("must be a whole scrypt hash") },
  ]);
  for (const hash of ["$2b$10$abcdefghij", "$argon2id$v=19$m=1$a$b", "$6$salt$hash"]) {
    expect(issuesFor(hash)).toEqual([
      { path: 'Account["a@b.example"].secret', message: expect.stringContaining("another scheme's hash") },
    ]);
  }
});

test("accounts that differ in letter case only are refused, and addresses are in the form in which they are compared", () => {
  expect(parseDocument({ Account: { "Anna@Example.COM": { secret } } }).accounts).toEqual([
    { address: "anna@example.com", secret, roles: [] },
  ]);
  expect(issuesOf({ Account: { "a@b.example": { secret }, "A@b.example": { secret } } })).toEqual([
    { path: 'Account["A@b.example"]', message: 'must differ from "a@b.example" in more than letter case and spelling' },
  ]);
});

test("names are unique and addresses belong to one listener, except for free ports", () => {
  const issues = issuesOf([
    { name: "a", bind: ["[::]:25", "127.0.0.1:0"] },
    { name: "a", bind: { "127.0.0.1:0": true, "[0::0]:25": true } },
    { name: "b", bind: ["0.0.0.0:25"] },
  ]);
  expect(issues).toEqual([
    { path: "[1].name", message: "must be unique: [0] has this name too", found: '"a"' },
    { path: '[1].bind["[0::0]:25"]', message: "must be in one listener only: [0] listens on [::]:25 too" },
  ]);
});

test("implicit TLS without TLS is refused", () => {
  expect(mistakesWith({ useTls: false, tlsImplicit: true })).toEqual([
    "tlsImplicit: must be false where useTls is false",
  ]);
});

const suites13 = ["tls13-aes-256-gcm-sha384", "tls13-aes-128-gcm-sha256", "tls13-chacha20-poly1305-sha256"];

test("what leaves no TLS version or no suite is refused, unless TLS is off anyway", () => {
  const message = expect.stringContaining("must leave at least one TLS version with a cipher suite");
  expect(mistakesWith({ tlsDisableProtocols: ["tls12", "tls13"] })).toEqual([message]);
  expect(mistakesWith({ tlsDisableProtocols: ["tls12"], tlsDisableCipherSuites: suites13 })).toEqual([message]);
  expect(mistakesWith({ tlsDisableCipherSuites: suites13 })).toEqual([]);
  expect(mistakesWith({ useTls: false, tlsDisableProtocols: ["tls12", "tls13"] })).toEqual([]);
});

test("a protocol is one of the six or the embedder's own", () => {
  expect(mistakesWith({ protocol: "smpt" })).toEqual([
    'protocol: must be one of smtp, lmtp, http, imap, pop3, manageSieve; did you mean "smtp"?',
  ]);
  const document = [{ name: "a", bind: ["[::]:7"], protocol: "echo" }];
  expect(issuesOf(document)).toHaveLength(1);
  expect(issuesOf(document, { protocols: ["echo"] })).toEqual([]);
});

test.each([
  ["socketTosV4", [1, 255, null], [0, 256, 1.5, "1"]],
  ["socketTtl", [1, 255, null], [0, 256]],
  ["maxConnections", [1, 2 ** 31 - 1, null], [0, -1, 2 ** 31, Number.NaN, 1e300, "8192"]],
  ["socketBacklog", [1, null], [0, 2 ** 31]],
  ["connectionRate", [null, { count: 1, interval: "1s" }], [{ count: 0, interval: 1 }, { count: 1 }, 5]],
  ["atCapacity", ["reject", "hold"], ["drop", null]],
  ["useTls", [true, false], [null, "true", 1]],
  ["name", ["a.b_c-9", "...", ".a", "x".repeat(64)], [".", "..", "", "a b", "x".repeat(65), "é", null]],
])("%s takes what is documented and nothing else", (field, allowed, refused) => {
  for (const value of allowed) expect(mistakesWith({ [field]: value })).toEqual([]);
  for (const value of refused) expect(mistakesWith({ [field]: value })).toHaveLength(1);
});

test.each(["a b", "-a.example", "a_b", "192.0.2.1", "x".repeat(64), `${"x.".repeat(130)}example`, "", "a..b", "a."])(
  "%j is not a host name",
  (defaultHostname) => {
    expect(issuesOf({ SystemSettings: { defaultHostname } })).toHaveLength(1);
  },
);

test.each([
  ["smtp", "recipients", "loginTimeout"],
  ["lmtp", "messageSize", "idleTimeout"],
  ["imap", "idleNotifyInterval", "recipients"],
  ["pop3", "idleTimeout", "commandTimeout"],
  ["manageSieve", "refusedScript", "messageSize"],
])("%s has the limit %s, and not %s", (protocol, known, unknown) => {
  expect(mistakesWith({ protocol, limits: { [known]: 5 } })).toEqual([]);
  expect(mistakesWith({ protocol, limits: { [unknown]: 5 } })).toEqual([
    expect.stringContaining(`limits.${unknown}: is no limit of ${protocol}, which has `),
  ]);
});

test("client certificates need authorities, and TLS", () => {
  const tlsClientCa = { "@type": "File", filePath: "ca.pem" };
  expect(mistakesWith({ tlsClientAuth: "optional", tlsClientCa })).toEqual([]);
  expect(mistakesWith({ tlsClientAuth: "required" })).toEqual([
    "tlsClientCa: must be given where tlsClientAuth asks clients for certificates",
  ]);
  expect(mistakesWith({ tlsClientAuth: "required", tlsClientCa, useTls: false })).toEqual([
    "tlsClientAuth: must be none where useTls is false",
  ]);
  expect(mistakesWith({ protocol: "http", tlsClientAuth: "optional", tlsClientCa })).toEqual([
    "tlsClientAuth: must be none where http has no TLS; set tlsImplicit to true",
  ]);
});

test("a limit is a whole number or a duration, and a banner one line", () => {
  expect(mistakesWith({ limits: { messageSize: 1, commandTimeout: "5m" }, banner: "ESMTP ready" })).toEqual([]);
  const limits = { messageSize: 0, commandTimeout: "soon", recipient: 5 };
  expect(mistakesWith({ limits, banner: "two\r\nlines" })).toEqual([
    expect.stringContaining("banner: must be one line"),
    expect.stringContaining("limits.messageSize: must be"),
    expect.stringContaining("limits.commandTimeout: must be"),
    expect.stringContaining('limits.recipient: is not a known field; did you mean "recipients"'),
  ]);
});

test("HTTP has neither greeting nor log-in", () => {
  const found = mistakesWith({ protocol: "http", banner: "x", authWithoutTls: true, limits: { errors: 1 } });
  expect(found).toEqual([
    "limits.errors: is no limit of http, which has none here",
    "banner: must be null: HTTP has no greeting",
    "authWithoutTls: must be false: it is for mail protocols",
  ]);
});

test("the built-in example is valid, speaks every protocol, and binds unprivileged ports of loopback", () => {
  const { listeners, system, accounts } = parseDocument(exampleDocument);
  expect(system.defaultHostname).toBe("localhost");
  expect(accounts.map(({ address, roles }) => [address, [...roles]])).toEqual([["me@localhost", ["admin"]]]);
  expect(new Set(listeners.map(({ protocol }) => protocol))).toEqual(new Set(PROTOCOLS));
  for (const { bind } of listeners) {
    expect(bind.map(({ host, port }) => [host, port > 1023])).toEqual([["127.0.0.1", true]]);
  }
});

test("a document written back and read again is the same configuration, as a value and as text", () => {
  const options = { directory: "/etc/gatehouse", protocols: ["echo"] };
  fc.assert(
    fc.property(configurationDocuments, (document) => {
      // What is written names every protocol.
      const configuration = { ...parseDocument(document, options), withoutProtocol: [] };
      const written = serializeDocument(configuration);
      expect(parseDocument(written, options)).toEqual(configuration);
      expect(parseDocument(JSON.stringify(written), options)).toEqual(configuration);
    }),
  );
});

test("a document is written back with sets as maps and durations as milliseconds", () => {
  const written = serializeDocument(parseDocument([{ name: "a", bind: ["[0::0]:25"], tlsTimeout: "2m" }]));
  expect(written).toMatchObject({
    NetworkListener: [{ name: "a", bind: { "[::]:25": true }, tlsTimeout: 120_000, maxConnections: null }],
  });
});

test.each([
  ["NetworkListener[0].bind", { NetworkListener: [{ name: "smtp", bind: { length: {} } }] }],
  [
    "NetworkListener[0].protocol",
    { NetworkListener: [{ name: "smtp", bind: ["[::]:25"], protocol: { length: [{}] } }] },
  ],
  ["SystemSettings.defaultHostname", { SystemSettings: { defaultHostname: { length: {} } } }],
])("an object with a field `length` in place of %s is a mistake like any other", (path, document) => {
  expect(() => parseDocument(JSON.stringify(document))).toThrow(ConfigurationError);
  expect(() => parseDocument(document)).toThrow(path);
});

test("garbage is refused with a ConfigurationError and nothing else", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  });
  const garbage = fc.oneof(
    anything,
    fc.string(),
    fc.json(),
    fc.dictionary(
      fc.constantFrom("SystemSettings", "Certificate", "Account", "NetworkListener", "__proto__"),
      anything,
    ),
    fc.record({
      NetworkListener: fc.array(
        fc.dictionary(fc.constantFrom("name", "bind", "tlsTimeout", "connectionRate"), anything),
      ),
    }),
    fc.record({ Account: fc.dictionary(fc.string(), fc.record({ secret: anything, roles: anything })) }),
  );
  fc.assert(
    fc.property(garbage, (value) => {
      try {
        parseDocument(value);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
      }
    }),
    { numRuns: 500 },
  );
});
