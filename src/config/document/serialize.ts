import {
  type AcmeCertificate,
  type CertificateSettings,
  DEFAULT_DIRECTORY,
  type GivenCertificate,
  isAcme,
} from "./certificate.ts";
import { isIndex } from "./document-object.ts";
import type { Configuration } from "./effective.ts";
import type { ListenerSettings } from "./listener.ts";

/**
 * Writes a configuration back as a document: sets as maps to `true`, durations as milliseconds, every field present.
 * What a listener inherits from the server is written as null, so that it follows the server's setting again. The
 * document holds the secrets that were given as text.
 */
export function serializeDocument({
  listeners,
  system,
  certificates,
  accounts,
  blocked,
  allowed,
}: Configuration): object {
  return {
    SystemSettings: {
      ...system,
      cluster: system.cluster && { ...system.cluster, roles: mapToTrue(system.cluster.roles) },
      proxyTrustedNetworks: mapToTrue(system.proxyTrustedNetworks),
    },
    Certificate: serializeCertificates(certificates),
    Account: Object.fromEntries(
      accounts.map(({ address, secret, roles }) => [address, { secret, roles: mapToTrue(roles) }]),
    ),
    BlockedIp: blocked,
    AllowedIp: allowed,
    NetworkListener: listeners.map((listener) => serializeListener(listener, system.maxConnections)),
  };
}

/** A map as long as an object keeps its order. */
function serializeCertificates(certificates: Configuration["certificates"]): object {
  const written = certificates.map(serializeCertificate);
  if (written.some(({ id }) => isIndex(id))) return written;
  return Object.fromEntries(written.map(({ id, ...certificate }) => [id, certificate]));
}

/** As in the array form, with its id. */
export function serializeCertificate(settings: CertificateSettings): GivenCertificate | WrittenAcmeCertificate {
  if (!isAcme(settings)) return settings;
  const { directory } = settings;
  return {
    ...settings,
    domains: mapToTrue(settings.domains),
    contact: mapToTrue(settings.contact),
    directory: directory === DEFAULT_DIRECTORY ? null : directory,
  };
}

interface WrittenAcmeCertificate extends Omit<AcmeCertificate, "domains" | "contact" | "directory"> {
  readonly domains: Readonly<Record<string, true>>;
  readonly contact: Readonly<Record<string, true>>;
  readonly directory: string | null;
}

function serializeListener(listener: ListenerSettings, serverCap: number): object {
  const { proxyTrustedNetworks: _effective, ...own } = listener;
  return {
    ...own,
    bind: mapToTrue(listener.bind.map(({ text }) => text)),
    maxConnections: listener.maxConnections === serverCap ? null : listener.maxConnections,
    overrideProxyTrustedNetworks: mapToTrue(listener.overrideProxyTrustedNetworks),
    forwardedTrustedNetworks: mapToTrue(listener.forwardedTrustedNetworks),
    tlsDisableProtocols: mapToTrue(listener.tlsDisableProtocols),
    tlsDisableCipherSuites: mapToTrue(listener.tlsDisableCipherSuites),
  };
}

function mapToTrue(elements: readonly string[]): Record<string, true> {
  return Object.fromEntries(elements.map((element) => [element, true as const]));
}
