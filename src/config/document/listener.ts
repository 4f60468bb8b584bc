import { z } from "zod";
import { bindAddressText, readBindAddress } from "../addresses/bind-address.ts";
import { readTrustedProxy, trustedProxyText } from "../addresses/clients.ts";
import { CIPHER_SUITE_NAMES, TLS_PROTOCOLS } from "../values/cipher-suites.ts";
import { duration } from "../values/duration.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { count, countOrNull, fieldsOf, flag, octetOrNull, SERVER_SET } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { publicText } from "../values/secret-text.ts";
import { setOf, setOfNames } from "../values/set-of.ts";
import { banner, type SessionLimits, sessionLimitsSchema } from "./session-limits.ts";

/** Gatehouse's own protocols. */
export const PROTOCOLS = ["smtp", "lmtp", "http", "imap", "pop3", "manageSieve"] as const;

/** Fields of a request in which a proxy says for whom it speaks. */
export const FORWARDED_FIELDS = ["xForwardedFor", "forwarded"] as const;

export type ForwardedField = (typeof FORWARDED_FIELDS)[number];

/** Whether clients show a certificate. */
export const CLIENT_AUTH = ["none", "optional", "required"] as const;

export type ClientAuth = (typeof CLIENT_AUTH)[number];

export const DEFAULT_BACKLOG = 1024;
const DEFAULT_TLS_TIMEOUT = 60_000;

export const trustedProxies = setOf({
  of: "IP addresses or networks",
  element: trustedProxyText,
  reader: readTrustedProxy,
  textOf: (proxy) => proxy,
}).prefault([]);

const addresses = setOf({
  of: "addresses with ports",
  element: bindAddressText,
  reader: readBindAddress,
  textOf: (address) => address.text,
  atLeastOne: true,
});

const MODE = 'a mode in octal digits, like "0660"';
const OWNER = 'a user and a group, like "root:mail", "root" or ":mail"';
const PROTOCOL = "the name of a protocol";

const protocol = z
  .string({ error: mustBe(PROTOCOL) })
  .min(1, { error: mustBe(PROTOCOL) })
  .default("smtp")
  .meta({ examples: [...PROTOCOLS] });

export type ConnectionRate = Readonly<z.output<typeof connectionRateSchema>>;

export const connectionRateSchema = fieldsOf({
  count: count().describe("Connections allowed in each interval.").register(fieldDisplay, { label: "Connections" }),
  interval: duration(1).describe("Length of the interval.").register(fieldDisplay, { label: "In each" }),
});

