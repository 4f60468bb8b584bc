/** The log: a subscriber of lifecycle events. One line for each connection, at its end; the steps in between at debug. */
import type { Logger } from "pino";
import type { Observable, Subscription } from "rxjs";
import { describePlan } from "../config/index.ts";
import type { ConnectionFacts, Endpoint, TlsFacts } from "../protocols/protocol.ts";
import type { LifecycleEvent, PhaseDurations } from "./lifecycle.ts";

export function logLifecycle(events$: Observable<LifecycleEvent>, logger: Logger): Subscription {
  return events$.subscribe((event) => logEvent(logger, event));
}

function logEvent(logger: Logger, event: LifecycleEvent): void {
  switch (event.type) {
    case "server.starting":
    case "server.stopped":
      logger.info({ event: event.type }, event.type.replace(".", " "));
      break;
    case "server.running":
      logger.info({ event: event.type, listeners: event.listeners }, "server running");
      break;
    case "server.draining":
      logger.info({ event: event.type, connections: event.connections }, "server draining");
      break;
    case "server.failed":
      logger.error({ event: event.type, err: event.error }, "server failed");
      break;
    case "server.warning":
      logger.warn({ event: event.type, code: event.code }, event.text);
      break;
    case "pressure.began":
    case "pressure.ended": {
      const { type, ...figures } = event;
      logger[type === "pressure.began" ? "warn" : "info"]({ event: type, ...figures }, type.replace(".", " "));
      break;
    }
    case "reload.validating":
    case "reload.swapping":
    case "reload.retiring":
    case "reload.rollingBack":
      logger.debug({ event: event.type }, event.type.replace(".", " "));
      break;
    case "reload.staging":
      logger.debug({ event: event.type, plan: describePlan(event.plan) }, "reload staging");
      break;
    case "reload.carriedOut":
      logger.info(
        {
          event: event.type,
          generation: event.generation,
          plan: describePlan(event.plan).split("\n"),
          certificatesChanged: event.certificatesChanged,
          draining: event.draining,
        },
        "reload carried out",
      );
      break;
    case "reload.rejected":
      logger.error({ event: event.type, err: event.error }, "reload rejected, everything stays as it was");
      break;
    case "listener.listening":
      logger.info(
        {
          event: event.type,
          listener: event.listener,
          protocol: event.protocol,
          addresses: event.addresses.map(addressText),
        },
        "listener listening",
      );
      break;
    case "listener.failed":
      logger.error({ event: event.type, listener: event.listener, err: event.error }, "listener failed");
      break;
    case "listener.warning":
      logger.warn({ event: event.type, listener: event.listener, field: event.field }, event.text);
      break;
    case "listener.draining":
      logger.info({ event: event.type, listener: event.listener, connections: event.connections }, "listener draining");
      break;
    case "listener.paused": {
      const { type, limit, current, ...fields } = event;
      const counts = limit === null ? {} : { limit, current };
      const level = event.reason === "no-descriptors" ? "warn" : "info";
      logger[level]({ event: type, ...fields, ...counts }, "listener paused");
      break;
    }
    case "listener.binding":
      logger.debug({ event: event.type, listener: event.listener }, "listener binding");
      break;
    case "listener.resumed":
    case "listener.closed":
      logger.info({ event: event.type, listener: event.listener }, event.type.replace(".", " "));
      break;
    case "connection.refused":
      logger.info(
        { event: event.type, listener: event.listener, peer: addressText(event.peer), ...event.refusal },
        "connection refused",
      );
      break;
    case "connection.closed":
      logger.info(
        {
          event: event.type,
          ...connectionFields(event.connection),
          cause: event.cause,
          durations: rounded(event.durations),
          bytesRead: event.bytesRead,
          bytesWritten: event.bytesWritten,
          ...tlsFields(event.connection.tls),
        },
        "connection closed",
      );
      break;
    case "connection.sessionFailed":
      logger.error({ event: event.type, ...connectionFields(event.connection), err: event.error }, "session failed");
      break;
    case "connection.proxyRejected":
      logger.info(
        { event: event.type, ...connectionFields(event.connection), reason: event.reason, detail: event.detail },
        "PROXY header rejected",
      );
      break;
    case "connection.handshakeFailed":
      logger.debug(
        {
          event: event.type,
          ...connectionFields(event.connection),
          reason: event.reason,
          detail: event.detail,
        },
        "TLS handshake failed",
      );
      break;
    case "connection.secured":
      logger.debug(
        {
          event: event.type,
          ...connectionFields(event.connection),
          ...tlsFields(event.tls),
          duration: round(event.duration),
        },
        "TLS handshake done",
      );
      break;
    case "connection.accepted":
    case "connection.proxyHeader":
    case "connection.handshaking":
    case "connection.active":
    case "connection.upgrading":
    case "connection.draining":
    case "connection.closing":
      logger.debug({ event: event.type, ...connectionFields(event.connection) }, event.type.replace(".", " "));
      break;
    case "session.backendFailed":
      logger.error(
        { event: event.type, ...connectionFields(event.connection), operation: event.operation, err: event.error },
        "backend failed",
      );
      break;
    case "session.authenticationFailed":
      logger.warn(
        {
          event: event.type,
          ...connectionFields(event.connection),
          mechanism: event.mechanism,
          username: event.username,
        },
        "authentication failed",
      );
      break;
    case "session.authenticated":
    case "session.messageAccepted":
    case "session.messageRejected":
    case "session.earlyTalker": {
      const { type, connection, ...fields } = event;
      logger.info({ event: type, ...connectionFields(connection), ...fields }, noticeTexts[type]);
      break;
    }
    default:
      event satisfies never;
  }
}

const noticeTexts = {
  "session.authenticated": "authenticated",
  "session.messageAccepted": "message accepted",
  "session.messageRejected": "message rejected",
  "session.earlyTalker": "peer spoke before it was its turn",
} as const;

function connectionFields({ id, listener, generation, peer, proxy }: ConnectionFacts) {
  const fields = { connection: id, listener, generation, peer: addressText(peer) };
  return proxy ? { ...fields, proxy: addressText(proxy.peer) } : fields;
}

function tlsFields(tls: TlsFacts | null) {
  return tls ? { tls: tls.version, cipherSuite: tls.cipherSuite, serverName: tls.serverName ?? undefined } : {};
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`. */
export function addressText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function rounded(durations: PhaseDurations): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const [phase, milliseconds] of Object.entries(durations))
    if (milliseconds !== null) fields[phase] = round(milliseconds);
  return fields;
}

/** Milliseconds with three digits after the point. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
