/** Carries out the listener machine: the sockets of all its addresses, and the connections that they accept. */
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { type Actor, createActor, fromPromise, type SnapshotFrom } from "xstate";
import type { ListenerSettings } from "../config/index.ts";
import type { LifecycleMode } from "../machines/lifecycle-logic.ts";
import { type ListenerEvent, type ListenerState, listenerMachine } from "../machines/listener.ts";
import type { Protocol, Refusal } from "../protocols/protocol.ts";
import { admit } from "./admission.ts";
import type { Clock } from "./clock.ts";
import { Connection, type ConnectionHost, endpoint, type Inspector } from "./connection.ts";
import type { BoundAddress, Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import type { RefusedSockets } from "./refusal.ts";
import { SlotCounter } from "./slots.ts";
import { bindSocket } from "./sockets/bind-socket.ts";
import type { BindTarget, BoundSocket } from "./sockets/bound-socket.ts";
import type { SocketWarning } from "./sockets/options.ts";
import type { TlsServerOptions } from "./tls/context.ts";

/** How long a peer may take to read the last bytes and close its side, in milliseconds. */
const closeTimeout = 5_000;

/** How long the clients that the kernel has queued may take to be refused when the listener ends, in milliseconds. */
const refusalTimeout = 1_000;

/** What all listeners of a server share. A reload changes some of it for the next connection. */
export interface ListenerHost {
  hostname: string;
  /** Milliseconds. */
  drainTimeout: number;
  /** Number of the document in force; the first is 1. */
  generation: number;
  readonly serverSlots: SlotCounter;
  readonly refused: RefusedSockets;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly lifecycleMode: LifecycleMode;
  nextConnectionId(): string;
}

/** What a reload can change while a listener runs. */
interface Tuning {
  readonly settings: ListenerSettings;
  readonly protocol: Protocol;
  /** Null where TLS is not available. */
  readonly tls: TlsServerOptions | null;
}

export interface ListenerOptions extends Tuning {
  /** What the listener binds itself; sockets that it takes over come by `adopt`. */
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
  readonly slots: SlotCounter;
  readonly connections = new Set<Connection>();
  readonly actor: Actor<typeof listenerMachine>;
  readonly #host: ListenerHost;
  readonly #targets: readonly BindTarget[];
  readonly #connectionHost: ConnectionHost;
  readonly #servers = new Map<BoundSocket, Server>();
  #tuning: Tuning;
  /** By the address as the document writes it. */
  readonly #sockets = new Map<string, BoundSocket>();
  /** Bound for a reload under way, and not in use yet. */
  readonly #staged = new Map<string, BoundSocket>();
  /** Replaced by a reload under way; they accept until their queue is empty. */
  readonly #replaced: BoundSocket[] = [];
  #state: ListenerState | null = null;

  constructor(host: ListenerHost, options: ListenerOptions) {
    this.#host = host;
    this.#tuning = options;
    this.#targets = options.targets;
    this.slots = new SlotCounter(options.settings.maxConnections);
    this.#connectionHost = Object.assign(this.#liveSettings(), {
      clock: host.clock,
      lifecycle: host.lifecycle,
      inspect: host.inspect,
      lifecycleMode: host.lifecycleMode,
      closed: (connection: Connection) => this.#connectionClosed(connection),
    });
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
        id: `listener:${this.name}`,
        input: {
          get drainTimeout() {
            return host.drainTimeout;
          },
          refusalTimeout,
        },
        clock: host.clock,
        ...(host.inspect ? { inspect: host.inspect } : {}),
      },
    );
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
  }

  get settings(): ListenerSettings {
    return this.#tuning.settings;
  }

  get name(): string {
    return this.settings.name;
  }

  get state(): ListenerState {
    return this.#state ?? "binding";
  }

  /** As bound, with the ports that the kernel chose. */
  get addresses(): readonly BoundAddress[] {
    return [...this.#sockets.values()].map((socket) => socket.address);
  }

  send(event: ListenerEvent): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send(event);
  }

  /** Other settings, from the next connection or handshake on; socket options at once, where the kernel allows it. */
  retune(tuning: Tuning): void {
    this.#tuning = tuning;
    this.slots.limit = tuning.settings.maxConnections;
    for (const socket of this.#sockets.values()) this.#warn(socket.retune(tuning.settings).unsupported);
  }

  /** Binds further addresses beside those in use. @throws ListenerError with every address that cannot be bound. */
  stageSockets(targets: readonly BindTarget[], settings: ListenerSettings): Promise<void> {
    return this.#bind(targets, { settings, into: this.#staged });
  }

  /** The kernel queues clients for what is bound and not in use yet, from here on. */
  async listenOnStaged(): Promise<void> {
    const unused = this.state === "binding" ? this.#sockets : this.#staged;
    await this.#all([...unused.values()].map((socket) => socket.listen()));
  }

  /** Takes the staged sockets into use, in the place of those of the same address. */
  async openStaged(): Promise<void> {
    for (const [text, socket] of this.#staged) {
      const old = this.#sockets.get(text);
      if (old) this.#replaced.push(old);
      this.adopt(text, socket);
    }
    this.#staged.clear();
    if (this.state === "listening") await this.#openSockets();
  }

  discardStaged(): void {
    for (const socket of this.#staged.values()) socket.close();
    this.#staged.clear();
  }

  /** Another listener's socket, bound and perhaps listening, is this one's now. */
  adopt(text: string, socket: BoundSocket): void {
    this.#sockets.set(text, socket);
    this.#warn(socket.warnings);
    this.#warn(socket.retune(this.settings).unsupported);
  }

  /** Stops accepting from a socket, which goes on queueing, and lets go of it. */
  async giveUp(text: string): Promise<BoundSocket | undefined> {
    const socket = this.#sockets.get(text);
    if (!socket) return undefined;
    this.#sockets.delete(text);
    const server = this.#servers.get(socket);
    this.#servers.delete(socket);
    if (server) await socket.suspend(server);
    return socket;
  }

  /** Lets in whom the kernel has queued, then closes the sockets of these addresses and those that were replaced. */
  async retireSockets(texts: readonly string[]): Promise<void> {
    const retiring = this.#replaced.splice(0);
    for (const text of texts) {
      const socket = this.#sockets.get(text);
      if (socket) retiring.push(socket);
      this.#sockets.delete(text);
    }
    const deadline = AbortSignal.timeout(refusalTimeout);
    while (!deadline.aborted && this.state === "listening" && anyQueued(retiring)) await immediate();
    for (const socket of retiring) this.#close(socket);
  }

  #bindSockets(): Promise<void> {
    return this.#bind(this.#targets, { settings: this.settings, into: this.#sockets });
  }

  async #bind(
    targets: readonly BindTarget[],
    { settings, into }: { settings: ListenerSettings; into: Map<string, BoundSocket> },
  ): Promise<void> {
    const binding = targets.map(async (target) => {
      const socket = await bindSocket(target, settings);
      into.set(target.text, socket);
      this.#warn(socket.warnings);
    });
    await Promise.allSettled(binding);
    // The machine may have been stopped while the sockets were being bound.
    if (this.actor.getSnapshot().status !== "active") this.#closeSockets();
    await this.#all(binding);
  }

  /** @throws ListenerError with everything that failed. */
  async #all(steps: readonly Promise<void>[]): Promise<void> {
    const outcomes = await Promise.allSettled(steps);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (errors.length > 0) throw new ListenerError(this.name, errors);
  }

  async #openSockets(): Promise<void> {
    const opening = [...this.#sockets.values()].map((socket) => this.#openSocket(socket));
    await Promise.allSettled(opening);
    if (this.actor.getSnapshot().status !== "active") this.#closeSockets();
    await this.#all(opening);
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
    this.discardStaged();
    for (const socket of [...this.#sockets.values(), ...this.#replaced]) this.#close(socket);
    this.#sockets.clear();
    this.#replaced.length = 0;
  }

  #close(socket: BoundSocket): void {
    socket.close();
    this.#servers.delete(socket);
  }

  /** A paused listener accepts once more. Whoever connects between the last look and the close is reset all the same. */
  async #refuseQueued(signal: AbortSignal): Promise<void> {
    const sockets = [...this.#sockets.values()];
    if (anyQueued(sockets)) await Promise.all(sockets.map((socket) => this.#openSocket(socket)));
    while (!signal.aborted && anyQueued(sockets)) await immediate();
  }

  #warn(warnings: readonly SocketWarning[]): void {
    for (const { field, text } of warnings) this.#emit({ type: "listener.warning", listener: this.name, field, text });
  }

  /** Read anew for each connection and each handshake, so that a reload needs to touch neither. */
  #liveSettings(): Pick<ConnectionHost, "protocol" | "tls" | "settings" | "hostname" | "generation"> {
    const tuning = () => this.#tuning;
    const host = this.#host;
    return {
      get protocol() {
        return tuning().protocol;
      },
      get tls() {
        return tuning().tls;
      },
      get hostname() {
        return host.hostname;
      },
      get generation() {
        return host.generation;
      },
      settings: {
        get tlsImplicit() {
          return tuning().settings.tlsImplicit;
        },
        get proxyTimeout() {
          return tuning().settings.proxyTimeout;
        },
        get tlsTimeout() {
          return tuning().settings.tlsTimeout;
        },
        get drainTimeout() {
          return host.drainTimeout;
        },
        closeTimeout,
      },
    };
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
    const { permit, refusal } = admit({
      draining: this.state === "draining",
      server: this.settings.ignoreServerCap ? null : this.#host.serverSlots,
      listener: this.slots,
    });
    if (refusal) {
      this.#emit({
        type: "connection.refused",
        listener: this.name,
        peer: endpoint(socket.remoteAddress, socket.remotePort),
        refusal,
      });
      this.#host.refused.refuse(socket, this.#busyWords(refusal));
      return;
    }
    const connection = new Connection(this.#connectionHost, {
      id: this.#host.nextConnectionId(),
      listener: this.name,
      socket,
      permit,
    });
    this.connections.add(connection);
    connection.start();
  }

  /** Null where nothing may be said in clear. */
  #busyWords(refusal: Refusal): string | null {
    if (this.settings.tlsImplicit) return null;
    try {
      return this.#tuning.protocol.busy(refusal, this.#host.hostname);
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

function anyQueued(sockets: readonly BoundSocket[]): boolean {
  return sockets.some((socket) => (socket.queued() ?? 0) > 0);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
