import type { ListenerSettings } from "../../config/index.ts";
import type { Forwarding, Protocol } from "../../protocols/protocol.ts";
import type { TrustedSets } from "../admission/trusted-sets.ts";
import type { ConnectionHost } from "../connection/connection.ts";
import type { TlsServerOptions } from "../tls/context.ts";

/** How long a peer may take to read the last bytes and close its side, in milliseconds. */
const closeTimeout = 5_000;

/** What a reload can change while a listener runs. */
export interface ReloadableSettings {
  readonly settings: ListenerSettings;
  readonly protocol: Protocol;
  /** Null where TLS is not available. */
  readonly tls: TlsServerOptions | null;
}

/** What a reload can change for all listeners. */
export interface SharedSettings {
  readonly hostname: string;
  /** Milliseconds. */
  readonly drainTimeout: number;
  /** Number of the document in force; the first is 1. */
  readonly generation: number;
  readonly trustedSets: TrustedSets;
}

/**
 * The settings of connections, read again for each one and for each handshake, so that a reload needs to touch neither.
 */
export function liveSettings(
  host: SharedSettings,
  { live, asyncAdmission }: { readonly live: () => ReloadableSettings; readonly asyncAdmission: () => boolean },
): Pick<
  ConnectionHost,
  "protocol" | "tls" | "settings" | "hostname" | "generation" | "forwarding" | "configured" | "http2"
> {
  return {
    get protocol() {
      return live().protocol;
    },
    get tls() {
      return live().tls;
    },
    get hostname() {
      return host.hostname;
    },
    get generation() {
      return host.generation;
    },
    get configured() {
      return live().settings;
    },
    get http2() {
      return live().settings.http2;
    },
    get forwarding() {
      return forwardingOf(live().settings, host.trustedSets);
    },
    settings: {
      get tlsImplicit() {
        return live().settings.tlsImplicit;
      },
      get asyncAdmission() {
        return asyncAdmission();
      },
      get proxyTimeout() {
        return live().settings.proxyTimeout;
      },
      get admissionTimeout() {
        return live().settings.admissionTimeout;
      },
      get tlsTimeout() {
        return live().settings.tlsTimeout;
      },
      get drainTimeout() {
        return host.drainTimeout;
      },
      closeTimeout,
    },
  };
}

function forwardingOf(settings: ListenerSettings, trustedSets: TrustedSets): Forwarding | null {
  const { forwardedTrustedNetworks, forwardedField } = settings;
  if (forwardedTrustedNetworks.length === 0) return null;
  const trusted = trustedSets.of(forwardedTrustedNetworks);
  return { field: forwardedField, trusts: (address) => trusted.has(address) };
}
