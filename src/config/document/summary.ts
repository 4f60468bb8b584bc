import { CIPHER_SUITE_NAMES, offeredTls } from "../values/cipher-suites.ts";
import { describeDuration } from "../values/duration.ts";
import { describeSource } from "../values/secret-text.ts";
import { type CertificateSettings, isAcme } from "./certificate.ts";
import type { ClusterSettings } from "./cluster.ts";
import { parseDocument } from "./document.ts";
import type { Configuration } from "./effective.ts";
import type { ListedIpSettings } from "./listed-ip.ts";
import type { ListenerSettings } from "./listener.ts";
import type { SystemSettings } from "./system.ts";

/** A document that leaves everything to the defaults. */
let unchanged: Configuration | null = null;
function usual(): Configuration {
  unchanged ??= parseDocument({ NetworkListener: [{ name: "any", bind: ["127.0.0.1:0"] }] });
  return unchanged;
}

/** A line of the summary. */
interface Line {
  readonly text: string;
  /** The document might as well not say it. */
  readonly isDefault?: boolean;
}

/**
 * The effective settings in plain words, for a terminal: what differs from the defaults, and with `all` everything. Holds
 * no secret.
 */
export function describeConfiguration(
  configuration: Configuration,
  { all = false }: { readonly all?: boolean } = {},
): string {
  const { listeners, system } = configuration;
  const blocks = [
    describeServer(configuration),
    ...listeners.map((listener) => describeListener(listener, system)),
    ...(listeners.length === 0 ? [[{ text: "No listeners: nothing accepts connections." }]] : []),
  ];
  const texts = blocks.map((lines) => lines.filter(({ isDefault }) => all || !isDefault).map(({ text }) => text));
  const rest = all ? [] : [["Everything else is as by default; --all prints that, too."]];
  return `${[...texts, ...rest].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function describeServer({ system, certificates, accounts, blocked, allowed }: Configuration): Line[] {
  const certificateLines = certificates.map((settings) => {
    const byDefault = settings.id === system.defaultCertificateId ? " (default)" : "";
    return `certificate ${settings.id}${byDefault}: ${describeCertificate(settings)}`;
  });
  const accountLines = accounts.map(({ address, secret, roles }) => {
    return `account ${address}${roles.length > 0 ? ` (${roles.join(", ")})` : ""}: secret ${describeSource(secret)}`;
  });
  return [
    { text: `Server ${system.defaultHostname}` },
    line(`connections: at most ${system.maxConnections}`, system.maxConnections === usual().system.maxConnections),
    line(`trusted proxies: ${list(system.proxyTrustedNetworks)}`, system.proxyTrustedNetworks.length === 0),
    line(
      `at the end: sessions have ${describeDuration(system.drainTimeout)} to finish`,
      system.drainTimeout === usual().system.drainTimeout,
    ),
    ...describeRest(system),
    ...blocked.map((entry) => line(`blocked: ${describeListed(entry)}`)),
    ...allowed.map((entry) => line(`exempt from limits of addresses: ${describeListed(entry)}`)),
    ...(certificates.length > 0
      ? certificateLines.map((text) => line(text))
      : [line("certificates: none given; where TLS is used, a self-signed one is made")]),
    ...(accounts.length > 0 ? accountLines.map((text) => line(text)) : [line("accounts: none given")]),
  ];
}

/** What few documents set. */
function describeRest({ workers, cluster, upgradeTimeout, metricsAccess, recipientDelimiter }: SystemSettings): Line[] {
  const standard = usual().system;
  const threads = workers === "auto" ? "one for each core" : `${workers}`;
  const readers = { open: "everybody", account: "accounts and tokens that may" };
  const access = metricsAccess === null ? "clients on loopback addresses" : readers[metricsAccess];
  return [
    line(`workers: ${threads}`, workers === standard.workers),
    ...(cluster === null ? [line("fleet: none", true)] : [line(`fleet: ${describeCluster(cluster)}`)]),
    line(
      `an upgrade in place: the successor has ${describeDuration(upgradeTimeout)} to be ready`,
      upgradeTimeout === standard.upgradeTimeout,
    ),
    line(`health and metrics are for ${access}`, metricsAccess === standard.metricsAccess),
    line(
      `details of recipients: ${recipientDelimiter === null ? "none" : `behind ${recipientDelimiter}`}`,
      recipientDelimiter === standard.recipientDelimiter,
    ),
  ];
}

function describeCluster(cluster: ClusterSettings): string {
  const { url, node, roles, onLoss, keyPrefix, encryptionKey, leaseTime } = cluster;
  return [
    `its engine's URL is ${describeSource(url)}`,
    `this node is ${node ?? "named after the host"}, with ${roles.length === 0 ? "all listeners" : list(roles)}`,
    `a lease of ${describeDuration(leaseTime)}`,
    `without the engine new clients are ${onLoss === "refuse" ? "refused" : "let in up to this node's share"}`,
    `keys begin with ${keyPrefix}`,
    encryptionKey === null ? "nothing is sealed" : `sealed by a key: ${describeSource(encryptionKey)}`,
  ].join("; ");
}

