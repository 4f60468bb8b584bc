import type { z } from "zod";
import { canonicalAddress } from "../addresses/canonical-address.ts";
import { withAbsolutePath } from "../values/secret-text.ts";
import type { AccountSettings } from "./account.ts";
import { type CertificateSettings, type certificateSchema, DEFAULT_DIRECTORY } from "./certificate.ts";
import type { ConfigurationInput } from "./configuration-input.ts";
import type { ListedIpSettings } from "./listed-ip.ts";
import { DEFAULT_BACKLOG, type ListenerSettings } from "./listener.ts";
import type { Entry, ParsedSections } from "./sections.ts";
import { defaultHostname, type SystemSettings, systemSchema } from "./system.ts";

/** Marks a configuration, which has been checked, unlike a document. A copy made by spreading has it, too. */
const CHECKED: unique symbol = Symbol("gatehouse.checked");

/** A document in effect: defaults, inheritance and paths resolved. Made by parsing alone. */
export interface Configuration {
  readonly [CHECKED]: true;
  readonly listeners: readonly ListenerSettings[];
  readonly system: SystemSettings;
  readonly certificates: readonly CertificateSettings[];
  readonly accounts: readonly AccountSettings[];
  /** Expired entries included. */
  readonly blocked: readonly ListedIpSettings[];
  /** Addresses exempt from `blocked` and from the limits of addresses. Expired entries included. */
  readonly allowed: readonly ListedIpSettings[];
  /** Fields of the document that are known but have no effect here, each once: `SystemSettings.threadPoolSize`. */
  readonly ignoredFields: readonly string[];
  /** Names of the listeners for which the document has no `protocol`: they speak the default. */
  readonly withoutProtocol: readonly string[];
  /** Absolute; relative paths in the document start here. */
  readonly directory: string;
}

/** A document in any form: as one writes it, its JSON text, or what `parseDocument` and `readConfiguration` return. */
export type GivenConfiguration = ConfigurationInput | Configuration | string;

/** The members of a configuration that structured cloning keeps. */
export type ConfigurationMembers = Omit<Configuration, typeof CHECKED>;

/** Marks members that come from parsing. */
export function checkedConfiguration(members: ConfigurationMembers): Configuration {
  return { [CHECKED]: true, ...members };
}

export function isConfiguration(value: unknown): value is Configuration {
  return typeof value === "object" && value !== null && CHECKED in value;
}

/** Resolves defaults, inheritance and relative paths. */
export function effective(parsed: ParsedSections, directory: string): Configuration {
  const certificates = complete(parsed.certificates).flatMap(([id, settings]) =>
    certificateSettings(id, settings, directory),
  );
  const accounts = complete(parsed.accounts).map(([address, { secret, roles }]) => ({
    address: canonicalAddress(address).text,
    secret: withAbsolutePath(secret, directory),
    roles,
  }));
  const given = parsed.system.settings ?? systemSchema.parse({});
  const only = certificates.length === 1 ? certificates[0]?.id : undefined;
  const system = {
    ...given,
    defaultHostname: given.defaultHostname ?? defaultHostname(),
    defaultCertificateId: given.defaultCertificateId ?? only ?? null,
    cluster: given.cluster && { ...given.cluster, url: withAbsolutePath(given.cluster.url, directory) },
  };
  const listeners = complete(parsed.listeners).map(([, listener]) => ({
    ...listener,
    maxConnections: listener.maxConnections ?? system.maxConnections,
    proxyTrustedNetworks:
      listener.overrideProxyTrustedNetworks.length > 0
        ? listener.overrideProxyTrustedNetworks
        : system.proxyTrustedNetworks,
    socketBacklog: listener.socketBacklog ?? DEFAULT_BACKLOG,
    tlsClientCa: listener.tlsClientCa && withAbsolutePath(listener.tlsClientCa, directory),
  }));
  const blocked = complete(parsed.blocked).map(([, entry]) => entry);
  const allowed = complete(parsed.allowed).map(([, entry]) => entry);
  const { ignoredFields, withoutProtocol } = parsed;
  return checkedConfiguration({
    listeners,
    system,
    certificates,
    accounts,
    blocked,
    allowed,
    ignoredFields,
    withoutProtocol,
    directory,
  });
}

/** None where a check across fields has found a mistake. */
function certificateSettings(
  id: string,
  settings: z.output<typeof certificateSchema>,
  directory: string,
): CertificateSettings[] {
  const { certificate, privateKey, domains, contact, challenge, eabKeyId } = settings;
  if (settings["@type"] === "Acme") {
    const eabHmacKey = settings.eabHmacKey && withAbsolutePath(settings.eabHmacKey, directory);
    const ordered = { domains, contact, directory: settings.directory ?? DEFAULT_DIRECTORY, challenge };
    return [{ id, "@type": "Acme", ...ordered, eabKeyId, eabHmacKey }];
  }
  if (certificate === null || privateKey === null) return [];
  return [
    {
      id,
      certificate: withAbsolutePath(certificate, directory),
      privateKey: withAbsolutePath(privateKey, directory),
    },
  ];
}

function complete<Settings>(entries: readonly Entry<Settings>[]): [string, Settings][] {
  return entries.flatMap(({ key, settings }): [string, Settings][] => (settings === null ? [] : [[key, settings]]));
}
