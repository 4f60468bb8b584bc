/** What can be seen of the running server and is in no document: listeners as they are, connections, the process itself. */
import { resolve } from "node:path";
import { take } from "rxjs";
import type { ManagedDocument } from "../../config/index.ts";
import type { Gatehouse, ListenerStatus } from "../../gatehouse-contract.ts";
import { addressText } from "../../runtime/observe/log-lines.ts";
import type { ConnectionStatus } from "../../runtime/server/watched-connections.ts";
import { liveObject } from "./live-object.ts";
import type { ManagedObject, ManagedValue, Snapshot } from "./managed-object.ts";
import { stateString } from "./state-string.ts";

export interface ServerFacts {
  readonly gatehouse: Gatehouse;
  /** Of Gatehouse. */
  readonly version: string;
  /** Null where nobody keeps it. */
  readonly document: Pick<ManagedDocument<unknown>, "place"> | null;
}

export function liveObjects(facts: ServerFacts): readonly ManagedObject[] {
  const { gatehouse } = facts;
  return [
    liveObject("ListenerStatus", () =>
      snapshotOf(distinct(gatehouse.listeners().map((one) => listenerValue(gatehouse, one)))),
    ),
    liveObject("Connection", () => connections(gatehouse)),
    liveObject("ServerNode", () => snapshotOf([nodeValue(facts)])),
  ];
}

function listenerValue(gatehouse: Gatehouse, listener: ListenerStatus): ManagedValue {
  const { name, protocol, state, pausedBy, tlsImplicit, addresses, connections, maxConnections } = listener;
  return {
    id: name,
    name,
    protocol,
    state,
    pausedBy: setOf(pausedBy),
    tlsImplicit,
    addresses: setOf(addresses.map(addressText)),
    connections,
    maxConnections,
    ...gatehouse.metrics.totalsOf(name),
  };
}

/** A listener that was removed may drain still while another of its name listens: the newer one comes first. */
function distinct(values: readonly ManagedValue[]): readonly ManagedValue[] {
  const counts = new Map<string, number>();
  return values.map((value) => {
    const count = (counts.get(value.id) ?? 0) + 1;
    counts.set(value.id, count);
    return count === 1 ? value : { ...value, id: `${value.id}~${count}` };
  });
}

function connectionValue(connection: ConnectionStatus, protocol: string): ManagedValue {
  const { id, listener, generation, state, session, user, age, peer, local, proxy, tls } = connection;
  return {
    id,
    listener,
    protocol,
    generation,
    state,
    session,
    user,
    age: Math.round(age),
    peer: addressText(peer),
    local: addressText(local),
    proxy: proxy && addressText(proxy.peer),
    tlsVersion: tls?.version ?? null,
    tlsCipherSuite: tls?.cipherSuite ?? null,
    serverName: tls?.serverName ?? null,
    clientCertificate: tls?.client?.verified ? tls.client.subject : null,
    bytesRead: connection.bytesRead,
    bytesWritten: connection.bytesWritten,
  };
}

/** Of thousands, so the state is taken from what moves. Time alone is no change. */
function connections(gatehouse: Gatehouse): Snapshot {
  const statuses = gatehouse.connections();
  const moving = statuses.map(
    ({ id, state, session, user, bytesRead, bytesWritten }) =>
      `${id} ${state} ${session} ${user} ${bytesRead} ${bytesWritten}`,
  );
  const protocols = new Map(gatehouse.listeners().map(({ name, protocol }) => [name, protocol]));
  const values = statuses.map((status) => connectionValue(status, protocols.get(status.listener) ?? ""));
  return { state: stateString(moving.join("\n")), values };
}

/** When this process began. */
const startedAt = new Date(performance.timeOrigin).toISOString().replace(/\.\d+Z$/, "Z");

function nodeValue({ gatehouse, version, document }: ServerFacts): ManagedValue {
  const { defaultHostname, maxConnections } = gatehouse.configuration.system;
  return {
    id: "local",
    hostname: defaultHostname,
    state: gatehouse.state,
    generation: gatehouse.generation,
    pid: process.pid,
    version,
    nodeVersion: process.versions.node,
    document: fileOf(document),
    startedAt,
    connections: gatehouse.listeners().reduce((sum, { connections }) => sum + connections, 0),
    maxConnections,
    exhausted: setOf(exhaustedResources(gatehouse)),
    states: gatehouse.states(),
  };
}

/** Absolute: the client may work in another folder. */
function fileOf(document: ServerFacts["document"]): string | null {
  if (!document) return null;
  const { place } = document;
  const file = place.kind === "file" ? place.file : place.document;
  return file === null ? null : resolve(file);
}

/** What the process is short of at this moment. */
function exhaustedResources({ pressure$ }: Gatehouse): readonly string[] {
  let names: readonly string[] = [];
  pressure$.pipe(take(1)).subscribe(({ exhausted }) => {
    names = exhausted.map(({ resource }) => resource);
  });
  return names;
}

function snapshotOf(values: readonly ManagedValue[]): Snapshot {
  return { state: stateString(JSON.stringify(values)), values };
}

function setOf(elements: readonly string[]): Record<string, true> {
  return Object.fromEntries(elements.map((element) => [element, true as const]));
}
