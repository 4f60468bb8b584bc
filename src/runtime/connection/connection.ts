/** Runs the connection machine on one socket. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AnyActorRef } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import { type LifecycleActor, watchActor } from "../../charts/lifecycle-logic.ts";
import type { Passages } from "../../charts/passages.ts";
import type { SessionConfiguration } from "../../config/index.ts";
import type { EndCause, OwnName } from "../../machines/causes.ts";
import type {
  ConnectionEvent,
  ConnectionSettings,
  ConnectionState,
  connectionMachine,
} from "../../machines/connection.ts";
import { ProtocolContractError } from "../../protocols/contract-error.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import { checkCause, UnregisteredNameError } from "../../protocols/own-names.ts";
import type {
  Forwarding,
  Notice,
  Protocol,
  Refusal,
  StreamSession,
  StreamWire,
  TlsFacts,
} from "../../protocols/protocol.ts";
import { isPending } from "../../protocols/session/question.ts";
import type { AskedRules } from "../admission/async-rules.ts";
import type { AdmittedClient, WaitingForRules } from "../admission/listener-admission.ts";
import type { Permit } from "../admission/slots.ts";
import type { ConnectionWatchers, WatchedConnection } from "../observe/connection-watchers.ts";
import { inspectorOf, inspectorUnder, joined } from "../observe/inspection.ts";
import type { ConnectionStateEvents, Lifecycle, LifecycleEvent } from "../observe/lifecycle.ts";
import type { ProxyHeader } from "../proxy/proxy-header.ts";
import type { ProxyHeaderError } from "../proxy/proxy-header-error.ts";
import { receiveProxyHeader } from "../proxy/receive-proxy-header.ts";
import { handOver, hold, type SocketHolder } from "../sockets/carried.ts";
import type { Clock } from "../time/clock.ts";
import { discardClearText } from "../tls/clear-text.ts";
import type { TlsServerOptions } from "../tls/context.ts";
import { startHandshake } from "../tls/handshake.ts";
import type { HandshakeFailure } from "../tls/handshake-failure.ts";
import type { HandshakePlace, HandshakeQueue } from "../tls/handshake-queue.ts";
import type { ConnectionActors, ConnectionEffects } from "./connection-actors.ts";
import type { ListMember } from "./connection-list.ts";
import { Phases } from "./phases.ts";
import { type SessionOwner, SessionWire } from "./session-wire.ts";
import { causeOfError } from "./socket-errors.ts";
import { type Origin, SocketFacts } from "./socket-facts.ts";
import { WaitingClient } from "./waiting-client.ts";

/** What all connections of a listener share. */
export interface ConnectionHost extends Origin {
  readonly protocol: Protocol;
  readonly settings: ConnectionSettings;
  /** Null where TLS is not available. */
  readonly tls: TlsServerOptions | null;
  readonly hostname: string;
  /** Which proxies are believed about the client of a request; null for none. */
  readonly forwarding: Forwarding | null;
  /** What the document says of this listener's sessions; the same object as long as this document is in force. */
  readonly configured: SessionConfiguration;
  /** Whether HTTP/2 is spoken. */
  readonly http2: boolean;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** The inspector of the actors below the listener. */
  readonly inspect: Inspector | undefined;
  /** Whoever picks connections to inspect them, while the server runs. */
  readonly watchers: ConnectionWatchers;
  /** Counts the transitions of its sessions. */
  readonly sessionPassages: Passages;
  readonly actors: ConnectionActors;
  readonly handshakes: HandshakeQueue;
  /** Decides about the client that a PROXY header has named; null admits it. */
  judge(client: AdmittedClient): Refusal | null;
  /** Asks the rules that ask elsewhere. @param answered called once, later, unless the question is withdrawn. */
  askRules(client: WaitingForRules, answered: (refusal: Refusal | null) => void): AskedRules;
  /** The reply to a refused client; null where nothing may be sent. */
  busyReply(refusal: Refusal): string | null;
  closed(connection: Connection): void;
}

