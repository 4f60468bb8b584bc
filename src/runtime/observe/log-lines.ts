/** How the log describes each event: level, text and fields, in one table. */
import type { Level } from "pino";
import { describePlan } from "../../config/index.ts";
import { type Endpoint, isUnix } from "../../protocols/endpoint.ts";
import type { ConnectionFacts, TlsFacts } from "../../protocols/protocol.ts";
import type { LifecycleEventOf, LifecycleEvents, OwnNoticeEvent, PhaseDurations } from "./lifecycle.ts";

/** How one event is logged. */
export interface LogLine<Event> {
  readonly level: Level;
  /** When the level depends on the event: never above `level`. */
  readonly levelOf?: (event: Event) => Level;
  readonly text: string | ((event: Event) => string);
  /** Besides `event`, which is the event's type. */
  readonly fields?: (event: Event) => object;
}

type LogLines = { readonly [Type in keyof LifecycleEvents]: LogLine<LifecycleEventOf<Type>> };

/** A step that logs its connection only. */
function step(text: string) {
  return {
    level: "debug",
    text,
    fields: ({ connection }: { readonly connection: ConnectionFacts }) => connectionFields(connection),
  } as const;
}

/** The event's connection, and all its other fields. */
function withConnection<Event extends { readonly type: string; readonly connection: ConnectionFacts }>(event: Event) {
  const { type: _, connection, ...fields } = event;
  return { ...connectionFields(connection), ...fields };
}

/** All fields of an event. */
function everything<Event extends { readonly type: string }>({ type: _, ...fields }: Event): object {
  return fields;
}

/** An error with a code says in its message what to do; stacks and parts would repeat it. */
function failure(error: unknown): object {
  if (!(error instanceof Error && "code" in error)) return { err: error };
  return { code: error.code, reasons: error.message.split("\n") };
}

/** Why listeners failed stands beside their names already, in `listener.failed`. */
function startFailure(error: unknown): object {
  if (!(error instanceof AggregateError && "code" in error)) return failure(error);
  const listeners: string[] = [];
  const reasons: string[] = [];
  for (const reason of error.errors) {
    if (reason?.code === "listener-failed") listeners.push(reason.listener);
    else reasons.push(...(reason instanceof Error ? reason.message : String(reason)).split("\n"));
  }
  return {
    code: error.code,
    ...(listeners.length > 0 && { listeners }),
    ...(reasons.length > 0 && { reasons }),
  };
}

const listenerName = ({ listener }: { readonly listener: string }) => ({ listener });

