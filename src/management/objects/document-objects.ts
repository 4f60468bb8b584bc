/** The objects that the document holds, as they are in force: every field, with defaults and what the server adds. */
import {
  type CertificateSettings,
  type Configuration,
  type DocumentSnapshot,
  type SectionName,
  serializeCertificate,
  serializeDocument,
} from "../../config/index.ts";
import type { CertificateStatus } from "../../gatehouse-contract.ts";
import { isObject, type Json, type JsonObject } from "../jmap/json.ts";
import { defaultsOf, fieldKinds, secretFields } from "./field-kinds.ts";
import { type ManagedObject, type ManagedValue, type Snapshot, singletonId } from "./managed-object.ts";
import { withoutSecret } from "./secrets.ts";
import { stateString } from "./state-string.ts";

/** What document objects are read from. */
export interface DocumentInForce {
  readonly configuration: Configuration;
  certificates(): readonly CertificateStatus[];
  /** Null where a document has none of its own. */
  ids(): DocumentIds | null;
}

type DocumentIds = DocumentSnapshot["ids"];

type Sections = Readonly<Record<SectionName, Snapshot>>;

export const documentSections: readonly SectionName[] = [
  "NetworkListener",
  "SystemSettings",
  "Certificate",
  "Account",
  "BlockedIp",
  "AllowedIp",
];

export function documentObjects(inForce: DocumentInForce): readonly ManagedObject[] {
  const reader = new DocumentReader(inForce);
  return documentSections.map((section) => ({
    name: section,
    isSingleton: section === "SystemSettings",
    get fields() {
      return fieldKinds(section);
    },
    snapshot: () => reader.sections()[section],
  }));
}

/** Makes the values of a document once, however often they are asked for. */
class DocumentReader {
  readonly #inForce: DocumentInForce;
  #read: { readonly configuration: Configuration; readonly certificates: string; readonly sections: Sections } | null =
    null;

  constructor(inForce: DocumentInForce) {
    this.#inForce = inForce;
  }

  sections(): Sections {
    const { configuration } = this.#inForce;
    const served = this.#inForce.certificates();
    // Certificates are read again without another document.
    const certificates = JSON.stringify(served);
    if (this.#read?.configuration !== configuration || this.#read.certificates !== certificates) {
      this.#read = {
        configuration,
        certificates,
        sections: sectionsOf({ configuration, certificates: served, ids: this.#inForce.ids() }),
      };
    }
    return this.#read.sections;
  }
}

function sectionsOf({
  configuration,
  certificates,
  ids,
}: {
  readonly configuration: Configuration;
  readonly certificates: readonly CertificateStatus[];
  readonly ids: DocumentIds | null;
}): Sections {
  const document = serializeDocument(configuration) as Readonly<Record<SectionName, Json>>;
  const served = new Map(certificates.map((certificate) => [certificate.id, certificate]));
  const accounts = Object.entries(objectIn(document.Account));
  return {
    SystemSettings: snapshot("SystemSettings", [{ id: singletonId, ...objectIn(document.SystemSettings) }]),
    NetworkListener: snapshot(
      "NetworkListener",
      listIn(document.NetworkListener).map((listener, index) => ({
        id: ids?.NetworkListener[index] ?? String(listener["name"]),
        ...listener,
      })),
    ),
    Certificate: snapshot(
      "Certificate",
      configuration.certificates.map((settings) => ({
        ...certificateFields(settings),
        ...readFromCertificate(served.get(settings.id)),
      })),
    ),
    Account: snapshot(
      "Account",
      accounts.map(([address, account], index) => ({
        id: ids?.Account[index] ?? address,
        address,
        ...objectIn(account),
      })),
    ),
    BlockedIp: snapshot(
      "BlockedIp",
      listIn(document.BlockedIp).map((entry, index) => listedIp(entry, ids?.BlockedIp[index])),
    ),
    AllowedIp: snapshot(
      "AllowedIp",
      listIn(document.AllowedIp).map((entry, index) => listedIp(entry, ids?.AllowedIp[index])),
    ),
  };
}

/** An address is listed once: it tells one entry from another. */
function listedIp(entry: JsonObject, id: string | undefined): ManagedValue {
  return { id: id ?? String(entry["address"]), ...entry };
}

/** Of both forms; each has nothing in the fields of the other. */
function certificateFields(settings: CertificateSettings): ManagedValue {
  const written = serializeCertificate(settings) as unknown as JsonObject;
  return { id: settings.id, ...defaultsOf("Certificate"), ...written };
}

function readFromCertificate(served: CertificateStatus | undefined): JsonObject {
  return {
    subjectAlternativeNames: Object.fromEntries((served?.subjectAlternativeNames ?? []).map((name) => [name, true])),
    notValidBefore: served?.notValidBefore.toISOString() ?? null,
    notValidAfter: served?.notValidAfter.toISOString() ?? null,
    issuer: served?.issuer ?? null,
    state: served?.acme?.state ?? null,
    renewsAt: served?.acme?.renewsAt?.toISOString() ?? null,
    lastError: served?.acme?.lastError ?? null,
  };
}

/** The state covers secrets, too; what is returned does not hold them. */
function snapshot(section: SectionName, values: readonly ManagedValue[]): Snapshot {
  const secret = new Set(secretFields(section));
  return {
    state: stateString(JSON.stringify(values)),
    values: secret.size === 0 ? values : values.map((value) => withoutSecrets(value, secret)),
  };
}

function withoutSecrets(value: ManagedValue, secret: ReadonlySet<string>): ManagedValue {
  const members = Object.entries(value).map(([name, member]) => [
    name,
    secret.has(name) ? withoutSecret(member) : member,
  ]);
  return Object.fromEntries(members) as ManagedValue;
}

function objectIn(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

function listIn(value: Json): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
