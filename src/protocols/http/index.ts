/**
 * HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) by `node:http` and `node:http2`, fed with connections that Gatehouse has
 * accepted, so that caps, TLS, drain and logs are the same as for every other protocol.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import {
  aFlag,
  aFunction,
  anything,
  aText,
  integerFrom,
  type OptionForms,
  objectWith,
  optionMistake,
} from "../../config/values/option-forms.ts";
import type { StreamProtocol, StreamSession } from "../protocol.ts";
import { ProtocolOptionError } from "../session/options.ts";
import { requestTimeout } from "./faults.ts";
import type { HttpHandler } from "./http-handler.ts";
import { Http1 } from "./http1.ts";
import { Http2Session, type Http2Settings } from "./http2/session.ts";
import { loadedHandler } from "./loaded-handler.ts";
import { isBelow, mountAt } from "./mount.ts";
import { seenAs } from "./remote-address.ts";
import type { RequestFacts, Talk } from "./request-facts.ts";
import { requestHost, requestPath } from "./request-path.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { VersionChoice } from "./version-choice.ts";
import type { FetchHandler } from "./web-handler.ts";

/** A handler in Node's form for both versions: Node has classes of its own for HTTP/2, with almost the same members. */
export type AnyVersionHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  facts: RequestFacts,
) => unknown;

/**
 * Who answers: a handler in the form of the web, or in Node's. `http2` is whether HTTP/2 is spoken beside HTTP/1.1, by ALPN,
 * and in clear with clients that begin with it; true by default for `fetch`, and false for `onRequest`, since frameworks such
 * as Express cannot take the requests that `node:http2` makes.
 */
export type HttpAnswerer =
  | { readonly fetch: FetchHandler; readonly onRequest?: never; readonly http2?: boolean }
  | { readonly onRequest: HttpHandler; readonly fetch?: never; readonly http2?: false }
  | { readonly onRequest: AnyVersionHandler; readonly fetch?: never; readonly http2: true };

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
  /** Requests of one HTTP/2 connection at a time; 100 by default. */
  readonly maxConcurrentStreams?: number;
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
  /** @param fileAt the body for a path below `/.well-known/acme-challenge/` (RFC 8555 section 8.3); null for any other. */
  answerChallenges(fileAt: ChallengeFiles): void;
}

/** @param host with its port */
export type ChallengeFiles = (path: string, host: string) => string | null;

/** @throws ProtocolOptionError without a handler, or with two; for an option that there is not, or of the wrong kind. */
export function http(options: HttpOptions): HttpProtocol {
  checkOptions(options);
  const answerer = answererOf(options ?? {});
  const { name = "http" } = options;
  const mountOn = managementMounts(options);
  let handlerAt: ServersPaths = () => null;
  let challengeFileAt: ChallengeFiles = () => null;
  const managementOf = (request: IncomingMessage, listener: string): HttpHandler | null => {
    const mount = mountOn(listener);
    const path = requestPath(request);
    if (mount === null || !isBelow(mount, path)) return null;
    return handlerAt(path.slice(mount.length) || "/", mount);
  };
  const answer: HttpHandler = (request, response, facts) => {
    const file = challengeFileAt(requestPath(request), requestHost(request) ?? "");
    if (file !== null) return answerChallenge(request, response, file);
    const handler = managementOf(request, facts.listener);
    if (!handler) return answerer(request, response, facts);
    mountAt(mountOn(facts.listener) ?? "", request);
    return handler(request, response, facts);
  };
  const limits = limitsOf(options);
  const http1 = new Http1({
    ...limits,
    answer,
    onUpgrade: options.onUpgrade,
    mayHandOver: (request, listener) => managementOf(request, listener) === null,
  });
  const speaksHttp2 = options.http2 ?? options.fetch !== undefined;
  const http2: Http2Settings = {
    ...limits,
    maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
    // They have the form of those of `node:http`, as far as handlers may count on it.
    answer: (request, response, facts) =>
      answer(request as unknown as IncomingMessage, response as unknown as ServerResponse, facts),
  };
  const choose = (stream: Duplex, talk: Talk): StreamSession =>
    new VersionChoice(stream, {
      ...limits,
      wire: talk.wire,
      http1: (first) => {
        const session = http1.open(stream, talk);
        session.begin(first);
        return session;
      },
      http2: (first) => {
        const session = new Http2Session(stream, talk, http2);
        session.begin(first);
        return session;
      },
      timedOut: () => http1.open(stream, talk).reject(requestTimeout),
    });

  return {
    kind: "stream",
    name,
    startTls: false,
    alpn: [...(speaksHttp2 ? ["h2"] : []), "http/1.1", "http/1.0"],
    busy: () => busyResponse,
    open(stream, facts, wire) {
      if (facts.proxy !== null) seenAs(stream, facts);
      const talk = { facts, wire };
      if (facts.tls?.alpn === "h2") return new Http2Session(stream, talk, http2);
      return speaksHttp2 && wire.http2 && facts.tls === null ? choose(stream, talk) : http1.open(stream, talk);
    },
    leavePaths(paths) {
      handlerAt = paths;
    },
    answerChallenges(fileAt) {
      challengeFileAt = fileAt;
    },
    stop() {
      http1.stop();
    },
  };
}

