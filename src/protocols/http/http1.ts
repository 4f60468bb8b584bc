/** HTTP/1.1 (RFC 9112) by `node:http`, which is handed connections that Gatehouse has accepted. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { connectRefused, faultOf, upgradeRefused } from "./faults.ts";
import type { HttpHandler } from "./http-handler.ts";
import { HttpRequestFacts, type RequestFacts, type Talk } from "./request-facts.ts";
import { requestProblem } from "./request-problem.ts";
import { HttpSession, type SessionTimes } from "./session.ts";
import { mayUpgrade, type UpgradeHandler } from "./upgrade.ts";

// An import would load all that `node:http` exports, and with `WebSocket` a whole client.
const { createServer } = process.getBuiltinModule("node:http");

export interface Http1Settings extends SessionTimes {
  /** All in milliseconds, as of `http()`. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  /** Octets. */
  readonly maxHeaderSize: number;
  /** Answers a request, now or later. */
  readonly answer: HttpHandler;
  readonly onUpgrade: UpgradeHandler | undefined;
  /** Whether the connection may be handed over at this path. */
  mayHandOver(request: IncomingMessage, listener: string): boolean;
}

/** A connection, and its session. */
interface Http1Talk extends Talk {
  readonly session: HttpSession;
}

export class Http1 {
  readonly #settings: Http1Settings;
  readonly #server: Server;
  readonly #talks = new WeakMap<Duplex, Http1Talk>();
  #checking = false;

  constructor(settings: Http1Settings) {
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize } = settings;
    this.#settings = settings;
    this.#server = createServer({
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      maxHeaderSize,
      connectionsCheckingInterval: 2_000,
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => this.#upgrades(request),
    });
    this.#listen();
  }

  open(stream: Duplex, talk: Talk): HttpSession {
    if (!this.#checking) startTimeoutChecks(this.#server);
    this.#checking = true;
    this.#server.emit("connection", stream);
    const session = new HttpSession(stream, talk.wire, this.#settings);
    this.#talks.set(stream, { ...talk, session });
    return session;
  }

  stop(): void {
    this.#server.close();
  }

  #listen(): void {
    const server = this.#server;
    const { answer, onUpgrade } = this.#settings;
    const talkOn = (socket: Duplex) => this.#talks.get(socket)?.session;
    server.on("request", (request, response) =>
      this.#take(request, response, (facts) => answer(request, response, facts)),
    );
    server.on("checkContinue", (request, response) =>
      this.#take(request, response, (facts) => {
        response.writeContinue();
        return answer(request, response, facts);
      }),
    );
    server.on("checkExpectation", (request, response) =>
      this.#take(request, response, () => refuse(response, 417, "There is no such expectation.")),
    );
    server.on("connect", ({ socket }) => talkOn(socket)?.reject(connectRefused));
    if (onUpgrade) server.on("upgrade", (request, _stream, head: Buffer) => this.#upgrade(onUpgrade, request, head));
    server.on("timeout", (socket) => talkOn(socket)?.timedOut());
    server.on("clientError", (error, stream) => {
      const fault = faultOf(error);
      if (fault) talkOn(stream)?.reject(fault);
    });
  }

  #take(request: IncomingMessage, response: ServerResponse, answer: (facts: RequestFacts) => unknown): void {
    const talk = this.#talks.get(request.socket);
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
  }

  #upgrades(request: IncomingMessage): boolean {
    const { onUpgrade, mayHandOver } = this.#settings;
    const talk = this.#talks.get(request.socket);
    if (!onUpgrade || !talk || !mayUpgrade(request) || requestProblem(request) !== null) return false;
    return mayHandOver(request, talk.facts.listener);
  }

  #upgrade(onUpgrade: UpgradeHandler, request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const talk = this.#talks.get(socket);
    // Node before 24.9 asks nobody whether it should.
    if (!talk || !this.#upgrades(request)) {
      talk?.session.reject(upgradeRefused);
      return;
    }
    const facts = new HttpRequestFacts(request, talk);
    talk.session.upgrade({ facts, handOver: (all) => onUpgrade(request, { socket, head: all }, facts) }, head);
  }
}

/** `node:http` enforces its time-outs only after `listening`, which a server that is handed its sockets never emits. */
function startTimeoutChecks(server: Server): void {
  server.emit("listening");
}

/** A request that is wrong may be followed by anything. */
function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { Connection: "close", "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