export const logLines: LogLines = {
  "server.starting": { level: "info", text: "server starting" },
  "server.running": { level: "info", text: "server running", fields: ({ listeners }) => ({ listeners }) },
  "server.draining": { level: "info", text: "server draining", fields: ({ connections }) => ({ connections }) },
  "server.stopped": { level: "info", text: "server stopped" },
  "server.failed": { level: "error", text: "server failed", fields: ({ error }) => startFailure(error) },
  "server.warning": { level: "warn", text: ({ text }) => text, fields: ({ code }) => ({ code }) },
  "worker.running": { level: "info", text: "worker running", fields: ({ worker }) => ({ worker }) },
  "worker.failed": {
    level: "error",
    text: "a worker has failed, with its connections; another thread is started",
    fields: ({ worker, error, losses }) => ({ worker, losses, ...failure(error) }),
  },
  "fleet.connected": { level: "info", text: "in the fleet", fields: everything },
  "fleet.degraded": {
    level: "warn",
    text: "the fleet's engine does not answer; going on with what is leased",
    fields: ({ node, error, leaseLeft }) => ({ node, leaseLeft, ...failure(error) }),
  },
  "fleet.isolated": {
    level: "error",
    text: ({ onLoss }) =>
      `cut off from the fleet; new clients are ${onLoss === "refuse" ? "refused" : "let in up to this node's share"}`,
    fields: ({ node, error, onLoss }) => ({ node, onLoss, ...failure(error) }),
  },
  "fleet.draining": { level: "info", text: ({ by }) => `node ${by} has asked this one to drain`, fields: everything },
  "fleet.rejoining": { level: "info", text: "joining the fleet; those inside are counted", fields: everything },
  "management.changed": { level: "info", text: "changed by the management", fields: everything },
  "output.dropped": {
    level: "warn",
    text: "lines were dropped while nobody took them",
    fields: ({ output, lines }) => ({ output, lines }),
  },
  "certificate.expiring": { level: "warn", text: "certificate expires in 14 days; renew it", fields: everything },
  "certificate.expired": { level: "error", text: "certificate has expired; renew it", fields: everything },
  "certificate.chosen": { level: "info", text: "another certificate is served for a name", fields: listenerName },
  "certificate.ordered": { level: "info", text: "certificate is ordered", fields: everything },
  "certificate.issued": { level: "info", text: "certificate was issued and is in force", fields: everything },
  "certificate.received": {
    level: "info",
    text: "certificate was issued to another node and is in force here",
    fields: everything,
  },
  "certificate.postponed": {
    level: "warn",
    text: "certificate is not ordered while the fleet cannot be asked which node does; what is in force stays",
    fields: ({ certificate, error }) => ({ certificate, ...failure(error) }),
  },
  "certificate.orderFailed": {
    level: "error",
    text: "certificate was not issued; what is in force stays",
    fields: ({ certificate, error, failures, retryAt }) => ({ certificate, failures, retryAt, ...failure(error) }),
  },
  "pressure.began": { level: "warn", text: "pressure began", fields: everything },
  "pressure.ended": { level: "info", text: "pressure ended", fields: everything },
  "reload.validating": { level: "debug", text: "reload validating" },
  "reload.staging": { level: "debug", text: "reload staging", fields: ({ plan }) => ({ plan: describePlan(plan) }) },
  "reload.swapping": { level: "debug", text: "reload swapping" },
  "reload.retiring": { level: "debug", text: "reload retiring" },
  "reload.rollingBack": { level: "debug", text: "reload rollingBack" },
  "reload.carriedOut": {
    level: "info",
    text: "reload carried out",
    fields: ({ by, generation, plan, certificatesChanged, draining }) => ({
      by,
      generation,
      plan: describePlan(plan).trimEnd().split("\n"),
      certificatesChanged,
      draining,
    }),
  },
  "reload.rejected": {
    level: "error",
    text: "reload rejected, everything stays as it was",
    fields: ({ by, error }) => ({ by, ...failure(error) }),
  },
  "upgrade.spawning": { level: "info", text: "upgrade: the program on disk is started", fields: everything },
  "upgrade.warming": { level: "info", text: "upgrade warming", fields: everything },
  "upgrade.handingOver": { level: "info", text: "upgrade handingOver", fields: everything },
  "upgrade.draining": {
    level: "info",
    text: "upgraded: the successor accepts, this server drains",
    fields: ({ by, pid, words }) => ({ by, successor: pid, ...(words === "" ? {} : { words: words.split("\n") }) }),
  },
  "upgrade.takingBack": { level: "debug", text: "upgrade takingBack" },
  "upgrade.failed": {
    level: "error",
    text: "upgrade failed, everything stays as it was",
    fields: ({ by, error, words }) => ({ by, ...failure(error), words: words === "" ? [] : words.split("\n") }),
  },
  "listener.binding": { level: "debug", text: "listener binding", fields: listenerName },
  "listener.listening": {
    level: "info",
    text: "listener listening",
    fields: ({ listener, protocol, addresses }) => ({ listener, protocol, addresses: addresses.map(addressText) }),
  },
  "listener.paused": {
    level: "warn",
    levelOf: ({ reason }) => (reason === "no-descriptors" ? "warn" : reason === "handing-over" ? "debug" : "info"),
    text: "listener paused",
    fields: ({ listener, reason, limit, current }) =>
      limit === null ? { listener, reason } : { listener, reason, limit, current },
  },
  "listener.resumed": { level: "info", text: "listener resumed", fields: listenerName },
  "listener.draining": {
    level: "info",
    text: "listener draining",
    fields: ({ listener, connections }) => ({ listener, connections }),
  },
  "listener.closed": { level: "info", text: "listener closed", fields: listenerName },
  "listener.failed": {
    level: "error",
    text: "listener failed",
    fields: ({ listener, error }) => ({ listener, ...failure(error) }),
  },
  "listener.warning": {
    level: "warn",
    text: ({ text }) => text,
    fields: ({ listener, field }) => ({ listener, field }),
  },
  "connection.accepted": step("connection accepted"),
  "connection.proxyHeader": step("connection proxyHeader"),
  "connection.admitting": step("connection admitting"),
  "connection.proxyRejected": { level: "info", text: "PROXY header rejected", fields: withConnection },
  "connection.handshaking": step("connection handshaking"),
  "connection.active": step("connection active"),
  "connection.upgrading": step("connection upgrading"),
  "connection.draining": step("connection draining"),
  "connection.closing": step("connection closing"),
  "connection.refused": {
    level: "info",
    text: "connection refused",
    fields: ({ listener, peer, refusal }) => ({
      ...{ listener, peer: addressText(peer) },
      ...processFields(peer),
      ...refusal,
    }),
  },
  "connection.secured": {
    level: "debug",
    text: "TLS handshake done",
    fields: ({ connection, tls, duration }) => ({
      ...connectionFields(connection),
      ...tlsFields(tls),
      duration: roundedMilliseconds(duration),
    }),
  },
  "connection.handshakeFailed": { level: "debug", text: "TLS handshake failed", fields: withConnection },
  "connection.sessionFailed": {
    level: "error",
    text: "session failed",
    fields: ({ connection, error }) => ({ ...connectionFields(connection), err: error }),
  },
  "connection.closed": { level: "info", text: "connection closed", fields: closedFields },
  "session.authenticated": { level: "info", text: "authenticated", fields: withConnection },
  "session.authenticationFailed": { level: "warn", text: "authentication failed", fields: withConnection },
  "session.messageAccepted": { level: "info", text: "message accepted", fields: withConnection },
  "session.messageRejected": { level: "info", text: "message rejected", fields: withConnection },
  "session.earlyTalker": { level: "info", text: "peer spoke before it was its turn", fields: withConnection },
  "session.backendFailed": {
    level: "error",
    text: "backend failed",
    fields: ({ connection, operation, error }) => ({
      ...connectionFields(connection),
      operation,
      ...("syscall" in error ? { err: error } : failure(error)),
    }),
  },
};