const forms: OptionForms<HttpOptions> = {
  name: aText,
  fetch: anything,
  onRequest: anything,
  http2: aFlag,
  management: {
    expected: 'true, false, or an object such as { listeners: ["admin"] }',
    holds: (value) => aFlag.holds(value) || objectWith("").holds(value),
  },
  onUpgrade: aFunction,
  headersTimeout: integerFrom(0),
  requestTimeout: integerFrom(0),
  keepAliveTimeout: integerFrom(0),
  drainIdleTimeout: integerFrom(0),
  writeTimeout: integerFrom(0),
  maxHeaderSize: integerFrom(1),
  maxConcurrentStreams: integerFrom(1),
};

/** @throws ProtocolOptionError */
function checkOptions(options: HttpOptions): void {
  const mistake = optionMistake(options ?? {}, forms);
  if (mistake) throw new ProtocolOptionError("http", mistake.option, mistake.expected);
}

function limitsOf(options: HttpSettings) {
  return {
    headersTimeout: options.headersTimeout ?? 10_000,
    requestTimeout: options.requestTimeout ?? 60_000,
    keepAliveTimeout: options.keepAliveTimeout ?? 15_000,
    drainIdleTimeout: options.drainIdleTimeout ?? 3_000,
    writeTimeout: options.writeTimeout ?? 60_000,
    maxHeaderSize: options.maxHeaderSize ?? 16_384,
  };
}

function answerChallenge({ method }: IncomingMessage, response: ServerResponse, file: string): void {
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Length": Buffer.byteLength(file),
    "Cache-Control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : file);
}

function answererOf({ fetch, onRequest }: HttpOptions): HttpHandler {
  const given: unknown = fetch ?? onRequest;
  if (typeof given !== "function" || (fetch && onRequest))
    throw new ProtocolOptionError("http", "fetch or onRequest", "a function, and one of the two alone");
  return (onRequest as HttpHandler | undefined) ?? fetchHandler(given as FetchHandler);
}

/** With what makes a `Request` comes a whole HTTP client of Node's: only who has such a handler loads it, from now on. */
function fetchHandler(fetch: FetchHandler): HttpHandler {
  const loading = import("./web-handler.ts");
  // The requests fail by it.
  loading.catch(() => {});
  return loadedHandler(async () => (await loading).webHandler(fetch));
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

const busyBody = "Too many connections, try again later\n";
const busyResponse =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: text/plain\r\n" +
  `Content-Length: ${busyBody.length}\r\n\r\n${busyBody}`;
