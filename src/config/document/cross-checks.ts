import type { z } from "zod";
import { type BindAddress, isSingular, readBindAddress } from "../addresses/bind-address.ts";
import { ipv6OnlyAmong } from "../addresses/ipv6-only.ts";
import { excludes, isWildcard } from "../addresses/shared-port.ts";
import { offeredTls, TLS_PROTOCOLS } from "../values/cipher-suites.ts";
import { suggestion } from "../values/nearest.ts";
import { REFERENCE_FORMS } from "../values/secret-text.ts";
import type { certificateSchema } from "./certificate.ts";
import type { Finding } from "./configuration-error.ts";
import type { listenerSchema } from "./listener.ts";
import { isObject } from "./partial-parse.ts";
import { formatPath, type Path, valueAt } from "./path.ts";
import { limitsOfProtocol } from "./session-limits.ts";

/** A listener of the document with those of its fields that are valid. */
export interface ListenerEntry {
  readonly path: Path;
  readonly fields: Partial<z.output<typeof listenerSchema>>;
}

/** Checks that no single field can make: within each listener, and between listeners. */
export function checkListeners(
  entries: readonly ListenerEntry[],
  known: readonly string[],
  document: unknown,
): Finding[] {
  return [
    ...entries.flatMap((entry) => [...checkProtocol(entry, known), ...checkTls(entry), ...checkSessions(entry)]),
    ...checkNames(entries),
    ...checkAddresses(entries, document),
  ];
}

function checkProtocol({ path, fields }: ListenerEntry, known: readonly string[]): Finding[] {
  const { protocol } = fields;
  if (protocol === undefined || known.includes(protocol)) return [];
  const candidate = suggestion(protocol, known);
  const message = `must be one of ${known.join(", ")}${candidate.startsWith("did") ? `; ${candidate}` : ""}`;
  return [{ path: [...path, "protocol"], message }];
}

function checkTls({ path, fields }: ListenerEntry): Finding[] {
  return [...checkOfferedTls(path, fields), ...checkClientAuth(path, fields)];
}

function checkClientAuth(path: Path, { tlsClientAuth = "none", ...fields }: ListenerEntry["fields"]): Finding[] {
  if (tlsClientAuth === "none") return [];
  if (fields.useTls === false)
    return [{ path: [...path, "tlsClientAuth"], message: "must be none where useTls is false" }];
  if (fields.protocol === "http" && fields.tlsImplicit === false) {
    const message = "must be none where http has no TLS; set tlsImplicit to true";
    return [{ path: [...path, "tlsClientAuth"], message }];
  }
  if (fields.tlsClientCa !== null) return [];
  const message = "must be given where tlsClientAuth asks clients for certificates";
  return [{ path: [...path, "tlsClientCa"], message }];
}

function checkOfferedTls(path: Path, fields: ListenerEntry["fields"]): Finding[] {
  const { useTls, tlsImplicit, tlsDisableProtocols, tlsDisableCipherSuites } = fields;
  if (useTls === false)
    return tlsImplicit ? [{ path: [...path, "tlsImplicit"], message: "must be false where useTls is false" }] : [];
  if (!tlsDisableProtocols || !tlsDisableCipherSuites) return [];
  if (offeredTls({ tlsDisableProtocols, tlsDisableCipherSuites }).suites.length > 0) return [];
  const field =
    tlsDisableProtocols.length < TLS_PROTOCOLS.length && tlsDisableCipherSuites.length > 0
      ? "tlsDisableCipherSuites"
      : "tlsDisableProtocols";
  const hint =
    tlsDisableProtocols.length === TLS_PROTOCOLS.length
      ? "; where both versions are disabled Stalwart offers both: for that, leave the field out"
      : "";
  const message = `must leave at least one TLS version with a cipher suite; for no TLS at all, set useTls to false${hint}`;
  return [{ path: [...path, field], message, found: null }];
}

function checkSessions({ path, fields: { protocol, banner, authWithoutTls, limits } }: ListenerEntry): Finding[] {
  const known = limitsOfProtocol.get(protocol ?? "");
  if (!known) return [];
  const set = Object.entries(limits ?? {}).filter(([, limit]) => limit !== null);
  const unknown = set.filter(([name]) => !(known as readonly string[]).includes(name));
  const choice = known.length === 0 ? "which has none here" : `which has ${known.join(", ")}`;
  const findings: Finding[] = unknown.map(([name]) => ({
    path: [...path, "limits", name],
    message: `is no limit of ${protocol}, ${choice}`,
  }));
  if (protocol !== "http") return findings;
  if (banner) findings.push({ path: [...path, "banner"], message: "must be null: HTTP has no greeting" });
  if (authWithoutTls)
    findings.push({ path: [...path, "authWithoutTls"], message: "must be false: it is for mail protocols" });
  return findings;
}

function checkNames(entries: readonly ListenerEntry[]): Finding[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path, fields: { name } }) => {
    if (name === undefined) return [];
    const owner = owners.get(name);
    if (!owner) owners.set(name, path);
    return owner
      ? [{ path: [...path, "name"], message: `must be unique: ${formatPath(owner)} has this name too` }]
      : [];
  });
}

/** An address of the document, with its place. */
interface WrittenAddress {
  readonly path: Path;
  readonly listener: Path;
  readonly address: BindAddress;
  /** `socketReusePort` of its listener. */
  readonly shared: boolean;
}