/** A socket that was admitted. */
export interface AcceptedSocket {
  /** Its number in this server. */
  readonly number: number;
  readonly socket: Socket;
  /** The socket's other end. */
  readonly peer: Endpoint;
  /** Our end; null where it has to be looked up. */
  readonly local: Endpoint | null;
  readonly permit: Permit;
  /** The peer is a trusted proxy and owes a PROXY header. */
  readonly proxied: boolean;
}

/** While rules that ask elsewhere decide. */
interface Waiting {
  readonly client: WaitingClient;
  readonly rules: AskedRules;
}

/** Emitted on entering the state; the event of `closed` carries more and is emitted separately. */
const stateEvents = {
  accepted: "connection.accepted",
  proxyHeader: "connection.proxyHeader",
  admitting: "connection.admitting",
  handshaking: "connection.handshaking",
  active: "connection.active",
  upgrading: "connection.upgrading",
  draining: "connection.draining",
  closing: "connection.closing",
} as const satisfies Record<Exclude<ConnectionState, "closed">, keyof ConnectionStateEvents>;

/** Somebody who inspects a connection, and what ends it. */
interface Watching {
  readonly inspector: Inspector;
  readonly owner: object;
  readonly ends: readonly (() => void)[];
}

export class Connection implements ConnectionEffects, SessionOwner, SocketHolder, ListMember, WatchedConnection {
  place = -1;
  readonly facts: SocketFacts;
  readonly #host: ConnectionHost;
  readonly #raw: Socket;
  readonly #permit: Permit;
  /** The peer is a trusted proxy. */
  readonly proxied: boolean;
  readonly #actor: LifecycleActor<typeof connectionMachine>;
  readonly #phases: Phases;
  /** Its inspector from the server's start on; undefined when there is none. */
  readonly watcher: Inspector | undefined;
  /** The socket, or the TLS stream over it. */
  #stream: Duplex;
  #waiting: Waiting | null = null;
  #handshake: HandshakePlace | null = null;
  #wire: SessionWire | null = null;
  /** Those who began to inspect it by themselves; null for nobody. */
  #watching: readonly Watching[] | null = null;
  #streamSession: StreamSession | null = null;
  #state: ConnectionState | null = null;
  /** Who has logged in last. */
  #user: string | null = null;

  constructor(host: ConnectionHost, accepted: AcceptedSocket) {
    const { socket } = accepted;
    this.#host = host;
    this.#raw = socket;
    this.#stream = socket;
    this.#permit = accepted.permit;
    this.proxied = accepted.proxied;
    this.facts = new SocketFacts(accepted, host);
    this.#phases = new Phases(host.clock.now());
    this.watcher = host.inspect && inspectorOf(host.inspect, this);
    hold(socket, this);
    this.#actor = host.actors(this, host.settings);
    host.watchers.began(this);
  }

  /** Starts the machine; the connection has been admitted. */
  start(): void {
    this.#actor.start();
    this.#send({ type: "connection.admitted", proxied: this.proxied });
  }

  get state(): ConnectionState {
    return this.#state ?? "accepted";
  }

  /** The session's own state, e.g. `data`; null without a session. */
  get sessionState(): string | null {
    return this.#wire?.sessionState ?? null;
  }

  /** Milliseconds since it was accepted. */
  get age(): number {
    return this.#phases.age(this.#host.clock.now());
  }

  /** Who has logged in; null for nobody. */
  get user(): string | null {
    return this.#user;
  }

  /** Name of the protocol. */
  get protocol(): string {
    return this.#host.protocol.name;
  }