function describeCertificate(settings: CertificateSettings): string {
  if (!isAcme(settings)) return `${describeSource(settings.certificate)}; key: ${describeSource(settings.privateKey)}`;
  const { domains, directory, challenge, eabKeyId, eabHmacKey } = settings;
  const account = eabHmacKey ? `, with the account ${eabKeyId}; its key: ${describeSource(eabHmacKey)}` : "";
  return `ordered from ${new URL(directory).host} by ${challenge} for ${list(domains)}${account}`;
}

function line(text: string, isDefault = false): Line {
  return { text: `  ${text}`, isDefault };
}

function describeSessions({ protocol, banner, authWithoutTls, limits }: ListenerSettings): Line[] {
  if (protocol === "http") return [];
  const set = Object.entries(limits).flatMap(([name, limit]) => (limit === null ? [] : [`${name} ${limit}`]));
  return [
    line(
      `limits of a session: ${set.length === 0 ? "the defaults of the protocol" : set.join(", ")}`,
      set.length === 0,
    ),
    line(`log-ins in clear: ${authWithoutTls ? "allowed" : "refused"}`, !authWithoutTls),
    ...(banner === null ? [] : [line(`banner: ${banner}`)]),
  ];
}

function describeListed({ address, expiresAt, reason }: ListedIpSettings): string {
  return `${address}${expiresAt === null ? "" : ` until ${expiresAt}`}${reason === null ? "" : ` (${reason})`}`;
}

function describeListener(listener: ListenerSettings, system: SystemSettings): Line[] {
  const { name, protocol, bind } = listener;
  return [
    { text: `Listener ${name}: ${protocol} on ${bind.map((address) => address.text).join(", ")}` },
    ...describeTls(listener),
    line(
      `connections: ${describeCaps(listener, system)}`,
      listener.maxConnections === system.maxConnections && capFields.every((field) => isUsual(listener, field)),
    ),
    line(`trusted proxies: ${describeProxies(listener)}`, listener.proxyTrustedNetworks.length === 0),
    ...describeForwarding(listener),
    line(
      `rules that ask elsewhere: within ${describeDuration(listener.admissionTimeout)}`,
      isUsual(listener, "admissionTimeout"),
    ),
    ...describeSessions(listener),
    ...describeHttp2(listener),
    ...describeSocket(listener),
  ];
}

function isUsual(listener: ListenerSettings, field: keyof ListenerSettings): boolean {
  return listener[field] === usual().listeners[0]?.[field];
}

const capFields = ["atCapacity", "ignoreServerCap", "maxConnectionsPerAddress", "connectionRate"] as const;

function describeTls(listener: ListenerSettings): Line[] {
  const { useTls, tlsImplicit, protocol, tlsTimeout, tlsIgnoreClientOrder, maxHandshakes } = listener;
  if (!useTls) return [line("TLS: none")];
  if (!tlsImplicit && protocol === "http") {
    return [line("TLS: none (HTTP has it from the first byte only: tlsImplicit)", true)];
  }
  const { versions, suites } = offeredTls(listener);
  const start = tlsImplicit ? "from the first byte" : "by STARTTLS, where the protocol has it";
  const names = versions.map((version) => (version === "tls13" ? "1.3" : "1.2")).join(" and ");
  const order = tlsIgnoreClientOrder ? "the server's" : "the client's";
  const handshakes = maxHandshakes === null ? "" : `, at most ${maxHandshakes} at once`;
  const isUsualOffer =
    versions.length === 2 && suites.length === CIPHER_SUITE_NAMES.length && isUsual(listener, "tlsIgnoreClientOrder");
  return [
    line(
      `TLS: ${start}; handshake within ${describeDuration(tlsTimeout)}${handshakes}`,
      !tlsImplicit && isUsual(listener, "tlsTimeout") && maxHandshakes === null,
    ),
    ...describeClientAuth(listener),
    line(`TLS versions: ${names}; cipher suites: ${describeSuites(suites)}, in ${order} order`, isUsualOffer),
  ];
}