function checkAddresses(entries: readonly ListenerEntry[], document: unknown): Finding[] {
  const written = entries.flatMap((entry) => writtenAddresses(entry, document));
  return [...checkOwners(written), ...checkPorts(written)];
}

/** Reads the document's text, not the field: the other addresses of a listener count even when one is not valid. */
function writtenAddresses({ path: listener, fields }: ListenerEntry, document: unknown): WrittenAddress[] {
  const bind = valueAt(document, [...listener, "bind"]);
  const elements: [string | number, unknown][] = Array.isArray(bind)
    ? [...bind.entries()]
    : Object.keys(isObject(bind) ? bind : {}).map((text) => [text, text]);
  return elements.flatMap(([element, text]) => {
    const reading = typeof text === "string" ? readBindAddress(text) : null;
    if (!reading?.ok || !isSingular(reading.value)) return [];
    const shared = fields.socketReusePort ?? true;
    return [{ path: [...listener, "bind", element], listener, address: reading.value, shared }];
  });
}

function checkOwners(written: readonly WrittenAddress[]): Finding[] {
  const owners = new Map<string, Path>();
  return written.flatMap(({ path, listener, address: { text } }) => {
    const owner = owners.get(text);
    if (!owner) owners.set(text, listener);
    if (!owner || owner === listener) return [];
    const message = `must be in one listener only: ${formatPath(owner)} listens on ${text} too`;
    return [{ path, message, found: null }];
  });
}

/**
 * What the kernel would refuse at the start, when both are bound: an address beside one that takes all of its family.
 */
function checkPorts(written: readonly WrittenAddress[]): Finding[] {
  const isIpv6Only = ipv6OnlyAmong(written.map(({ address }) => address));
  const asPortUser = ({ address, shared }: WrittenAddress) => ({ address, shared, ipv6Only: isIpv6Only(address) });
  const wildcards = Map.groupBy(
    written.filter(({ address }) => isWildcard(address)),
    ({ address }) => address.port,
  );
  return written.flatMap((one) => {
    if (isWildcard(one.address)) return [];
    const obstacle = wildcards
      .get(one.address.port)
      ?.find((wildcard) => excludes(asPortUser(one), asPortUser(wildcard)));
    if (!obstacle) return [];
    const owner = obstacle.listener === one.listener ? "" : ` of ${formatPath(obstacle.listener)}`;
    const which = obstacle.listener === one.listener ? "it" : "both listeners";
    const message =
      `cannot be bound beside ${obstacle.address.text}${owner}, which takes this address too; ` +
      `set socketReusePort to true for ${which}, or leave one of the two addresses out`;
    return [{ path: one.path, message, found: null }];
  });
}

/** A certificate of the document with those of its fields that are valid. */
export interface CertificateEntry {
  readonly path: Path;
  readonly fields: Partial<z.output<typeof certificateSchema>>;
}

/** A certificate is given with its key, or ordered for its domains. */
export function checkCertificates(entries: readonly CertificateEntry[], document: unknown): Finding[] {
  return entries.flatMap(({ path, fields }): Finding[] => {
    if (!isObject(valueAt(document, path))) return [];
    if (fields["@type"] === undefined) return [];
    const at = (field: string, message: string): Finding => ({ path: [...path, field], message });
    const given = (["certificate", "privateKey"] as const).filter((field) => fields[field]);
    if (fields["@type"] === "Acme") {
      return [
        ...given.map((field) => ({ ...at(field, "must be left out where @type is Acme: it is ordered"), found: null })),
        ...(fields.domains?.length === 0 ? [at("domains", "must have at least one domain name")] : []),
        ...(fields.eabKeyId && fields.eabHmacKey === null
          ? [at("eabHmacKey", `is required beside eabKeyId: ${REFERENCE_FORMS}`)]
          : []),
        ...(fields.eabHmacKey && fields.eabKeyId === null ? [at("eabKeyId", "is required beside eabHmacKey")] : []),
      ];
    }
    const missing = (["certificate", "privateKey"] as const).filter((field) => fields[field] === null);
    const texts = (["domains", "contact", "directory", "eabKeyId"] as const).filter((field) => fields[field]?.length);
    const acme = [...texts, ...(fields.eabHmacKey ? ["eabHmacKey"] : [])];
    return [
      ...missing.map((field) => {
        const isThere = valueAt(document, [...path, field]) !== undefined;
        return at(field, `${isThere ? "must be" : "is required:"} ${REFERENCE_FORMS}`);
      }),
      ...acme.map((field) => ({ ...at(field, 'must be left out unless @type is "Acme"'), found: null })),
    ];
  });
}

/** A node can only open what is there. */
export function checkRoles(roles: readonly string[] | undefined, entries: readonly ListenerEntry[]): Finding[] {
  const known = entries.flatMap(({ fields: { name } }) => (name === undefined ? [] : [name]));
  return (roles ?? [])
    .filter((role) => !known.includes(role))
    .map((role) => {
      const which = known.length === 0 ? "there is none in the document" : suggestion(role, known);
      return {
        path: ["SystemSettings", "cluster", "roles"],
        message: `must be names of listeners; ${which}`,
        found: role,
      };
    });
}

/** The default certificate must be one of those in the document. */
export function checkDefaultCertificate(id: string | null | undefined, ids: readonly string[]): Finding[] {
  if (id === undefined || id === null || ids.includes(id)) return [];
  const known = ids.length === 0 ? "there is none in the document" : suggestion(id, ids);
  return [{ path: ["SystemSettings", "defaultCertificateId"], message: `must be the id of a Certificate; ${known}` }];
}
