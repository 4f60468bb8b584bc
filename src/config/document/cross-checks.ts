import type { z } from "zod";
import { readBindAddress } from "../addresses/bind-address.ts";
import { offeredTls, TLS_PROTOCOLS } from "../values/cipher-suites.ts";
import { suggestion } from "../values/nearest.ts";
import type { Finding } from "./configuration-error.ts";
import type { listenerSchema } from "./listener.ts";
import { isObject } from "./partial-parse.ts";
import { formatPath, type Path, valueAt } from "./path.ts";

/** A listener of the document with whichever of its fields are valid. */
export interface ListenerEntry {
  readonly path: Path;
  readonly fields: Partial<z.output<typeof listenerSchema>>;
}

/** What no field can see by itself: within each listener, and between listeners. */
export function checkListeners(
  entries: readonly ListenerEntry[],
  known: readonly string[],
  document: unknown,
): Finding[] {
  return [
    ...entries.flatMap((entry) => [...checkProtocol(entry, known), ...checkTls(entry)]),
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
  const { useTls, tlsImplicit, tlsDisableProtocols, tlsDisableCipherSuites } = fields;
  if (useTls === false) {
    return tlsImplicit ? [{ path: [...path, "tlsImplicit"], message: "must be false where useTls is false" }] : [];
  }
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

/** Reads what is written, not the field: other addresses of a listener count even where one is not valid. */
function checkAddresses(entries: readonly ListenerEntry[], document: unknown): Finding[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path }) => {
    const bind = valueAt(document, [...path, "bind"]);
    const elements: [string | number, unknown][] = Array.isArray(bind)
      ? [...bind.entries()]
      : Object.keys(isObject(bind) ? bind : {}).map((text) => [text, text]);
    return elements.flatMap(([element, text]): Finding[] => {
      const address = typeof text === "string" ? readBindAddress(text) : null;
      if (!address?.ok || address.value.port === 0) return [];
      const canonical = address.value.text;
      const owner = owners.get(canonical);
      if (!owner) owners.set(canonical, path);
      if (!owner || owner === path) return [];
      const message = `must be in one listener only: ${formatPath(owner)} listens on ${canonical} too`;
      return [{ path: [...path, "bind", element], message, found: null }];
    });
  });
}

/** The default certificate must be one of those in the document. */
export function checkDefaultCertificate(id: string | null | undefined, ids: readonly string[]): Finding[] {
  if (id === undefined || id === null || ids.includes(id)) return [];
  const known = ids.length === 0 ? "there is none in the document" : suggestion(id, ids);
  return [{ path: ["SystemSettings", "defaultCertificateId"], message: `must be the id of a Certificate; ${known}` }];
}
