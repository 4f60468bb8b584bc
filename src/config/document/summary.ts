import { CIPHER_SUITE_NAMES, offeredTls } from "../values/cipher-suites.ts";
import { describeDuration } from "../values/duration.ts";
import { describeSource } from "../values/secret-text.ts";
import type { Configuration } from "./effective.ts";
import type { ListedIpSettings } from "./listed-ip.ts";
import type { ListenerSettings } from "./listener.ts";
import type { SystemSettings } from "./system.ts";

/** The effective settings in plain words, for a terminal. Holds no secret. */
export function describeConfiguration(configuration: Configuration): string {
  const { listeners, system } = configuration;
  const blocks = [
    describeServer(configuration),
    ...listeners.map((listener) => describeListener(listener, system)),
    ...(listeners.length === 0 ? [["No listeners: nothing accepts connections."]] : []),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function describeServer({ system, certificates, accounts, blocked, allowed }: Configuration): string[] {
  const certificateLines = certificates.map(({ id, certificate, privateKey }) => {
    const byDefault = id === system.defaultCertificateId ? " (default)" : "";
    return `  certificate ${id}${byDefault}: ${describeSource(certificate)}; key: ${describeSource(privateKey)}`;
  });
  const accountLines = accounts.map(({ address, secret, roles }) => {
    return `  account ${address}${roles.length > 0 ? ` (${roles.join(", ")})` : ""}: secret ${describeSource(secret)}`;
  });
  return [
    `Server ${system.defaultHostname}`,
    `  connections: at most ${system.maxConnections}`,
    `  trusted proxies: ${list(system.proxyTrustedNetworks)}`,
    `  at the end: sessions have ${describeDuration(system.drainTimeout)} to finish`,
    ...blocked.map((entry) => `  blocked: ${describeListed(entry)}`),
    ...allowed.map((entry) => `  exempt from limits of addresses: ${describeListed(entry)}`),
    ...(certificates.length > 0
      ? certificateLines
      : ["  certificates: none given; where TLS is used, a self-signed one is made"]),
    ...(accounts.length > 0 ? accountLines : ["  accounts: none given"]),
  ];
}

function describeListed({ address, expiresAt, reason }: ListedIpSettings): string {
  return `${address}${expiresAt === null ? "" : ` until ${expiresAt}`}${reason === null ? "" : ` (${reason})`}`;
}

function describeListener(listener: ListenerSettings, system: SystemSettings): string[] {
  const { name, protocol, bind } = listener;
  return [
    `Listener ${name}: ${protocol} on ${bind.map((address) => address.text).join(", ")}`,
    ...describeTls(listener),
    `  connections: ${describeCaps(listener, system)}`,
    `  trusted proxies: ${describeProxies(listener)}`,
    ...describeForwarding(listener),
    `  socket: ${describeSocket(listener)}`,
  ];
}

function describeTls(listener: ListenerSettings): string[] {
  const { useTls, tlsImplicit, protocol, tlsTimeout, tlsIgnoreClientOrder, maxHandshakes } = listener;
  if (!useTls) return ["  TLS: none"];
  if (!tlsImplicit && protocol === "http") return ["  TLS: none (HTTP has it from the first byte only: tlsImplicit)"];
  const { versions, suites } = offeredTls(listener);
  const start = tlsImplicit ? "from the first byte" : "by STARTTLS, where the protocol has it";
  const names = versions.map((version) => (version === "tls13" ? "1.3" : "1.2")).join(" and ");
  const order = tlsIgnoreClientOrder ? "the server's" : "the client's";
  const handshakes = maxHandshakes === null ? "" : `, at most ${maxHandshakes} at once`;
  return [
    `  TLS: ${start}; handshake within ${describeDuration(tlsTimeout)}${handshakes}`,
    `  TLS versions: ${names}; cipher suites: ${describeSuites(suites)}, in ${order} order`,
  ];
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

function describeForwarding({ forwardedTrustedNetworks, forwardedField }: ListenerSettings): string[] {
  if (forwardedTrustedNetworks.length === 0) return [];
  const field = forwardedField === "forwarded" ? "Forwarded" : "X-Forwarded-For";
  return [`  trusted HTTP proxies: ${list(forwardedTrustedNetworks)}, by ${field}`];
}

function describeSocket(listener: ListenerSettings): string {
  const switched = (on: boolean) => (on ? "on" : "off");
  const parts = [
    `backlog ${listener.socketBacklog}`,
    `SO_REUSEADDR ${switched(listener.socketReuseAddress)}`,
    `SO_REUSEPORT ${switched(listener.socketReusePort)}`,
    `TCP_NODELAY ${switched(listener.socketNoDelay)}`,
  ];
  if (listener.socketTtl !== null) parts.push(`TTL ${listener.socketTtl}`);
  if (listener.socketTosV4 !== null) parts.push(`IPv4 TOS ${listener.socketTosV4}`);
  if (listener.socketSendBufferSize !== null) parts.push(`send buffer ${listener.socketSendBufferSize} bytes`);
  if (listener.socketReceiveBufferSize !== null) parts.push(`receive buffer ${listener.socketReceiveBufferSize} bytes`);
  return parts.join(", ");
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}
