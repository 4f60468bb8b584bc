import type { z } from "zod";
import { unknownField } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { accountAddress, accountSchema } from "./account.ts";
import { type BlockedIpSettings, blockedIpSchema } from "./blocked-ip.ts";
import { certificateSchema } from "./certificate.ts";
import type { Finding } from "./configuration-error.ts";
import { checkDefaultCertificate, checkListeners } from "./cross-checks.ts";
import { listenerSchema, namedListenerSchema } from "./listener.ts";
import { isObject, type PartialParse, partialParse } from "./partial-parse.ts";
import { formatPath, type Path } from "./path.ts";
import { sections } from "./schema.ts";
import { systemSchema } from "./system.ts";
import { findingsOf } from "./zod-findings.ts";

/** The sections of a document, each member by itself. Complete when there are no findings. */
export interface ParsedSections {
  readonly system: PartialParse<z.output<typeof systemSchema>>;
  readonly certificates: readonly Entry<z.output<typeof certificateSchema>>[];
  readonly accounts: readonly Entry<z.output<typeof accountSchema>>[];
  readonly blocked: readonly Entry<BlockedIpSettings>[];
  readonly listeners: readonly Entry<z.output<typeof listenerSchema>>[];
  readonly findings: readonly Finding[];
}

/** One member of a section that is a map or an array. */
export interface Entry<Settings> extends PartialParse<Settings> {
  readonly key: string;
  readonly path: Path;
}

/** Parses a document, or a bare array of listeners, whose paths start at its elements. */
export function parseSections(
  document: Readonly<Record<string, unknown>> | readonly unknown[],
  protocols: readonly string[],
): ParsedSections {
  const bare = isObject(document) ? null : document;
  const members = isObject(document) ? document : {};
  const { SystemSettings = {}, Certificate = {}, Account = {}, BlockedIp = [], NetworkListener = bare ?? [] } = members;
  const system = partialParse(systemSchema, SystemSettings, ["SystemSettings"]);
  const certificates = parseMap(Certificate, { section: "Certificate", key: objectName, schema: certificateSchema });
  const accounts = parseMap(Account, { section: "Account", key: accountAddress, schema: accountSchema });
  const blocked = parseBlocked(BlockedIp);
  const listeners = parseListeners(NetworkListener, bare ? [] : ["NetworkListener"]);
  const certificateIds = isObject(Certificate) ? Object.keys(Certificate) : null;
  const findings = [
    ...checkSectionNames(members),
    ...system.findings,
    ...certificates.findings,
    ...accounts.findings,
    ...blocked.findings,
    ...listeners.findings,
    ...checkBlocked(blocked.entries),
    ...checkAccounts(accounts.entries),
    ...checkListeners(listeners.entries, protocols, document),
    ...(certificateIds ? checkDefaultCertificate(system.fields.defaultCertificateId, certificateIds) : []),
  ];
  return {
    system,
    certificates: certificates.entries,
    accounts: accounts.entries,
    blocked: blocked.entries,
    listeners: listeners.entries,
    findings,
  };
}

function checkSectionNames(members: Readonly<Record<string, unknown>>): Finding[] {
  const known = Object.keys(sections);
  const unknown = Object.keys(members).filter((name) => !known.includes(name));
  const schemaAddress = sections.$schema.safeParse(members["$schema"]);
  return [
    ...unknown.map((name) => ({ path: [name], message: unknownField(name, known), found: null })),
    ...(schemaAddress.success ? [] : findingsOf(schemaAddress.error, ["$schema"])),
  ];
}

interface Section<Settings> {
  readonly entries: Entry<Settings>[];
  readonly findings: Finding[];
}

interface MapOptions<Schema> {
  readonly section: string;
  readonly key: z.ZodType<string>;
  readonly schema: Schema;
}

function parseMap<Schema extends z.ZodObject>(value: unknown, options: MapOptions<Schema>): Section<z.output<Schema>> {
  const { section, key: keyType, schema } = options;
  if (!isObject(value)) return { entries: [], findings: [{ path: [section], message: "must be a map of objects" }] };
  const findings: Finding[] = [];
  const entries = Object.entries(value).map(([key, member]) => {
    const path = [section, key];
    const name = keyType.safeParse(key);
    if (!name.success) {
      findings.push(...findingsOf(name.error, path).map((finding) => ({ ...finding, found: JSON.stringify(key) })));
    }
    const parsed = partialParse(schema, member, path);
    findings.push(...parsed.findings);
    return { ...parsed, key, path };
  });
  return { entries, findings };
}

/** An array, or a map whose ids have no meaning of their own. */
function parseBlocked(value: unknown): Section<BlockedIpSettings> {
  const section = "BlockedIp";
  if (!Array.isArray(value)) return parseMap(value, { section, key: objectName, schema: blockedIpSchema });
  const entries = value.map((member: unknown, index) => {
    const path = [section, index];
    return { ...partialParse(blockedIpSchema, member, path), key: String(index), path };
  });
  return { entries, findings: entries.flatMap((entry) => entry.findings) };
}

type Listener = z.output<typeof listenerSchema>;

function parseListeners(value: unknown, base: Path): Section<Listener> {
  const entries = listenerEntries(value, base);
  if (entries) return { entries, findings: entries.flatMap((entry) => entry.findings) };
  return {
    entries: [],
    findings: [{ path: base, message: "must be an array of listeners, or a map from id to listener" }],
  };
}

function listenerEntries(value: unknown, base: Path): Entry<Listener>[] | null {
  if (Array.isArray(value)) {
    return value.map((member: unknown, index) => {
      const path = [...base, index];
      return { ...partialParse(listenerSchema, member, path), key: String(index), path };
    });
  }
  if (!isObject(value)) return null;
  return Object.entries(value).map(([key, member]) => namedListener(key, member, [...base, key]));
}

/** A listener of the map form, where the key is the name unless there is one. */
function namedListener(key: string, member: unknown, path: Path): Entry<Listener> {
  const { fields, settings, findings } = partialParse(namedListenerSchema, member, path);
  const given = isObject(member) && member["name"] !== undefined;
  if (given) {
    const { name, ...rest } = fields;
    const named = name === undefined ? rest : { ...rest, name };
    return { key, path, fields: named, settings: settings && { ...settings, name: settings.name ?? key }, findings };
  }
  const checked = objectName.safeParse(key);
  const wrong = checked.success ? [] : findingsOf(checked.error, path);
  return {
    key,
    path,
    fields: { ...fields, name: key },
    settings: settings && { ...settings, name: key },
    findings: [...findings, ...wrong.map((finding) => ({ ...finding, found: JSON.stringify(key) }))],
  };
}

/** A second entry of the same network would replace the first, its expiry too. */
function checkBlocked(entries: readonly Entry<BlockedIpSettings>[]): Finding[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path, fields: { address } }) => {
    if (address === undefined) return [];
    const owner = owners.get(address);
    if (!owner) owners.set(address, path);
    return owner ? [{ path: [...path, "address"], message: `must be unique: ${formatPath(owner)} blocks it too` }] : [];
  });
}

/** Logins are compared without regard to letter case, so two spellings would be one account. */
function checkAccounts(entries: readonly Entry<unknown>[]): Finding[] {
  const owners = new Map<string, string>();
  return entries.flatMap(({ key, path }) => {
    const login = key.toLowerCase();
    const owner = owners.get(login);
    owners.set(login, owner ?? key);
    if (owner === undefined) return [];
    return [{ path, message: `must differ from ${JSON.stringify(owner)} in more than letter case`, found: null }];
  });
}
