/** Carries out the listener machine: the sockets of all its addresses, and the connections that they accept. */
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { ListenerSettings } from "../config/index.ts";
import type { LifecycleMode } from "../machines/lifecycle-logic.ts";
import { type ListenerEvent, type ListenerState, listenerMachine, type PauseReason } from "../machines/listener.ts";
import type { Protocol, Refusal } from "../protocols/protocol.ts";
import { admit } from "./admission.ts";
import type { Clock } from "./clock.ts";
import { Connection, type ConnectionHost, endpoint, type Inspector } from "./connection.ts";
import { type DescriptorReserve, descriptorPlenty, descriptorReserve, lacksDescriptors } from "./descriptor-reserve.ts";
import type { BoundAddress, Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import { ListenerError, ListenerStateError, messageOf } from "./listener-errors.ts";
import type { RefusedSockets } from "./refusal.ts";
import { SlotCounter } from "./slots.ts";
import { bindSocket } from "./sockets/bind-socket.ts";
import type { BindTarget, BoundSocket } from "./sockets/bound-socket.ts";
import type { TlsServerOptions } from "./tls/context.ts";

/** How long a peer may take to read the last bytes and close its side, in milliseconds. */
const closeTimeout = 5_000;

/** How long the clients that the kernel has queued may take to be refused when the listener ends, in milliseconds. */
const refusalTimeout = 1_000;

/** What all listeners of a server share. */
export interface ListenerHost {
  readonly hostname: string;
  readonly drainTimeout: number;
  readonly serverSlots: SlotCounter;
  readonly refused: RefusedSockets;
  readonly descriptors: DescriptorReserve;
  readonly clock: Clock;
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

export class Listener {
  readonly settings: ListenerSettings;
  readonly slots: SlotCounter;
  readonly connections = new Set<Connection>();
  readonly actor: Actor<typeof listenerMachine>;
  readonly #host: ListenerHost;
  readonly #options: ListenerOptions;
  readonly #connectionHost: ConnectionHost;
  readonly #servers = new Map<BoundSocket, Server>();
  /** The counters whose slots a connection takes. */
  readonly #counters: readonly SlotCounter[];
  #unobserve: (() => void)[] = [];
  #sockets: BoundSocket[] = [];
  #pausedBy: readonly PauseReason[] = [];
  #state: ListenerState | null = null;

  constructor(host: ListenerHost, options: ListenerOptions) {
    const { settings, protocol, tls } = options;
    this.settings = settings;
    this.slots = new SlotCounter(settings.maxConnections);
    this.#host = host;
    this.#options = options;
    this.#counters = settings.ignoreServerCap ? [this.slots] : [this.slots, host.serverSlots];
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
        guards: {
          findsDescriptors: () => host.descriptors.spare() >= this.#descriptorsToResume,
          foundNoDescriptor: ({ event }) => "error" in event && lacksDescriptors(event.error),
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
    if (settings.atCapacity === "hold") this.#observeCapacity();
  }

  get name(): string {
    return this.settings.name;
  }

  get state(): ListenerState {
    return this.#state ?? "binding";
  }

  /** Why it does not accept; empty unless it is paused. */
  get pausedBy(): readonly PauseReason[] {
    return this.state === "paused" ? this.#pausedBy : [];
  }

  /** As bound, with the ports that the kernel chose. */
  get addresses(): readonly BoundAddress[] {
    return this.#sockets.map((socket) => socket.address);
  }

  send(event: ListenerEvent): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send(event);
  }

  /**
   * Stops accepting; resolves when it has. A resume that comes meanwhile wins.
   * @throws ListenerStateError unless it listens or is paused
   */
  async suspend(): Promise<void> {
    this.#assertPausable("suspended");
    this.send({ type: "listener.suspend" });
    await this.#settled(({ value, context }) => {
      const isPausing = typeof value === "object" && "paused" in value && value.paused === "pausing";
      return !isPausing || !context.pausedBy.includes("suspended");
    });
    this.#assertPausable("suspended");
  }

  /**
   * Accepts again; resolves when it does, or when another reason than a suspension is left to keep it from it.
   * @throws ListenerStateError unless it listens or is paused
   */
  async resume(): Promise<void> {
    this.#assertPausable("resumed");
    this.send({ type: "listener.resume" });
    await this.#settled(({ value, context }) => value === "listening" || context.pausedBy.length > 0);
    this.#assertPausable("resumed");
  }

  #assertPausable(wanted: "suspended" | "resumed"): void {
    if (this.state !== "listening" && this.state !== "paused")
      throw new ListenerStateError(this.name, { wanted, state: this.state });
  }

  async #settled(reached: (snapshot: SnapshotFrom<typeof listenerMachine>) => boolean): Promise<void> {
    await waitFor(this.actor, (snapshot) => snapshot.status !== "active" || reached(snapshot), {
      timeout: Number.POSITIVE_INFINITY,
    });
  }

  /** The sockets are closed to new clients within the call that takes the last slot, so that nobody is accepted beyond it. */
  #observeCapacity(): void {
    const isFull = (): boolean => this.#counters.some((counter) => counter.full);
    const observer = {
      full: () => this.send({ type: "capacity.reached" }),
      free: () => {
        if (!isFull()) this.send({ type: "capacity.freed" });
      },
    };
    this.#unobserve = this.#counters.map((counter) => counter.observe(observer));
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
    this.#keepDescriptors();
  }

  /** Pauses when too few descriptors could be opened. */
  descriptorsLeft(spare: number): void {
    if (spare < this.#descriptorsToAccept) this.send({ type: "descriptors.exhausted" });
  }

  /** The endpoint that tells about the server is to be reachable for as long as it can be. */
  get #descriptorsToAccept(): number {
    return this.settings.ignoreServerCap ? 1 : descriptorReserve;
  }

  get #descriptorsToResume(): number {
    if (!this.settings.ignoreServerCap) return descriptorPlenty;
    return Math.min(this.#descriptorsToAccept + this.#sockets.length, descriptorPlenty);
  }

  #keepDescriptors(): void {
    if (this.settings.ignoreServerCap) return;
    if (this.#host.descriptors.runsOut(this.#host.serverSlots.taken)) this.send({ type: "descriptors.exhausted" });
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
    if (lacksDescriptors(error)) {
      this.send({ type: "descriptors.exhausted" });
      return;
    }
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
    const [before, pausedBefore] = [this.#state, this.#pausedBy];
    this.#state = state;
    this.#pausedBy = snapshot.context.pausedBy;
    if (snapshot.status !== "active") for (const unobserve of this.#unobserve.splice(0)) unobserve();
    if (state === "paused") this.#reportPauses(pausedBefore);
    if (state !== before) this.#reportState(state, { before, error: snapshot.context.error });
  }

  #reportPauses(before: readonly PauseReason[]): void {
    for (const reason of this.#pausedBy) {
      if (before.includes(reason)) continue;
      const full = reason === "at-capacity" ? this.#counters.find((counter) => counter.full) : undefined;
      const counts = { limit: full?.limit ?? null, current: full?.taken ?? null };
      this.#emit({ type: "listener.paused", listener: this.name, reason, ...counts });
    }
  }

  #reportState(state: ListenerState, { before, error }: { before: ListenerState | null; error: unknown }): void {
    switch (state) {
      case "listening":
        if (before === "paused") {
          this.#emit({ type: "listener.resumed", listener: this.name });
          break;
        }
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
        this.#emit({ type: "listener.failed", listener: this.name, error });
        break;
      case "binding":
      case "closed":
        this.#emit({ type: `listener.${state}`, listener: this.name });
        break;
      case "paused":
        break;
    }
  }

  #emit(event: LifecycleEvent): void {
    this.#host.lifecycle.emit(event);
  }
}