  /** The admitted client; null before a proxy has named it, and when it was refused then. */
  get client(): AdmittedClient | null {
    const { value, context } = this.#actor.getSnapshot();
    if (value === "proxyHeader" || context.cause === "over-cap") return null;
    return { peer: this.facts.peer, permit: this.#permit };
  }

  get bytesRead(): number {
    return this.#raw.bytesRead;
  }

  get bytesWritten(): number {
    return this.#raw.bytesWritten ?? 0;
  }

  drain(): void {
    this.#send({ type: "connection.drain" });
  }

  /** The listener's whole `drainTimeout` has passed. */
  drainExpired(): void {
    this.#send({ type: "drain.expired" });
  }

  stop(): void {
    this.#send({ type: "connection.stop" });
  }

  /**
   * A write of no bytes makes the kernel check whether the peer is still there. It is needed where nobody reads: in the
   * queue for a handshake, while the session takes no input, and after the peer's FIN.
   */
  probePeer(): void {
    const raw = this.#raw;
    if (raw.writableLength > 0 || !raw.writable || this.state === "closing") return;
    const queued = this.#handshake !== null && this.#stream === raw;
    if (queued || this.#stream.isPaused() || this.#stream.readableEnded) raw.write("");
  }

  // Called by the session.

  get hostname(): string {
    return this.#host.hostname;
  }

  get configured(): SessionConfiguration {
    return this.#host.configured;
  }

  get clock(): Clock {
    return this.#host.clock;
  }

  get canUpgrade(): boolean {
    return this.#host.tls !== null && this.#host.protocol.startTls && this.facts.tls === null;
  }

  get inspect(): Inspector | undefined {
    if (this.watcher === undefined && this.#watching === null) return undefined;
    const others = this.#watching?.map(({ inspector }) => this.#under(inspector)) ?? [];
    return joined([this.watcher && this.#under(this.watcher), ...others]);
  }

  get passages(): Passages {
    return this.#host.sessionPassages;
  }

  #under(inspector: Inspector): Inspector {
    // Inspectors take whatever runs a machine for XState's own actor.
    return inspectorUnder(inspector, this.#actor as unknown as AnyActorRef) ?? inspector;
  }

  /** To the server's inspector, which did not want it when it began. */
  offer(): void {
    const host = this.#host;
    if (this.watcher !== undefined || this.#watching?.some(({ owner }) => owner === host)) return;
    const inspector = host.inspect && inspectorOf(host.inspect, this);
    if (inspector) this.watch(inspector, host);
  }

  watch(inspector: Inspector, owner: object): void {
    const end = watchActor(this.#actor, inspector);
    if (!end) return;
    const session = this.#wire?.actor;
    const endSession = session ? watchActor(session, this.#under(inspector)) : null;
    this.#watching = [...(this.#watching ?? []), { inspector, owner, ends: endSession ? [end, endSession] : [end] }];
  }

  unwatch(owner: object): void {
    if (this.#watching === null) return;
    const left = this.#watching.filter((one) => one.owner !== owner);
    for (const one of this.#watching) if (one.owner === owner) for (const end of one.ends) end();
    this.#watching = left.length > 0 ? left : null;
  }

  upgrade(): void {
    if (this.canUpgrade) this.#send({ type: "session.upgrade" });
    else
      this.#failSession(
        new ProtocolContractError("A session may ask for TLS only where wire.canUpgrade is true; it was false."),
      );
  }

  ended(cause: EndCause, goodbye: boolean): void {
    const { protocol } = this.#host;
    try {
      checkCause(protocol, cause);
    } catch (error) {
      this.#failSession(error);
      return;
    }
    const finished = protocol.causes?.[cause as OwnName]?.end === "cut" || this.#finished(goodbye);
    this.#send({ type: "session.ended", cause, finished });
  }

  /**
   * The client has said goodbye or ended its side, so it sends nothing more, and everything written to it has left:
   * close(2) sends FIN and loses nothing. TLS first sends a goodbye of its own, `close_notify`.
   */
  #finished(goodbye: boolean): boolean {
    const raw = this.#raw;
    if (this.#stream !== raw || raw.writableLength > 0 || raw.readableLength > 0) return false;
    return goodbye || raw.readableEnded;
  }

  sessionFailed(error: unknown): void {
    this.#emit({ type: "connection.sessionFailed", connection: this.facts, error });
  }

  notice(notice: Notice): void {
    if (isOwnNotice(notice)) {
      this.#ownNotice(notice);
      return;
    }
    if (notice.type === "session.authenticated") this.#user = notice.username;
    this.#emit({ ...notice, connection: this.facts });
  }

  #ownNotice({ type, fields = {} }: OwnNoticeGiven): void {
    const { protocol } = this.#host;
    const known = protocol.notices?.[type];
    if (!known) throw new UnregisteredNameError(protocol.name, "notices", type);
    const { meaning, level = "info" } = known;
    this.#emit({ type, connection: this.facts, meaning, level, fields });
  }

  // The machine's effects.

  readProxyHeader(): void {
    receiveProxyHeader(this.#raw, {
      accepted: (header) => this.#proxyHeaderRead(header),
      rejected: (error) => this.#proxyHeaderRejected(error),
      ended: () => this.#send({ type: "peer.ended" }),
    });
  }

  askRules(): void {
    this.#waiting = {
      client: new WaitingClient(this.#raw, () => this.#send({ type: "peer.ended" })),
      rules: this.#host.askRules({ peer: this.facts.peer, permit: this.#permit, proxied: this.proxied }, (refusal) => {
        if (refusal) this.#refuse(refusal);
        else this.#send({ type: "connection.granted" });
      }),
    };
  }

  expireRules(): void {
    this.#waiting?.rules.expire();
  }

  leaveRules(): void {
    this.#waiting?.rules.withdraw();
    this.#waiting?.client.leave();
    this.#waiting = null;
  }

  startHandshake(): void {
    const tls = this.#host.tls;
    if (!tls) {
      this.#send({ type: "tls.failed" });
      return;
    }
    this.#wire?.detach();
    const begin = (): void => {
      this.#stream = startHandshake(this.#raw, tls, {
        secured: (_stream, facts) => this.#secured(facts),
        failed: (failure) => this.#handshakeFailed(failure),
      });
    };
    const queue = (): void => {
      if (!this.#raw.destroyed) this.#handshake = this.#host.handshakes.enter(begin);
    };
    if (!this.#wire) queue();
    else {
      discardClearText(this.#raw);
      // The go-ahead must be sent before the TLS stream takes the socket over.
      if (this.#raw.writableLength === 0) queue();
      else this.#raw.write("", queue);
    }
  }

  #leaveHandshake(): void {
    this.#handshake?.leave();
    this.#handshake = null;
  }

  openSession(): void {
    const { protocol } = this.#host;
    try {
      if (protocol.kind === "stream") {
        const opened = protocol.open(this.#stream, this.facts, this.#streamWire());
        this.#awaitFailure(opened);
        this.#streamSession = opened;
        this.#unpause();
        return;
      }
      this.#wire = new SessionWire(this, protocol);
    } catch (error) {
      this.#failSession(error);
      return;
    }
    this.#wire.attach(this.#stream);
    this.#unpause();
    this.#wire.greet();
  }

  #streamWire(): StreamWire {
    const host = this.#host;
    return {
      end: (cause) => this.ended(cause, false),
      notice: (notice) => this.notice(notice),
      failed: (error) => this.sessionFailed(error),
      http2: host.http2,
      get forwarding() {
        return host.forwarding;
      },
    };
  }

  /** A socket that was read from before is paused; one without a listener yet starts with its first. */
  #unpause(): void {
    const wasRead = this.proxied || this.#host.settings.asyncAdmission;
    if (wasRead && this.#stream === this.#raw && this.#raw.listenerCount("data") > 0) this.#raw.resume();
  }

  /** A turn of a stream's session may be asynchronous, or an embedder's may be so by mistake. */
  #awaitFailure(done: unknown): void {
    if (isPending(done)) Promise.resolve(done).catch((error: unknown) => this.#failSession(error));
  }

  #failSession(error: unknown): void {
    this.sessionFailed(error);
    this.ended("session-failed", false);
  }

  secureSession(): void {
    this.#wire?.attach(this.#stream);
    this.#wire?.secured();
  }

  drainSession(): void {
    this.#wire?.drain();
    try {
      this.#awaitFailure(this.#streamSession?.drain());
    } catch (error) {
      this.#failSession(error);
    }
  }

  endSocket(cause: EndCause): void {
    this.#closeStreamSession(cause);
    if (!this.#wire?.fallSilent()) {
      this.#stream.removeAllListeners("data");
      this.#stream.on("data", discard);
      this.#stream.resume();
    }
    this.#stream.end();
  }

  destroySocket(): void {
    this.#leaveHandshake();
    this.#stream.destroy();
    this.#raw.destroy();
    // Under TLS, Node's sockets outlive their end until the next full garbage collection. What they referred to does
    // not.
    handOver(this.#stream, null);
    handOver(this.#raw, null);
  }

  closeSession(cause: EndCause): void {
    this.#wire?.closed(cause);
    this.#closeStreamSession(cause);
  }

  #closeStreamSession(cause: EndCause): void {
    const session = this.#streamSession;
    this.#streamSession = null;
    try {
      this.#awaitFailure(session?.closed?.(cause));
    } catch (error) {
      this.sessionFailed(error);
    }
  }

  returnSlot(): void {
    this.#permit.release();
  }

  reportClosed(cause: EndCause): void {
    this.#reportClosed(cause);
    this.facts.release();
    this.#host.closed(this);
  }

  #reportClosed(cause: EndCause): void {
    if (!this.#host.lifecycle.wants("connection.closed")) return;
    const now = this.#host.clock.now();
    this.#phases.enter("closed", now);
    this.#emit({
      type: "connection.closed",
      connection: this.facts,
      cause,
      durations: this.#phases.durations(now),
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
    });
  }

  // The socket's events.

  #proxyHeaderRead(header: ProxyHeader): void {
    this.facts.readFrom(header);
    const refusal = this.#host.judge({ peer: this.facts.peer, permit: this.#permit });
    if (refusal) this.#refuse(refusal);
    else this.#send({ type: "proxy.accepted" });
  }

  #refuse(refusal: Refusal): void {
    const words = this.#host.busyReply(refusal);
    if (words !== null) this.#raw.write(words);
    this.#send({ type: "connection.refused" });
  }

  #proxyHeaderRejected({ reason, message }: ProxyHeaderError): void {
    this.#emit({ type: "connection.proxyRejected", connection: this.facts, reason, detail: message });
    this.#send({ type: "proxy.rejected" });
  }

  #secured(tls: TlsFacts): void {
    this.#leaveHandshake();
    this.facts.tls = tls;
    this.#emit({
      type: "connection.secured",
      connection: this.facts,
      tls,
      duration: this.#phases.elapsed(this.#host.clock.now()),
    });
    handOver(this.#stream, this);
    this.#send({ type: "tls.secured" });
  }

  #handshakeFailed({ reason, detail }: HandshakeFailure): void {
    this.#leaveHandshake();
    // The time-out and the server's stop destroy the socket, and have recorded their cause.
    if (this.state === "closed") return;
    this.#emit({ type: "connection.handshakeFailed", connection: this.facts, reason, detail });
    if (reason === "peer-closed") this.#send({ type: "peer.ended" });
    else if (reason === "peer-reset") this.#send({ type: "socket.failed", cause: "peer-reset" });
    else this.#send({ type: "tls.failed" });
  }

  socketFailed(error: NodeJS.ErrnoException): void {
    this.#send({ type: "socket.failed", cause: causeOfError(error) });
  }

  /** The TLS stream closes with its underlying socket, and only the socket counts. */
  socketClosed(socket: Duplex): void {
    if (socket === this.#raw) this.#send({ type: "socket.closed", cause: this.#causeOfClose() });
  }

  /** A stream session ends by ending its stream; a session of verdicts ends with a verdict. */
  #causeOfClose(): EndCause {
    if (!this.#streamSession) return "peer-ended";
    return this.state === "draining" ? "drained" : "quit";
  }

  /** The machine has processed an event. */
  stateChanged(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === "closed") return;
    this.#phases.enter(state, this.#host.clock.now());
    const type = stateEvents[state];
    if (this.#host.lifecycle.wants(type)) this.#emit({ type, connection: this.facts });
  }

  #send(event: ConnectionEvent): void {
    // The socket still emits events after `closed`, when the machine has nothing left to decide.
    if (this.#state !== "closed") this.#actor.send(event);
  }

  #emit(event: LifecycleEvent): void {
    this.#host.lifecycle.emit(event);
  }
}

function discard(): void {
  // A closing connection keeps reading only to see the peer's FIN, and so that unread bytes do not reset it.
}

type OwnNoticeGiven = Extract<Notice, { readonly type: OwnName }>;

function isOwnNotice(notice: Notice): notice is OwnNoticeGiven {
  return notice.type.includes(":");
}