function describeClientAuth({ tlsClientAuth, tlsClientCa }: ListenerSettings): Line[] {
  if (tlsClientAuth === "none" || tlsClientCa === null) return [line("client certificates: not asked for", true)];
  return [line(`client certificates: ${tlsClientAuth}, of the authorities ${describeSource(tlsClientCa)}`)];
}

function describeSuites(suites: readonly string[]): string {
  return suites.length === CIPHER_SUITE_NAMES.length ? `all ${suites.length}` : suites.join(", ");
}

function describeCaps(listener: ListenerSettings, system: SystemSettings): string {
  const { maxConnections, atCapacity, ignoreServerCap, maxConnectionsPerAddress, connectionRate } = listener;
  const cap = ignoreServerCap ? maxConnections : Math.min(maxConnections, system.maxConnections);
  const parts = [
    `at most ${cap}`,
    atCapacity === "reject" ? "then clients are turned away" : "then clients wait in the kernel's queue",
  ];
  if (ignoreServerCap) parts.push("not counted against the server's cap");
  if (maxConnectionsPerAddress !== null) parts.push(`${maxConnectionsPerAddress} from one address`);
  if (connectionRate) {
    parts.push(`${connectionRate.count} new ones from one address in ${describeDuration(connectionRate.interval)}`);
  }
  return parts.join(", ");
}

function describeProxies({
  proxyTrustedNetworks,
  overrideProxyTrustedNetworks,
  proxyTimeout,
}: ListenerSettings): string {
  if (proxyTrustedNetworks.length === 0) return "none";
  const origin = overrideProxyTrustedNetworks.length > 0 ? "its own" : "the server's";
  return `${list(proxyTrustedNetworks)} (${origin}); header within ${describeDuration(proxyTimeout)}`;
}

function describeHttp2({ http2 }: ListenerSettings): Line[] {
  return http2 ? [] : [line("HTTP/2: off")];
}

function describeForwarding({ forwardedTrustedNetworks, forwardedField }: ListenerSettings): Line[] {
  if (forwardedTrustedNetworks.length === 0) return [];
  const field = forwardedField === "forwarded" ? "Forwarded" : "X-Forwarded-For";
  return [line(`trusted HTTP proxies: ${list(forwardedTrustedNetworks)}, by ${field}`)];
}

function describeSocket(listener: ListenerSettings): Line[] {
  const switched = (on: boolean) => (on ? "on" : "off");
  const { socketBacklog, socketReuseAddress, socketReusePort, socketNoDelay } = listener;
  const { socketTtl, socketTosV4, socketSendBufferSize, socketReceiveBufferSize } = listener;
  const parts = [
    `backlog ${socketBacklog}`,
    `SO_REUSEADDR ${switched(socketReuseAddress)}`,
    `SO_REUSEPORT ${switched(socketReusePort)}`,
    `TCP_NODELAY ${switched(socketNoDelay)}`,
    ...(socketTtl === null ? [] : [`TTL ${socketTtl}`]),
    ...(socketTosV4 === null ? [] : [`IPv4 TOS ${socketTosV4}`]),
    ...(socketSendBufferSize === null ? [] : [`send buffer ${socketSendBufferSize} bytes`]),
    ...(socketReceiveBufferSize === null ? [] : [`receive buffer ${socketReceiveBufferSize} bytes`]),
    ...(listener.bind.some(({ family }) => family === "unix") ? [describeSocketFile(listener)] : []),
  ];
  return [
    line(
      `socket: ${parts.join(", ")}`,
      socketFields.every((field) => isUsual(listener, field)),
    ),
  ];
}

function describeSocketFile({ socketMode, socketOwner }: ListenerSettings): string {
  return `file mode ${socketMode}${socketOwner === null ? "" : ` of ${socketOwner}`}`;
}

const socketFields = [
  "socketBacklog",
  "socketReuseAddress",
  "socketReusePort",
  "socketNoDelay",
  "socketTtl",
  "socketTosV4",
  "socketSendBufferSize",
  "socketReceiveBufferSize",
  "socketMode",
  "socketOwner",
] as const;

function list(texts: readonly string[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}
