/** The log: a subscriber of lifecycle events. One line for each connection, at its end; the steps in between at debug. */
import type { Level, Logger } from "pino";
import { describePlan } from "../../config/index.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { ConnectionFacts, TlsFacts } from "../../protocols/protocol.ts";
import type { Lifecycle, LifecycleEvent, LifecycleEventType, PhaseDurations } from "./lifecycle.ts";

/** The level that an event is logged at; the highest, where there are several. */
const levels: Readonly<Record<LifecycleEventType, Level>> = {
  "server.starting": "info",
  "server.running": "info",
  "server.draining": "info",
  "server.stopped": "info",
  "server.failed": "error",
  "server.warning": "warn",
  "output.dropped": "warn",
  "pressure.began": "warn",
  "pressure.ended": "info",
  "reload.validating": "debug",
  "reload.staging": "debug",
  "reload.swapping": "debug",
  "reload.retiring": "debug",
  "reload.rollingBack": "debug",
  "reload.carriedOut": "info",
  "reload.rejected": "error",
  "listener.binding": "debug",
  "listener.listening": "info",
  "listener.paused": "warn",
  "listener.resumed": "info",
  "listener.draining": "info",
  "listener.closed": "info",
  "listener.failed": "error",
  "listener.warning": "warn",
  "connection.accepted": "debug",
  "connection.proxyHeader": "debug",
  "connection.proxyRejected": "info",
  "connection.handshaking": "debug",
  "connection.active": "debug",
  "connection.upgrading": "debug",
  "connection.draining": "debug",
  "connection.closing": "debug",
  "connection.refused": "info",
  "connection.secured": "debug",
  "connection.handshakeFailed": "debug",
  "connection.sessionFailed": "error",
  "connection.closed": "info",
  "session.authenticated": "info",
  "session.authenticationFailed": "warn",
  "session.messageAccepted": "info",
  "session.messageRejected": "info",
  "session.earlyTalker": "info",
  "session.backendFailed": "error",
};
const types = Object.keys(levels) as LifecycleEventType[];

/** Asks only for what the logger's level lets through, now and whenever that changes. */
export function logLifecycle(lifecycle: Lifecycle, logger: Logger): void {
  const log = (event: LifecycleEvent): void => logEvent(logger, event);
  const listen = () =>
    lifecycle.listen(
      types.filter((type) => logger.isLevelEnabled(levels[type])),
      log,
    );
  let end = listen();
  const relisten = (): void => {
    end();
    end = listen();
  };
  logger.on("level-change", relisten);
  lifecycle.listen(["server.stopped", "server.failed"], () => void logger.off("level-change", relisten));
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
    case "output.dropped":
      logger.warn(
        { event: event.type, output: event.output, lines: event.lines },
        "lines were dropped while nobody took them",
      );
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
          plan: describePlan(event.plan).trimEnd().split("\n"),
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
      logger.info(closedFields(event), "connection closed");
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

/** The one line of each connection: built without spreading objects into each other. */
function closedFields(event: Extract<LifecycleEvent, { type: "connection.closed" }>): object {
  const { connection, cause, durations, bytesRead, bytesWritten } = event;
  const { tls, proxy } = connection;
  return {
    event: event.type,
    connection: connection.id,
    listener: connection.listener,
    generation: connection.generation,
    peer: addressText(connection.peer),
    proxy: proxy ? addressText(proxy.peer) : undefined,
    cause,
    durations: rounded(durations),
    bytesRead,
    bytesWritten,
    tls: tls?.version,
    cipherSuite: tls?.cipherSuite,
    serverName: tls?.serverName ?? undefined,
  };
}

function tlsFields(tls: TlsFacts | null) {
  return tls ? { tls: tls.version, cipherSuite: tls.cipherSuite, serverName: tls.serverName ?? undefined } : {};
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`. */
export function addressText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function rounded({ proxyHeader, handshake, session, closing, total }: PhaseDurations): object {
  return {
    proxyHeader: round(proxyHeader),
    handshake: round(handshake),
    session: round(session),
    closing: round(closing),
    total: round(total),
  };
}

/** Milliseconds with three digits after the point; undefined fields are not written. */
function round(milliseconds: number | null): number | undefined {
  return milliseconds === null ? undefined : Math.round(milliseconds * 1_000) / 1_000;
}
