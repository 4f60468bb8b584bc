/**
 * HTTP/1.1 (RFC 9112) by `node:http`, fed with connections that Gatehouse has accepted, so that caps, TLS, drain and logs
 * are the same as for every other protocol.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { StreamProtocol } from "../protocol.ts";
import { HttpSession } from "./session.ts";

export interface HttpOptions {
  /** Answers the requests. */
  readonly onRequest: RequestListener;
  /** Milliseconds for a request's header, from its first byte or from accept; 10,000 by default. */
  readonly headersTimeout?: number;
  /** Milliseconds for a whole request; 60,000 by default. */
  readonly requestTimeout?: number;
  /** Milliseconds that a kept-alive connection may stay idle; 15,000 by default. */
  readonly keepAliveTimeout?: number;
  /**
   * Milliseconds that a connection without a request under way stays open when it is drained, for a request that may be on
   * its way; 3,000 by default. `drainTimeout` of the document bounds it.
   */
  readonly drainIdleTimeout?: number;
  /** Octets of a request's header; 16,384 by default. */
  readonly maxHeaderSize?: number;
}

export function http(options: HttpOptions): StreamProtocol {
  const drainIdleTimeout = options.drainIdleTimeout ?? 3_000;
  const sessions = new WeakMap<Duplex, HttpSession>();
  const server = createServer({
    headersTimeout: options.headersTimeout ?? 10_000,
    requestTimeout: options.requestTimeout ?? 60_000,
    keepAliveTimeout: options.keepAliveTimeout ?? 15_000,
    maxHeaderSize: options.maxHeaderSize ?? 16_384,
    connectionsCheckingInterval: 2_000,
  });
  server.on("request", (request, response) => {
    sessions.get(request.socket)?.answering(response);
    options.onRequest(request, response);
  });
  let checking = false;

  return {
    kind: "stream",
    name: "http",
    startTls: false,
    alpn: ["http/1.1", "http/1.0"],
    busy: () => busyResponse,
    open(stream) {
      if (!checking) startTimeoutChecks(server);
      checking = true;
      const session = new HttpSession(stream, drainIdleTimeout);
      sessions.set(stream, session);
      server.emit("connection", stream);
      return session;
    },
    stop() {
      server.close();
    },
  };
}

/** `node:http` enforces its time-outs only after `listening`, which a server that is handed its sockets never emits. */
function startTimeoutChecks(server: Server): void {
  server.emit("listening");
}

const busyBody = "Too many connections, try again later\n";
const busyResponse =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: text/plain\r\n" +
  `Content-Length: ${busyBody.length}\r\n\r\n${busyBody}`;