const shape = {
  name: objectName.describe("Identifies the listener in logs, metrics and the API. Unique.").register(fieldDisplay, {
    label: "Name",
    section: "Listener settings",
    placeholder: "smtp",
    column: 1,
    filter: true,
  }),
  protocol: protocol
    .describe("One of the six built-in protocols, or one that the embedder registered.")
    .register(fieldDisplay, {
      label: "Protocol",
      section: "Listener settings",
      column: 2,
      filter: true,
      enumName: "NetworkListenerProtocol",
    }),
  bind: addresses
    .describe(
      "Addresses to listen on: IPv4 or bracketed IPv6, with a port. [::]:P listens on both families; port 0 asks for a free port.",
    )
    .register(fieldDisplay, {
      label: "Addresses",
      section: "Listener settings",
      placeholder: "[::]:25",
      column: 3,
      format: "socketAddress",
    }),
  maxConnections: countOrNull()
    .describe(
      "Cap on the concurrent connections of this listener, over all its addresses. Null: the server's maxConnections.",
    )
    .register(fieldDisplay, { label: "Connections at most", section: "Listener settings" }),
  overrideProxyTrustedNetworks: trustedProxies
    .describe("When not empty, replaces the server's proxyTrustedNetworks for this listener.")
    .register(fieldDisplay, {
      label: "Trusted proxies",
      section: "Proxy networks",
      placeholder: "10.0.0.0/8",
      format: "ipNetwork",
    }),
  forwardedTrustedNetworks: trustedProxies
    .describe(
      "Proxies that are trusted to name the client of an HTTP request, in the field that forwardedField selects; unix: for those on a Unix socket. Empty: none.",
    )
    .register(fieldDisplay, {
      label: "Trusted HTTP proxies",
      section: "Proxy networks",
      placeholder: "10.0.0.0/8",
      format: "ipNetwork",
    }),
  forwardedField: z
    .enum(FORWARDED_FIELDS, { error: mustBe('"xForwardedFor" or "forwarded"') })
    .default("xForwardedFor")
    .describe(
      "Where trusted HTTP proxies name the client: X-Forwarded-For, or Forwarded (RFC 7239). The other is ignored.",
    )
    .register(fieldDisplay, {
      label: "Field of HTTP proxies",
      section: "Proxy networks",
      enumName: "ForwardedField",
    }),
  http2: flag(true)
    .describe(
      "HTTP/2 beside HTTP/1.1 on a listener of HTTP: by ALPN under TLS, in clear for clients that begin with it. false: HTTP/1.1 alone.",
    )
    .register(fieldDisplay, { label: "HTTP/2", section: "Sessions" }),
  socketReuseAddress: flag(true)
    .describe("SO_REUSEADDR.")
    .register(fieldDisplay, { label: "Reuse address", section: "Socket options" }),
  socketReusePort: flag(true)
    .describe("SO_REUSEPORT.")
    .register(fieldDisplay, { label: "Reuse port", section: "Socket options" }),
  socketBacklog: countOrNull()
    .default(DEFAULT_BACKLOG)
    .describe(`Backlog of listen(2): connections that the kernel queues. Null: ${DEFAULT_BACKLOG}.`)
    .register(fieldDisplay, { label: "Backlog", section: "Socket options" }),
  socketTtl: octetOrNull()
    .describe("IP_TTL, and IPV6_UNICAST_HOPS on IPv6. Null: the system's own.")
    .register(fieldDisplay, { label: "TTL", section: "Socket options" }),
  socketSendBufferSize: countOrNull()
    .describe("SO_SNDBUF, in bytes. Null: the system's own.")
    .register(fieldDisplay, { label: "Send buffer", section: "Socket options", format: "size" }),
  socketReceiveBufferSize: countOrNull()
    .describe("SO_RCVBUF, in bytes, set before listen(2). Null: the system's own.")
    .register(fieldDisplay, { label: "Receive buffer", section: "Socket options", format: "size" }),
  socketTosV4: octetOrNull()
    .describe("IP_TOS of IPv4 traffic. Null: the system's own.")
    .register(fieldDisplay, { label: "Type of service (IPv4)", section: "Socket options" }),
  socketMode: z
    .string({ error: mustBe(MODE) })
    .regex(/^0?[0-7]{3}$/, { error: mustBe(MODE) })
    .default("0660")
    .describe("Of the file of a Unix socket, as for chmod(1): who may write it may connect.")
    .register(fieldDisplay, { label: "Mode of Unix sockets", section: "Socket options", placeholder: "0660" }),
  socketOwner: z
    .string({ error: mustBe(OWNER) })
    .regex(/^(?:[\w.-]+(?::[\w.-]+)?|:[\w.-]+)$/, { error: mustBe(OWNER) })
    .nullable()
    .default(null)
    .describe("Of the file of a Unix socket, as for chown(1): user:group, user, or :group. Null: those of the process.")
    .register(fieldDisplay, { label: "Owner of Unix sockets", section: "Socket options", placeholder: "root:mail" }),
  socketNoDelay: flag(true)
    .describe("TCP_NODELAY.")
    .register(fieldDisplay, { label: "No delay", section: "Socket options" }),
  useTls: flag(true)
    .describe("Whether TLS is available on this listener at all.")
    .register(fieldDisplay, { label: "Enable TLS", section: "TLS options" }),
  tlsImplicit: flag(false)
    .describe("TLS from the first byte; otherwise STARTTLS where the protocol has it (HTTP has none).")
    .register(fieldDisplay, { label: "Implicit TLS", section: "TLS options", column: 4 }),
  tlsTimeout: duration(1)
    .nullable()
    .prefault(DEFAULT_TLS_TIMEOUT)
    .transform((milliseconds) => milliseconds ?? DEFAULT_TLS_TIMEOUT)
    .describe("Limit of the whole TLS handshake, implicit or STARTTLS. Null: a minute.")
    .register(fieldDisplay, { label: "Handshake timeout", section: "TLS options" }),
  tlsDisableProtocols: setOfNames("TLS versions", TLS_PROTOCOLS)
    .prefault([])
    .describe("TLS versions to refuse.")
    .register(fieldDisplay, { label: "Disabled versions", section: "TLS options", enumName: "TlsVersion" }),
  tlsDisableCipherSuites: setOfNames("cipher suites", CIPHER_SUITE_NAMES)
    .prefault([])
    .describe("Cipher suites to refuse. Without any TLS 1.3 suite, TLS 1.3 is refused too.")
    .register(fieldDisplay, { label: "Disabled cipher suites", section: "TLS options", enumName: "TlsCipherSuite" }),
  tlsIgnoreClientOrder: flag(true)
    .describe("The server's order of cipher suites wins over the client's.")
    .register(fieldDisplay, { label: "Ignore the client's order", section: "TLS options" }),
  tlsClientAuth: z
    .enum(CLIENT_AUTH, { error: mustBe('"none", "optional" or "required"') })
    .default("none")
    .describe(
      "Whether clients are asked for a certificate, and whether they must have one that tlsClientCa has issued.",
    )
    .register(fieldDisplay, { label: "Client certificates", section: "TLS options", enumName: "TlsClientAuth" }),
  tlsClientCa: publicText
    .nullable()
    .prefault(null)
    .describe(
      "The certificate authorities of clients in PEM, one or several. Needed where clients are asked for certificates.",
    )
    .register(fieldDisplay, { label: "Authorities of clients", section: "TLS options", objectName: "x:PublicText" }),
  atCapacity: z
    .enum(["reject", "hold"], { error: mustBe('"reject" or "hold"') })
    .default("reject")
    .describe(
      "At the cap, reject: accept, send the protocol's refusal, close. Hold: stop accepting, so that clients queue in the kernel.",
    )
    .register(fieldDisplay, { label: "At capacity", section: "Admission", enumName: "AtCapacity" }),
  ignoreServerCap: flag(false)
    .describe("Count only against this listener's own cap, so that it stays reachable when the server is full.")
    .register(fieldDisplay, { label: "Ignore the server's cap", section: "Admission" }),
  proxyTimeout: duration(1)
    .prefault(5_000)
    .describe("Limit of the whole PROXY header.")
    .register(fieldDisplay, { label: "PROXY header timeout", section: "Proxy networks" }),
  admissionTimeout: duration(1)
    .prefault(5_000)
    .describe("Limit of all admission rules that ask elsewhere, together; an embedder's only.")
    .register(fieldDisplay, { label: "Admission timeout", section: "Admission" }),
  maxHandshakes: countOrNull()
    .describe("TLS handshakes in progress at once; further ones queue. Null: no limit.")
    .register(fieldDisplay, { label: "Handshakes at once", section: "Admission" }),
  maxConnectionsPerAddress: countOrNull()
    .describe("Concurrent connections of one client address, or of one /64 of IPv6. Null: no limit.")
    .register(fieldDisplay, { label: "Connections of one address", section: "Admission" }),
  connectionRate: connectionRateSchema
    .nullable()
    .prefault(null)
    .describe("New connections of one client address, or of one /64 of IPv6. Null: no limit.")
    .register(fieldDisplay, {
      label: "New connections of one address",
      section: "Admission",
      objectName: "x:ConnectionRate",
    }),
  banner: banner
    .describe(
      "What the greeting says after the host name; in ManageSieve its IMPLEMENTATION. Null: the protocol's own.",
    )
    .register(fieldDisplay, { label: "Banner", section: "Sessions", placeholder: "ESMTP ready" }),
  authWithoutTls: flag(false)
    .describe("Mail clients may log in without TLS too. Their passwords can be read on the way then.")
    .register(fieldDisplay, { label: "Log-ins in clear", section: "Sessions" }),
  limits: sessionLimitsSchema
    .prefault({})
    .describe(
      "What a mail client may ask of one session. Which limits there are depends on the protocol. Null: its default.",
    )
    .register(fieldDisplay, { label: "Limits", section: "Sessions", objectName: "x:SessionLimits" }),
};

export const listenerSchema = fieldsOf(shape, SERVER_SET);

/** In the map form the key stands in for a missing name. */
export const namedListenerSchema = fieldsOf(
  {
    ...shape,
    name: objectName.optional().describe("Identifies the listener; the key of this object unless given. Unique."),
  },
  SERVER_SET,
);

type Parsed = z.output<typeof listenerSchema>;

/** A listener's effective settings, with nulls and inheritance resolved. */
export interface ListenerSettings extends Readonly<Parsed> {
  /** The listener's own cap, or else the server's. */
  readonly maxConnections: number;
  /** The trusted networks in force: the listener's own if it has any, or else the server's. */
  readonly proxyTrustedNetworks: readonly string[];
  readonly socketBacklog: number;
  readonly connectionRate: ConnectionRate | null;
  readonly limits: SessionLimits;
}
