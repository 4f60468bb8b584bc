/**
 * HTTP/1.1 (RFC 9112) by `node:http`, fed with connections that Gatehouse has accepted, so that caps, TLS, drain and logs
 * are the same as for every other protocol.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ConnectionFacts, StreamProtocol, StreamWire } from "../protocol.ts";
import { ProtocolOptionError } from "../session/options.ts";
import { connectRefused, faultOf, upgradeRefused } from "./faults.ts";
import type { HttpHandler } from "./http-handler.ts";
import { isBelow, mountAt } from "./mount.ts";
import { seenAs } from "./remote-address.ts";
import { HttpRequestFacts, type RequestFacts } from "./request-facts.ts";
import { requestPath } from "./request-path.ts";
import { requestProblem } from "./request-problem.ts";
import { HttpSession } from "./session.ts";
import { mayUpgrade, type UpgradeHandler } from "./upgrade.ts";
import { type FetchHandler, webHandler } from "./web-handler.ts";

/** Who answers: a handler in the form of the web, or in Node's. */
export type HttpAnswerer =
  | { readonly fetch: FetchHandler; readonly onRequest?: never }
  | { readonly onRequest: HttpHandler; readonly fetch?: never };

export interface HttpSettings {
  /** As in a listener's `protocol`: several under names of their own may stand side by side. `http` by default. */
  readonly name?: string;
  /**
   * Whether Gatehouse answers health, metrics and the management API, whatever the handler would say at their paths: on
   * every listener of this protocol, on those named, or on none, which leaves every path to the handler. With `path`, such
   * as `/admin`, all of them are below it: `/admin/metrics`, `/admin/console/`. By default on every listener of the protocol
   * `http`, since this replaces the built-in one, and on none under another name.
   */
  readonly management?: boolean | { readonly listeners?: readonly string[]; readonly path?: string };
  /**
   * Takes over the connections of requests that ask for another protocol by the field `Upgrade`, such as WebSocket; without
   * it they are answered like any other. `h2c`, requests with a body, and Gatehouse's own paths are left out. What it throws
   * is reported by `connection.sessionFailed`, and ends the connection, with 500 if nothing was written.
   */
  readonly onUpgrade?: UpgradeHandler;
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
  /** Milliseconds for a peer that takes nothing of what is there for it; 60,000 by default. */
  readonly writeTimeout?: number;
  /** Octets of a request's header; 16,384 by default. */
  readonly maxHeaderSize?: number;
}

/**
 * The handler answers the requests: those of a connection one after the other, each with one `Host` that is valid (RFC 9112
 * 3.2), and a body whose end is clear (RFC 9112 6.3). What it throws, and what a promise of it rejects with, is answered with
 * 500 and reported by `connection.sessionFailed`.
 */
export type HttpOptions = HttpSettings & HttpAnswerer;

/** @param mount where the path is below; empty where the server has its own paths */
export type ServersPaths = (path: string, mount: string) => HttpHandler | null;

/** A protocol that may leave some paths to the server that it runs in. */
export interface HttpProtocol extends StreamProtocol {
  /** @param handlerAt who answers at a path in place of `onRequest`; null for nobody. */
  leavePaths(handlerAt: ServersPaths): void;
}