/** Notices of protocols of the embedder's own. */
export const ownNoticeLine: LogLine<OwnNoticeEvent> = {
  level: "error",
  levelOf: ({ level }) => level,
  text: ({ meaning }) => meaning,
  fields: ({ connection, fields }) => ({ ...connectionFields(connection), fields }),
};

function connectionFields({ id, listener, generation, peer, proxy }: ConnectionFacts) {
  const fields = { connection: id, listener, generation, peer: addressText(peer) };
  if (proxy) return { ...fields, proxy: addressText(proxy.peer), ...processFields(proxy.peer) };
  return { ...fields, ...processFields(peer) };
}

/** Who is at the other end of a Unix socket: the client, or its proxy. */
function processFields({ process }: Endpoint) {
  return process ? { process } : {};
}

/** The one line of each connection. */
function closedFields(event: LifecycleEventOf<"connection.closed">): object {
  const { connection, cause, durations, bytesRead, bytesWritten } = event;
  const { tls, proxy } = connection;
  return {
    connection: connection.id,
    listener: connection.listener,
    generation: connection.generation,
    peer: addressText(connection.peer),
    proxy: proxy ? addressText(proxy.peer) : undefined,
    process: (proxy?.peer ?? connection.peer).process,
    cause,
    durations: rounded(durations),
    bytesRead,
    bytesWritten,
    tls: tls?.version,
    cipherSuite: tls?.cipherSuite,
    serverName: tls?.serverName ?? undefined,
    ...(tls && clientFields(tls)),
  };
}

/** Of a certificate that is not trusted only the reason. */
function clientFields({ client = null }: TlsFacts) {
  if (!client) return {};
  return client.verified ? { clientCertificate: client.subject } : { clientCertificateError: client.error };
}

export function tlsFields(tls: TlsFacts | null) {
  return tls
    ? { tls: tls.version, cipherSuite: tls.cipherSuite, serverName: tls.serverName ?? undefined, ...clientFields(tls) }
    : {};
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`, `unix:/run/lmtp.sock`, `unix` for its clients. */
export function addressText({ address, port }: Endpoint): string {
  if (isUnix(address)) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `pid 4711, uid 1000, gid 1000` of who is at the other end of a Unix socket: the client, or its proxy. */
export function processText({ peer, proxy }: Pick<ConnectionFacts, "peer" | "proxy">): string | null {
  const { process } = proxy?.peer ?? peer;
  return process ? `pid ${process.pid}, uid ${process.uid}, gid ${process.gid}` : null;
}

function rounded({ proxyHeader, admission, handshake, session, closing, total }: PhaseDurations): object {
  return {
    proxyHeader: roundedMilliseconds(proxyHeader),
    admission: roundedMilliseconds(admission),
    handshake: roundedMilliseconds(handshake),
    session: roundedMilliseconds(session),
    closing: roundedMilliseconds(closing),
    total: roundedMilliseconds(total),
  };
}

/** Milliseconds with three digits after the point; undefined fields are not written. */
export function roundedMilliseconds(milliseconds: number | null): number | undefined {
  return milliseconds === null ? undefined : Math.round(milliseconds * 1_000) / 1_000;
}
