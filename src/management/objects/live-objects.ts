/** What can be seen of the running server and is in no document: listeners as they are, connections, the process itself. */
import { resolve } from "node:path";
import type { ManagedDocument } from "../../config/index.ts";
import type { Gatehouse, ListenerStatus } from "../../gatehouse-contract.ts";
import type { NodeStatus } from "../../runtime/fleet/node-facts.ts";
import { addressText, processText } from "../../runtime/observe/log-lines.ts";
import type { ConnectionStatus } from "../../runtime/server/watched-connections.ts";
import { liveObject } from "./live-object.ts";
import type { ManagedObject, ManagedValue, Snapshot } from "./managed-object.ts";
import { stateString } from "./state-string.ts";

export interface ServerFacts {
  readonly gatehouse: Gatehouse;
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
    liveObject("ServerNode", () => snapshotOf(nodes(facts))),
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
    process: processText(connection),
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

/** This process first. Of the others it is known what they tell their fleet. */
function nodes({ gatehouse, document }: ServerFacts): readonly ManagedValue[] {
  const [own, ...others] = gatehouse.nodes().map(nodeValue);
  const known = { document: fileOf(document), states: gatehouse.states() };
  return distinct([{ ...own, id: "local", ...known }, ...others]);
}

/** How long ago it was heard of is no part of it: time alone is no change. */
function nodeValue({ age: _, exhausted, ...facts }: NodeStatus): ManagedValue {
  return { id: facts.node ?? "local", ...facts, exhausted: setOf(exhausted), document: null, states: {} };
}

/** Absolute: the client may work in another folder. */
function fileOf(document: ServerFacts["document"]): string | null {
  if (!document) return null;
  const { place } = document;
  if (place.kind === "engine") return place.file;
  const file = place.kind === "file" ? place.file : place.document;
  return file === null ? null : resolve(file);
}

function snapshotOf(values: readonly ManagedValue[]): Snapshot {
  return { state: stateString(JSON.stringify(values)), values };
}

function setOf(elements: readonly string[]): Record<string, true> {
  return Object.fromEntries(elements.map((element) => [element, true as const]));
}