/** @throws ProtocolOptionError without a handler, or with two. */
export function http(options: HttpOptions): HttpProtocol {
  const { name = "http" } = options;
  const answerer = answererOf(options);
  const mountOn = managementMounts(options);
  const times = {
    drainIdleTimeout: options.drainIdleTimeout ?? 3_000,
    writeTimeout: options.writeTimeout ?? 60_000,
  };
  const sessions = new WeakMap<Duplex, Talk>();
  let handlerAt: ServersPaths = () => null;
  const server = createServer({
    headersTimeout: options.headersTimeout ?? 10_000,
    requestTimeout: options.requestTimeout ?? 60_000,
    keepAliveTimeout: options.keepAliveTimeout ?? 15_000,
    maxHeaderSize: options.maxHeaderSize ?? 16_384,
    connectionsCheckingInterval: 2_000,
    requireHostHeader: false,
    shouldUpgradeCallback: (request) => upgrades(request),
  });
  const upgrades = (request: IncomingMessage): boolean => {
    const talk = sessions.get(request.socket);
    if (!options.onUpgrade || !talk || !mayUpgrade(request) || requestProblem(request) !== null) return false;
    return managementOf(request, talk.facts.listener) === null;
  };
  const managementOf = (request: IncomingMessage, listener: string): HttpHandler | null => {
    const mount = mountOn(listener);
    const path = requestPath(request);
    if (mount === null || !isBelow(mount, path)) return null;
    return handlerAt(path.slice(mount.length) || "/", mount);
  };
  const take = (request: IncomingMessage, response: ServerResponse, answer: (facts: RequestFacts) => unknown) => {
    const talk = sessions.get(request.socket);
    if (!talk) return;
    const facts = new HttpRequestFacts(request, talk);
    talk.session.take({
      request,
      response,
      facts,
      answer: () => {
        const problem = requestProblem(request);
        return problem === null ? answer(facts) : refuse(response, problem.status, problem.text);
      },
    });
  };
  const handle: HttpHandler = (request, response, facts) => {
    const handler = managementOf(request, facts.listener);
    if (!handler) return answerer(request, response, facts);
    mountAt(mountOn(facts.listener) ?? "", request);
    return handler(request, response, facts);
  };
  server.on("request", (request, response) => take(request, response, (facts) => handle(request, response, facts)));
  server.on("checkContinue", (request, response) =>
    take(request, response, (facts) => {
      response.writeContinue();
      return handle(request, response, facts);
    }),
  );
  server.on("checkExpectation", (request, response) =>
    take(request, response, () => refuse(response, 417, "There is no such expectation.")),
  );
  server.on("connect", ({ socket }) => sessions.get(socket)?.session.reject(connectRefused));
  const { onUpgrade } = options;
  if (onUpgrade) {
    server.on("upgrade", (request, _stream, head: Buffer) => {
      const { socket } = request;
      const talk = sessions.get(socket);
      // Node before 24.9 asks nobody whether it should.
      if (!talk || !upgrades(request)) talk?.session.reject(upgradeRefused);
      else {
        const facts = new HttpRequestFacts(request, talk);
        talk.session.upgrade({ facts, handOver: (all) => onUpgrade(request, { socket, head: all }, facts) }, head);
      }
    });
  }
  server.on("timeout", (socket) => sessions.get(socket)?.session.timedOut());
  server.on("clientError", (error, stream) => {
    const fault = faultOf(error);
    if (fault) sessions.get(stream)?.session.reject(fault);
  });
  let checking = false;

  return {
    kind: "stream",
    name,
    startTls: false,
    alpn: ["http/1.1", "http/1.0"],
    busy: () => busyResponse,
    open(stream, facts, wire) {
      if (!checking) startTimeoutChecks(server);
      checking = true;
      if (facts.proxy !== null) seenAs(stream, facts);
      server.emit("connection", stream);
      const session = new HttpSession(stream, wire, times);
      sessions.set(stream, { session, facts, wire });
      return session;
    },
    leavePaths(paths) {
      handlerAt = paths;
    },
    stop() {
      server.close();
    },
  };
}

/** A connection. */
interface Talk {
  readonly session: HttpSession;
  readonly facts: ConnectionFacts;
  readonly wire: StreamWire;
}

function answererOf({ fetch, onRequest }: HttpOptions): HttpHandler {
  const given: unknown = fetch ?? onRequest;
  if (typeof given !== "function" || (fetch && onRequest))
    throw new ProtocolOptionError("http", "fetch or onRequest", "a function, and one of the two alone");
  return onRequest ?? webHandler(given as FetchHandler);
}

/** Where the paths of Gatehouse are on a listener; null for nowhere. */
type ManagementMounts = (listener: string) => string | null;

function managementMounts({ name = "http", management = name === "http" }: HttpOptions): ManagementMounts {
  if (typeof management === "boolean") return () => (management ? "" : null);
  const { path = "" } = management;
  if (!/^(?:\/[\w~-][\w.~-]*)*$/.test(path))
    throw new ProtocolOptionError("http", "management.path", 'a path like "/admin", without a slash at its end');
  const listeners = management.listeners && new Set(management.listeners);
  return (listener) => (listeners?.has(listener) === false ? null : path);
}

/** `node:http` enforces its time-outs only after `listening`, which a server that is handed its sockets never emits. */
function startTimeoutChecks(server: Server): void {
  server.emit("listening");
}

/** A request that is wrong may be followed by anything. */
function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { Connection: "close", "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

const busyBody = "Too many connections, try again later\n";
const busyResponse =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: text/plain\r\n" +
  `Content-Length: ${busyBody.length}\r\n\r\n${busyBody}`;
