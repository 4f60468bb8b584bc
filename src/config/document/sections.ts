import type { z } from "zod";
import { canonicalAddress } from "../addresses/canonical-address.ts";
import { unknownField } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { accountAddress, accountSchema } from "./account.ts";
import { certificateSchema, identifiedCertificateSchema } from "./certificate.ts";
import type { Finding } from "./configuration-error.ts";
import { checkCertificates, checkDefaultCertificate, checkListeners, checkRoles } from "./cross-checks.ts";
import { entriesOf } from "./document-object.ts";
import { allowedIpSchema, blockedIpSchema, type ListedIpSettings } from "./listed-ip.ts";
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
  readonly blocked: readonly Entry<ListedIpSettings>[];
  readonly allowed: readonly Entry<ListedIpSettings>[];
  readonly listeners: readonly Entry<z.output<typeof listenerSchema>>[];
  readonly findings: readonly Finding[];
  /** Fields that are known but have no effect here, each once: `SystemSettings.threadPoolSize`. */
  readonly ignoredFields: readonly string[];
  /** Names of the listeners that have no `protocol`. */
  readonly withoutProtocol: readonly string[];
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
  const { SystemSettings = {}, Certificate = {}, Account = {}, BlockedIp = [], AllowedIp = [] } = members;
  const { NetworkListener = bare ?? [] } = members;
  const system = partialParse(systemSchema, SystemSettings, ["SystemSettings"]);
  const certificates = parseCertificates(Certificate);
  const accounts = parseMap(Account, { section: "Account", key: accountAddress, schema: accountSchema });
  const blocked = parseListed(BlockedIp, { section: "BlockedIp", key: objectName, schema: blockedIpSchema });
  const allowed = parseListed(AllowedIp, { section: "AllowedIp", key: objectName, schema: allowedIpSchema });
  const listeners = parseListeners(NetworkListener, bare ? [] : ["NetworkListener"]);
  const areCertificatesKnown = isObject(Certificate) || Array.isArray(Certificate);
  const certificateIds = certificates.entries.map(({ key }) => key);
  const findings = [
    ...checkSectionNames(members),
    ...system.findings,
    ...certificates.findings,
    ...accounts.findings,
    ...blocked.findings,
    ...allowed.findings,
    ...listeners.findings,
    ...checkListed(blocked.entries),
    ...checkListed(allowed.entries),
    ...checkAccounts(accounts.entries),
    ...checkCertificates(certificates.entries, document),
    ...checkListeners(listeners.entries, protocols, document),
    ...checkRoles(system.fields.cluster?.roles, listeners.entries),
    ...(areCertificatesKnown ? checkDefaultCertificate(system.fields.defaultCertificateId, certificateIds) : []),
  ];
  return {
    system,
    certificates: certificates.entries,
    accounts: accounts.entries,
    blocked: blocked.entries,
    allowed: allowed.entries,
    listeners: listeners.entries,
    findings,
    ignoredFields: ignoredFields({
      SystemSettings: [system],
      Certificate: certificates.entries,
      Account: accounts.entries,
      BlockedIp: blocked.entries,
      AllowedIp: allowed.entries,
      NetworkListener: listeners.entries,
    }),
    withoutProtocol: withoutProtocol(NetworkListener, listeners.entries),
  };
}

/** Each field is named once, however many objects have it. */
function ignoredFields(bySection: Readonly<Record<string, readonly PartialParse<unknown>[]>>): string[] {
  return Object.entries(bySection).flatMap(([section, entries]) => {
    const fields = new Set(entries.flatMap(({ ignored }) => ignored));
    return [...fields].map((field) => `${section}.${field}`);
  });
}

/** @param value the section that the entries are of, in the same order */
function withoutProtocol(value: unknown, entries: readonly Entry<Listener>[]): string[] {
  const members: unknown[] = Array.isArray(value)
    ? value
    : isObject(value)
      ? entriesOf(value).map(([, each]) => each)
      : [];
  return entries.flatMap(({ fields: { name } }, index) => {
    const member = members[index];
    return name !== undefined && isObject(member) && member["protocol"] === undefined ? [name] : [];
  });
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
  const entries = entriesOf(value).map(([key, member]) => {
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

/** A map from id, or an array of certificates with their ids. */
function parseCertificates(value: unknown): Section<z.output<typeof certificateSchema>> {
  const section = "Certificate";
  if (!Array.isArray(value)) return parseMap(value, { section, key: objectName, schema: certificateSchema });
  const owners = new Map<string, Path>();
  const repeated: Finding[] = [];
  const entries = value.map((member: unknown, index) => {
    const path = [section, index];
    const parsed = partialParse(identifiedCertificateSchema, member, path);
    const key = parsed.fields.id ?? String(index);
    const owner = owners.get(key);
    if (parsed.fields.id !== undefined && !owner) owners.set(key, path);
    if (owner)
      repeated.push({
        path: [...path, "id"],
        message: `must be unique: ${formatPath(owner)} has this id too`,
        found: null,
      });
    return { ...parsed, key, path };
  });
  return { entries, findings: [...entries.flatMap(({ findings }) => findings), ...repeated] };
}

/** An array, or a map whose ids have no meaning of their own. */
function parseListed<Schema extends z.ZodObject>(
  value: unknown,
  options: MapOptions<Schema>,
): Section<z.output<Schema>> {
  if (!Array.isArray(value)) return parseMap(value, options);
  const entries = value.map((member: unknown, index) => {
    const path = [options.section, index];
    return { ...partialParse(options.schema, member, path), key: String(index), path };
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
  return entriesOf(value).map(([key, member]) => namedListener(key, member, [...base, key]));
}

/** A listener of the map form, where the key is the name unless one is given. */
function namedListener(key: string, member: unknown, path: Path): Entry<Listener> {
  const { fields, settings, findings, ignored } = partialParse(namedListenerSchema, member, path);
  const given = isObject(member) && member["name"] !== undefined;
  if (given) {
    const { name, ...rest } = fields;
    const named = name === undefined ? rest : { ...rest, name };
    const complete = settings && { ...settings, name: settings.name ?? key };
    return { key, path, fields: named, settings: complete, findings, ignored };
  }
  const checked = objectName.safeParse(key);
  const wrong = checked.success ? [] : findingsOf(checked.error, path);
  return {
    key,
    path,
    fields: { ...fields, name: key },
    settings: settings && { ...settings, name: key },
    findings: [...findings, ...wrong.map((finding) => ({ ...finding, found: JSON.stringify(key) }))],
    ignored,
  };
}

/** A second entry for the same network would replace the first, including its expiry. */
function checkListed(entries: readonly Entry<ListedIpSettings>[]): Finding[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path, fields: { address } }) => {
    if (address === undefined) return [];
    const owner = owners.get(address);
    if (!owner) owners.set(address, path);
    return owner ? [{ path: [...path, "address"], message: `must be unique: ${formatPath(owner)} has it too` }] : [];
  });
}

/** Two spellings of one name would be one account. */
function checkAccounts(entries: readonly Entry<unknown>[]): Finding[] {
  const owners = new Map<string, string>();
  return entries.flatMap(({ key, path }) => {
    const login = canonicalAddress(key).text;
    const owner = owners.get(login);
    owners.set(login, owner ?? key);
    if (owner === undefined) return [];
    return [
      { path, message: `must differ from ${JSON.stringify(owner)} in more than letter case and spelling`, found: null },
    ];
  });
}
