import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "../document/effective.ts";
import type { ListenerSettings } from "../document/listener.ts";
import type { SystemSettings } from "../document/system.ts";

/** How the values of a field are compared and said. */
export type FieldKind = "plain" | "duration" | "set" | "rate";

/** Every field of a listener that can be retuned. What is in force counts: its own networks show in `proxyTrustedNetworks`. */
const listenerFields = {
  protocol: "plain",
  maxConnections: "plain",
  proxyTrustedNetworks: "set",
  socketReuseAddress: "plain",
  socketReusePort: "plain",
  socketBacklog: "plain",
  socketTtl: "plain",
  socketSendBufferSize: "plain",
  socketReceiveBufferSize: "plain",
  socketTosV4: "plain",
  socketNoDelay: "plain",
  useTls: "plain",
  tlsImplicit: "plain",
  tlsTimeout: "duration",
  tlsDisableProtocols: "set",
  tlsDisableCipherSuites: "set",
  tlsIgnoreClientOrder: "plain",
  atCapacity: "plain",
  ignoreServerCap: "plain",
  proxyTimeout: "duration",
  maxHandshakes: "plain",
  maxConnectionsPerAddress: "plain",
  connectionRate: "rate",
} as const satisfies Record<
  Exclude<keyof ListenerSettings, "name" | "bind" | "overrideProxyTrustedNetworks">,
  FieldKind
>;

const systemFields = {
  defaultHostname: "plain",
  defaultCertificateId: "plain",
  maxConnections: "plain",
  proxyTrustedNetworks: "set",
  drainTimeout: "duration",
} as const satisfies Record<keyof SystemSettings, FieldKind>;

export type SystemField = keyof typeof systemFields;

/** A field of the listener itself, or what it takes from the server: its name, and the certificates where it has TLS. */
export type ListenerField = keyof typeof listenerFields | "defaultHostname" | "defaultCertificateId" | "certificates";

export type FieldValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly count: number; readonly interval: number };

/** A setting that is not what it was. */
export interface FieldChange<Field extends string = ListenerField | SystemField> {
  readonly field: Field;
  /** In force before and after: what a listener takes from the server is resolved. Of certificates, the ids in order. */
  readonly from: FieldValue;
  readonly to: FieldValue;
  /** The kernel cannot do it on a port that is bound: it stays as it was until the server is restarted. */
  readonly needsRestart?: true;
}

const kinds: Readonly<Record<ListenerField | SystemField, FieldKind>> = {
  ...listenerFields,
  ...systemFields,
  certificates: "plain",
};

export function kindOf(field: ListenerField | SystemField): FieldKind {
  return kinds[field];
}

export function systemChanges(before: SystemSettings, after: SystemSettings): FieldChange<SystemField>[] {
  return changesIn(Object.keys(systemFields) as SystemField[], before, after);
}

/** What differs between two listeners, but for their names and addresses. */
export function listenerChanges(before: ListenerSettings, after: ListenerSettings): FieldChange<ListenerField>[] {
  return changesIn(Object.keys(listenerFields) as (keyof typeof listenerFields)[], before, after);
}

/** What differs between the sockets of two listeners. */
export function socketChanges(before: ListenerSettings, after: ListenerSettings): FieldChange<ListenerField>[] {
  return listenerChanges(before, after).filter(({ field }) => field.startsWith("socket"));
}

/** Marks what a socket that lives on cannot take over: a port that was bound with SO_REUSEPORT stays shared. */
export function onLiveSocket<Field extends string>(changes: readonly FieldChange<Field>[]): FieldChange<Field>[] {
  return changes.map((change) =>
    change.field === "socketReusePort" && change.to === false ? { ...change, needsRestart: true } : change,
  );
}

/** What a listener notices of a change elsewhere in the document. */
export function sharedChanges(
  listener: ListenerSettings,
  before: Configuration,
  after: Configuration,
): FieldChange<ListenerField>[] {
  const names = changesIn(["defaultHostname"], before.system, after.system);
  if (!mayUseTls(listener)) return names;
  const defaults = changesIn(["defaultCertificateId"], before.system, after.system);
  // Their order counts too: without a default one, the first is.
  if (isDeepStrictEqual(before.certificates, after.certificates)) return [...names, ...defaults];
  const ids = ({ certificates }: Configuration): string[] => certificates.map(({ id }) => id);
  return [...names, ...defaults, { field: "certificates", from: ids(before), to: ids(after) }];
}

/** Any protocol but HTTP may have STARTTLS. */
function mayUseTls({ useTls, tlsImplicit, protocol }: ListenerSettings): boolean {
  return useTls && (tlsImplicit || protocol !== "http");
}

function changesIn<Field extends ListenerField | SystemField>(
  fields: readonly Field[],
  before: Readonly<Record<Field, FieldValue>>,
  after: Readonly<Record<Field, FieldValue>>,
): FieldChange<Field>[] {
  return fields.flatMap((field) => {
    const from = before[field];
    const to = after[field];
    return isDeepStrictEqual(comparable(from), comparable(to)) ? [] : [{ field, from, to }];
  });
}

function comparable(value: FieldValue): FieldValue {
  return Array.isArray(value) ? value.toSorted() : value;
}
