import { isDeepStrictEqual } from "node:util";
import { type ClusterSettings, shownCluster } from "../document/cluster.ts";
import type { Configuration } from "../document/effective.ts";
import type { ListenerSettings } from "../document/listener.ts";
import type { SystemSettings } from "../document/system.ts";
import { Comparison, type FieldValue } from "./comparison.ts";

/** How a field's values are compared and described. */
export type FieldKind = "plain" | "duration" | "set" | "rate" | "limits" | "text";

/**
 * Every field of a listener that can change at run time. Effective values count: its own networks are in
 * `proxyTrustedNetworks`.
 */
const listenerFields = {
  protocol: "plain",
  maxConnections: "plain",
  proxyTrustedNetworks: "set",
  forwardedTrustedNetworks: "set",
  forwardedField: "plain",
  http2: "plain",
  socketReuseAddress: "plain",
  socketReusePort: "plain",
  socketBacklog: "plain",
  socketTtl: "plain",
  socketSendBufferSize: "plain",
  socketReceiveBufferSize: "plain",
  socketTosV4: "plain",
  socketNoDelay: "plain",
  socketMode: "plain",
  socketOwner: "plain",
  useTls: "plain",
  tlsImplicit: "plain",
  tlsTimeout: "duration",
  tlsDisableProtocols: "set",
  tlsDisableCipherSuites: "set",
  tlsIgnoreClientOrder: "plain",
  tlsClientAuth: "plain",
  tlsClientCa: "text",
  atCapacity: "plain",
  ignoreServerCap: "plain",
  proxyTimeout: "duration",
  admissionTimeout: "duration",
  maxHandshakes: "plain",
  maxConnectionsPerAddress: "plain",
  connectionRate: "rate",
  banner: "plain",
  authWithoutTls: "plain",
  limits: "limits",
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
  upgradeTimeout: "duration",
  metricsAccess: "plain",
  recipientDelimiter: "plain",
  workers: "plain",
  cluster: "text",
} as const satisfies Record<keyof SystemSettings, FieldKind>;

export type SystemField = keyof typeof systemFields;

/**
 * A field of the listener itself, or one inherited from the server: its name, and the certificates where it has TLS.
 */
export type ListenerField = keyof typeof listenerFields | "defaultHostname" | "defaultCertificateId" | "certificates";

/** A changed setting. */
export interface FieldChange<Field extends string = ListenerField | SystemField> {
  readonly field: Field;
  /**
   * The effective values before and after: what a listener inherits from the server is resolved. Of certificates, the
   * ids in order.
   */
  readonly from: FieldValue;
  readonly to: FieldValue;
  /** The kernel cannot change it on a bound port: it stays as it was until the server is restarted. */
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

const namesOfSystem = Object.keys(systemFields) as SystemField[];
const namesOfListener = Object.keys(listenerFields) as (keyof typeof listenerFields)[];
const namesOfSocket = namesOfListener.filter((field) => field.startsWith("socket"));

export function systemChanges(before: SystemSettings, after: SystemSettings): FieldChange<SystemField>[] {
  const clusters = { from: shownCluster(before.cluster), to: shownCluster(after.cluster) };
  return changesIn(namesOfSystem, { before, after }).map((change): FieldChange<SystemField> => {
    if (change.field !== "cluster") return change;
    return isSameFleet(before.cluster, after.cluster)
      ? { field: "cluster", ...clusters }
      : { field: "cluster", ...clusters, needsRestart: true };
  });
}

/** What else differs takes effect at once. */
function isSameFleet(before: ClusterSettings | null, after: ClusterSettings | null): boolean {
  if (before === null || after === null) return before === after;
  return isDeepStrictEqual({ ...before, roles: after.roles, onLoss: after.onLoss }, after);
}

/** The differences between two listeners, except for their names and addresses. */
export function listenerChanges(
  before: ListenerSettings,
  after: ListenerSettings,
  comparison = new Comparison(),
): FieldChange<ListenerField>[] {
  return changesIn(namesOfListener, { before, after }, comparison);
}

/** The differences between the sockets of two listeners. */
export function socketChanges(before: ListenerSettings, after: ListenerSettings): FieldChange<ListenerField>[] {
  return changesIn(namesOfSocket, { before, after });
}

/** Marks what a live socket cannot take over: a port that was bound with SO_REUSEPORT stays shared. */
export function onLiveSocket<Field extends string>(changes: readonly FieldChange<Field>[]): FieldChange<Field>[] {
  return changes.map((change) =>
    change.field === "socketReusePort" && change.to === false ? { ...change, needsRestart: true } : change,
  );
}

/** What a listener notices of changes elsewhere in the document. Computed once for all listeners. */
export function sharedChanges(
  before: Configuration,
  after: Configuration,
): (listener: ListenerSettings) => readonly FieldChange<ListenerField>[] {
  const systems = { before: before.system, after: after.system };
  const names: FieldChange<ListenerField>[] = changesIn(["defaultHostname"], systems);
  const withTls = [...names, ...changesIn(["defaultCertificateId"], systems)];
  // Their order counts too: without a default one, the first is used.
  if (!isDeepStrictEqual(before.certificates, after.certificates)) {
    const ids = ({ certificates }: Configuration): string[] => certificates.map(({ id }) => id);
    withTls.push({ field: "certificates", from: ids(before), to: ids(after) });
  }
  return (listener) => (mayUseTls(listener) ? withTls : names);
}

/** Any protocol but HTTP may have STARTTLS. */
function mayUseTls({ useTls, tlsImplicit, protocol }: ListenerSettings): boolean {
  return useTls && (tlsImplicit || protocol !== "http");
}

function changesIn<Field extends ListenerField | SystemField>(
  fields: readonly Field[],
  { before, after }: Readonly<Record<"before" | "after", Readonly<Record<Field, FieldValue>>>>,
  comparison = new Comparison(),
): FieldChange<Field>[] {
  return fields.flatMap((field) => {
    const from = before[field];
    const to = after[field];
    return comparison.areSame(from, to) ? [] : [{ field, from, to }];
  });
}
