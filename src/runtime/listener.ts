/** Carries out the listener machine: the sockets of all its addresses, and the connections that they accept. */
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { type Actor, createActor, fromPromise, type SnapshotFrom } from "xstate";
import type { ListenerSettings } from "../config/index.ts";
import type { LifecycleMode } from "../machines/lifecycle-logic.ts";
import { type ListenerEvent, type ListenerState, listenerMachine } from "../machines/listener.ts";
import type { Endpoint, Protocol, Refusal } from "../protocols/protocol.ts";
import { type AdmissionHost, ListenerAdmission } from "./admission/listener-admission.ts";
import { Connection, type ConnectionHost, type Inspector } from "./connection.ts";
import type { BoundAddress, Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import type { RefusedSockets } from "./refusal.ts";
import { type Permit, SlotCounter } from "./slots.ts";
import { endpoint } from "./socket-facts.ts";
import { bindSocket } from "./sockets/bind-socket.ts";
import type { BindTarget, BoundSocket } from "./sockets/bound-socket.ts";
import type { TlsServerOptions } from "./tls/context.ts";
import { HandshakeQueue } from "./tls/handshake-queue.ts";

/** How long a peer may take to read the last bytes and close its side, in milliseconds. */
const closeTimeout = 5_000;

/** How long the clients that the kernel has queued may take to be refused when the listener ends, in milliseconds. */
const refusalTimeout = 1_000;

/** What all listeners of a server share. */
export interface ListenerHost extends AdmissionHost {
  readonly hostname: string;
  readonly drainTimeout: number;
  readonly refused: RefusedSockets;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly lifecycleMode: LifecycleMode;
  nextConnectionId(): string;
}

export interface ListenerOptions {
  readonly settings: ListenerSettings;
  readonly protocol: Protocol;
  /** Null where TLS is not available. */
  readonly tls: TlsServerOptions | null;
  readonly targets: readonly BindTarget[];
}

/** Why several addresses of one listener could not be bound. */
export class ListenerError extends AggregateError {
  readonly code = "listener-failed";
  readonly listener: string;

  constructor(listener: string, errors: readonly unknown[]) {
    super(errors, errors.map((error) => `Listener "${listener}": ${messageOf(error)}`).join("\n"));
    this.name = "ListenerError";
    this.listener = listener;
  }
}

export class Listener {
  readonly settings: ListenerSettings;
  readonly slots: SlotCounter;
  readonly connections = new Set<Connection>();
  readonly actor: Actor<typeof listenerMachine>;
  readonly #host: ListenerHost;
  readonly #options: ListenerOptions;
  readonly #admission: ListenerAdmission;
  readonly #connectionHost: ConnectionHost;
  readonly #servers = new Map<BoundSocket, Server>();
  #sockets: BoundSocket[] = [];
  #state: ListenerState | null = null;

  constructor(host: ListenerHost, options: ListenerOptions) {
    const { settings, protocol, tls } = options;
    this.settings = settings;
    this.slots = new SlotCounter(settings.maxConnections);
    this.#host = host;
    this.#options = options;
    this.#admission = new ListenerAdmission(host, {
      settings,
      slots: this.slots,
      ruleFailed: (error) => this.#ruleFailed(error),
    });
    this.#connectionHost = {
      protocol,
      tls,
      settings: {
        tlsImplicit: settings.tlsImplicit,
        proxyTimeout: settings.proxyTimeout,
        tlsTimeout: settings.tlsTimeout,
        drainTimeout: host.drainTimeout,
        closeTimeout,
      },
      hostname: host.hostname,
      clock: host.clock,
      lifecycle: host.lifecycle,
      inspect: host.inspect,
      lifecycleMode: host.lifecycleMode,
      handshakes: new HandshakeQueue(settings.maxHandshakes),
      admitClient: (peer, permit) => this.#admitClient(peer, permit),
      busyWords: (refusal) => this.#busyWords(refusal),
      closed: (connection) => this.#connectionClosed(connection),
    };
    this.actor = createActor(
      listenerMachine.provide({
        actors: {
          bindSockets: fromPromise(() => this.#bindSockets()),
          openSockets: fromPromise(() => this.#openSockets()),
          pauseSockets: fromPromise(() => this.#pauseSockets()),
          refuseQueued: fromPromise(({ signal }) => this.#refuseQueued(signal)),
        },
        actions: {
          closeSockets: () => this.#closeSockets(),
          drainConnections: () => this.#drainConnections(),
          awaitConnections: () => this.#awaitConnections(),
          expireConnections: () => this.#expireConnections(),
          stopConnections: () => this.#stopConnections(),
        },
      }),
      {
        id: `listener:${settings.name}`,
        input: { drainTimeout: host.drainTimeout, refusalTimeout },
        clock: host.clock,
        ...(host.inspect ? { inspect: host.inspect } : {}),
      },
    );
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
  }

  get name(): string {
    return this.settings.name;
  }

  get state(): ListenerState {
    return this.#state ?? "binding";
  }

  /** As bound, with the ports that the kernel chose. */
  get addresses(): readonly BoundAddress[] {
    return this.#sockets.map((socket) => socket.address);
  }

  send(event: ListenerEvent): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send(event);
  }

  async #bindSockets(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#options.targets.map((target) => bindSocket(target, this.settings)));
    this.#sockets = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    // The machine may have been stopped while the sockets were being bound.
    if (this.actor.getSnapshot().status !== "active") this.#closeSockets();
    if (errors.length > 0) throw new ListenerError(this.name, errors);
    for (const socket of this.#sockets)
      for (const { field, text } of socket.warnings)
        this.#emit({ type: "listener.warning", listener: this.name, field, text });
  }

  async #openSockets(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#sockets.map((socket) => this.#openSocket(socket)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (this.actor.getSnapshot().status !== "active") this.#closeSockets();
    if (errors.length > 0) throw new ListenerError(this.name, errors);
  }

  async #openSocket(socket: BoundSocket): Promise<void> {
    if (this.#servers.has(socket)) return;
    const server = createServer({ allowHalfOpen: true });
    server.on("connection", (accepted) => this.#accept(accepted));
    server.on("error", (error) => this.#acceptFailed(error));
    this.#servers.set(socket, server);
    try {
      await socket.accept(server);
    } catch (error) {
      this.#servers.delete(socket);
      throw error;
    }
  }

  async #pauseSockets(): Promise<void> {
    await Promise.all([...this.#servers].map(([socket, server]) => socket.suspend(server)));
    this.#servers.clear();
  }

  #closeSockets(): void {
    for (const socket of this.#sockets) socket.close();
    this.#servers.clear();
    this.#sockets = [];
  }

  /** A paused listener accepts once more. Whoever connects between the last look and the close is reset all the same. */
  async #refuseQueued(signal: AbortSignal): Promise<void> {
    const waiting = (): boolean => this.#sockets.some((socket) => (socket.queued() ?? 0) > 0);
    if (waiting()) await Promise.all(this.#sockets.map((socket) => this.#openSocket(socket)));
    while (!signal.aborted && waiting()) await immediate();
  }

  #drainConnections(): void {
    for (const connection of this.connections) connection.drain();
  }

  #awaitConnections(): void {
    if (this.connections.size === 0) this.send({ type: "connections.none" });
  }

  #expireConnections(): void {
    for (const connection of this.connections) connection.drainExpired();
  }

  #stopConnections(): void {
    for (const connection of this.connections) connection.stop();
  }

  #accept(socket: Socket): void {
    const peer = endpoint(socket.remoteAddress, socket.remotePort);
    const { permit, refusal, proxied } = this.#admission.accept(peer, { draining: this.state === "draining" });
    if (refusal) {
      this.#emit({ type: "connection.refused", listener: this.name, peer, refusal });
      this.#host.refused.refuse(socket, this.#busyWords(refusal));
      return;
    }
    const connection = new Connection(this.#connectionHost, {
      id: this.#host.nextConnectionId(),
      listener: this.name,
      socket,
      permit,
      proxied,
    });
    this.connections.add(connection);
    connection.start();
  }

  /** Behind a trusted proxy, once its header has told the client. */
  #admitClient(peer: Endpoint, permit: Permit): Refusal | null {
    const refusal = this.#admission.acceptClient(peer, permit);
    if (refusal) this.#emit({ type: "connection.refused", listener: this.name, peer, refusal });
    return refusal;
  }

  #ruleFailed(error: unknown): void {
    this.#emit({
      type: "listener.warning",
      listener: this.name,
      field: "admission",
      text: `A client was refused: an admission rule of the embedder's threw ${messageOf(error)}.`,
    });
  }

  /** Null where nothing may be said in clear. */
  #busyWords(refusal: Refusal): string | null {
    if (this.settings.tlsImplicit) return null;
    try {
      return this.#options.protocol.busy(refusal, this.#host.hostname);
    } catch (error) {
      this.#emit({
        type: "listener.warning",
        listener: this.name,
        field: "protocol",
        text: `A client was refused without a word: busy() of "${this.settings.protocol}" threw ${messageOf(error)}.`,
      });
      return null;
    }
  }

  #acceptFailed(error: Error): void {
    this.#emit({
      type: "listener.warning",
      listener: this.name,
      field: "bind",
      text: `A connection could not be accepted: ${error.message}. Established connections go on.`,
    });
  }

  #connectionClosed(connection: Connection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.send({ type: "connections.none" });
  }

  #onSnapshot(snapshot: SnapshotFrom<typeof listenerMachine>): void {
    const state = (
      typeof snapshot.value === "string" ? snapshot.value : Object.keys(snapshot.value)[0]
    ) as ListenerState;
    if (state === this.#state) return;
    this.#state = state;
    switch (state) {
      case "listening":
        this.#emit({
          type: "listener.listening",
          listener: this.name,
          protocol: this.settings.protocol,
          addresses: this.addresses,
        });
        break;
      case "draining":
        this.#emit({ type: "listener.draining", listener: this.name, connections: this.connections.size });
        break;
      case "failed":
        this.#emit({ type: "listener.failed", listener: this.name, error: snapshot.context.error });
        break;
      case "binding":
      case "paused":
      case "closed":
        this.#emit({ type: `listener.${state}`, listener: this.name });
        break;
    }
  }

  #emit(event: LifecycleEvent): void {
    this.#host.lifecycle.emit(event);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
