import fc from "fast-check";
import { CIPHER_SUITE_NAMES } from "../../src/config/values/cipher-suites.ts";

const duration = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc
    .integer({ min: 1, max: 500 })
    .chain((amount) => fc.constantFrom("ms", "s", "m", "h").map((unit) => `${amount}${unit}`)),
);
const countOrNull = fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 }));
const octetOrNull = fc.option(fc.integer({ min: 1, max: 255 }));
const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, prefix]) => `${address}/${prefix}`),
);

function setOf(texts: fc.Arbitrary<string[]>) {
  const asMap = texts.map((given) => Object.fromEntries(given.map((text) => [text, true])));
  return fc.oneof(texts, asMap);
}

/** Networks whose first octets differ, so that none is another's other spelling. */
const networks = setOf(
  fc.uniqueArray(network, {
    maxLength: 3,
    selector: (text) => (text.includes("/") ? "network" : text.includes(":") ? "6" : "4"),
  }),
);

const mailFields = {
  banner: fc.constantFrom(null, "ready"),
  authWithoutTls: fc.boolean(),
  limits: fc.record({ errors: countOrNull, authenticationFailures: countOrNull }, { requiredKeys: [] }),
};

const commonFields = {
  bind: setOf(fc.constantFrom(["127.0.0.1:0"], ["[::]:0", "0.0.0.0:0"], ["[::1]:0"])),
  protocol: fc.constantFrom("smtp", "imap", "echo"),
  maxConnections: countOrNull,
  overrideProxyTrustedNetworks: networks,
  forwardedTrustedNetworks: networks,
  forwardedField: fc.constantFrom("xForwardedFor", "forwarded"),
  http2: fc.boolean(),
  socketReuseAddress: fc.boolean(),
  socketReusePort: fc.boolean(),
  socketBacklog: countOrNull,
  socketTtl: octetOrNull,
  socketSendBufferSize: countOrNull,
  socketReceiveBufferSize: countOrNull,
  socketTosV4: octetOrNull,
  socketMode: fc.constantFrom("0600", "666"),
  socketOwner: fc.constantFrom(null, "root:mail"),
  socketNoDelay: fc.boolean(),
  tlsImplicit: fc.boolean(),
  tlsTimeout: duration,
  tlsDisableProtocols: setOf(fc.constantFrom<string[]>([], ["tls12"])),
  tlsDisableCipherSuites: setOf(fc.subarray(CIPHER_SUITE_NAMES.slice(1))),
  tlsIgnoreClientOrder: fc.boolean(),
  tlsClientCa: fc.constantFrom(null, { "@type": "File", filePath: "ca.pem" }),
  atCapacity: fc.constantFrom("reject", "hold"),
  ignoreServerCap: fc.boolean(),
  proxyTimeout: duration,
  maxHandshakes: countOrNull,
  maxConnectionsPerAddress: countOrNull,
  connectionRate: fc.option(fc.record({ count: fc.integer({ min: 1, max: 1000 }), interval: duration })),
};

const listener = fc.oneof(
  fc.record({ ...commonFields, protocol: fc.constant("http") }, { requiredKeys: ["bind", "protocol"] }),
  fc.record({ ...commonFields, ...mailFields }, { requiredKeys: ["bind"] }),
);

const name = fc
  .oneof(fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/), fc.stringMatching(/^[1-9]?[0-9]$/))
  .filter((text) => ![".", "..", "__proto__"].includes(text));
const listenerArray = fc
  .uniqueArray(fc.tuple(name, listener), { maxLength: 4, selector: ([given]) => given })
  .map((entries) => entries.map(([given, fields]) => ({ name: given, ...fields })));
const listenerMap = fc.dictionary(name, listener, { maxKeys: 4 });

const source = fc.oneof(
  fc.record({ "@type": fc.constant("Text"), secret: fc.stringMatching(/^[^$].{0,20}$/) }),
  fc.record({ "@type": fc.constant("Text"), value: fc.stringMatching(/^[^$].{0,20}$/) }),
  fc.record({ "@type": fc.constant("File"), filePath: fc.stringMatching(/^[a-z./]{1,20}$/) }),
  fc.record({ "@type": fc.constant("EnvironmentVariable"), variableName: fc.stringMatching(/^[A-Z_]{1,10}$/) }),
);
const certificate = fc.record({ certificate: source, privateKey: source });
const account = fc.record({ secret: source, roles: setOf(fc.subarray(["admin"])) }, { requiredKeys: ["secret"] });

const blocked = fc.record(
  {
    address: network,
    expiresAt: fc.constantFrom(null, "2030-01-31T12:00:00Z", "2030-01-31T12:00:00.5+01:00"),
    reason: fc.constantFrom(null, "guesses passwords"),
  },
  { requiredKeys: ["address"] },
);

/** Valid documents in every accepted form; `echo` is a protocol of an embedder's. */
export const configurationDocuments = fc.oneof(
  listenerArray,
  fc.record(
    {
      SystemSettings: fc.record(
        {
          defaultHostname: fc.constantFrom("localhost", "mail.example.com"),
          defaultCertificateId: fc.constant(null),
          maxConnections: fc.integer({ min: 1, max: 100_000 }),
          proxyTrustedNetworks: networks,
          recipientDelimiter: fc.constantFrom("+", "-", "=", null),
          drainTimeout: fc.oneof(duration, fc.constant(0), fc.constant("0s")),
          upgradeTimeout: duration,
        },
        { requiredKeys: [] },
      ),
      Certificate: fc.oneof(
        fc.dictionary(name, certificate, { maxKeys: 3 }),
        fc
          .uniqueArray(fc.tuple(name, certificate), { maxLength: 3, selector: ([id]) => id })
          .map((entries) => entries.map(([id, fields]) => ({ id, ...fields }))),
      ),
      Account: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.example$/), account, { maxKeys: 3 }),
      BlockedIp: fc.oneof(
        blocked.map((entry) => [entry]),
        blocked.map((entry) => ({ first: entry })),
      ),
      AllowedIp: fc.oneof(
        blocked.map((entry) => [entry]),
        blocked.map((entry) => ({ first: entry })),
      ),
      NetworkListener: fc.oneof(listenerArray, listenerMap),
    },
    { requiredKeys: [] },
  ),
);
