/** Settings that a document may hold and that this version does not carry out: said at every start, never silently dropped. */
import type { ListenerSettings } from "../config/index.ts";

export interface UnsupportedSetting {
  /** As in the document. */
  readonly field: string;
  readonly text: string;
}

export function unsupportedSettings(settings: ListenerSettings): UnsupportedSetting[] {
  const asked: [field: string, asked: boolean, effect: string][] = [
    ["proxyTrustedNetworks", settings.proxyTrustedNetworks.length > 0, "no PROXY header is read from any peer"],
    ["maxHandshakes", settings.maxHandshakes !== null, "TLS handshakes are not queued"],
    ["maxConnectionsPerAddress", settings.maxConnectionsPerAddress !== null, "addresses are not limited"],
    ["connectionRate", settings.connectionRate !== null, "rates are not limited"],
  ];
  return asked.flatMap(([field, isAsked, effect]) =>
    isAsked ? [{ field, text: `${field} is not carried out in this version: ${effect}.` }] : [],
  );
}
