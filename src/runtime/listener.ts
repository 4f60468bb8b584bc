/** Carries out the listener machine: the sockets of all its addresses, and the connections that they accept. */
import type { Socket } from "node:net";
import { type Actor, createActor, fromCallback, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { ListenerSettings } from "../config/index.ts";
import type { LifecycleMode } from "../machines/lifecycle-logic.ts";
import { type ListenerEvent, type ListenerState, listenerMachine, type PauseReason } from "../machines/listener.ts";
import type { Endpoint, Refusal } from "../protocols/protocol.ts";
import { type AdmissionHost, ListenerAdmission } from "./admission/listener-admission.ts";
import { Connection, type ConnectionHost, type Inspector } from "./connection.ts";
import { type DescriptorReserve, descriptorPlenty, descriptorReserve, lacksDescriptors } from "./descriptor-reserve.ts";
import { spreadDrain } from "./drain-spread.ts";
import { messageOf } from "./error-message.ts";
import type { BoundAddress, Lifecycle, LifecycleEvent } from "./lifecycle.ts";
import { ListenerStateError } from "./listener-errors.ts";
import { listenerReports } from "./listener-reports.ts";
import { ListenerSockets, type SocketsOwner } from "./listener-sockets.ts";
import { liveSettings, type Tuning } from "./live-settings.ts";
import type { RefusedSockets } from "./refusal.ts";
import { type Permit, SlotCounter } from "./slots.ts";
import { endpoint } from "./socket-facts.ts";
import type { BindTarget, BoundSocket } from "./sockets/bound-socket.ts";
import { HandshakeQueue } from "./tls/handshake-queue.ts";

/** How long the clients that the kernel has queued may take to be refused when the listener ends, in milliseconds. */
const refusalTimeout = 1_000;

/** What all listeners of a server share. A reload changes some of it for the next connection. */
export interface ListenerHost extends AdmissionHost {
  hostname: string;
  /** Milliseconds. */
  drainTimeout: number;
  /** Number of the document in force; the first is 1. */
  generation: number;
  readonly refused: RefusedSockets;
  readonly descriptors: DescriptorReserve;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly lifecycleMode: LifecycleMode;
  nextConnectionId(): string;
}

export interface ListenerOptions extends Tuning {
  /** What the listener binds itself; sockets that it takes over come by `adopt`. */
  readonly targets: readonly BindTarget[];
}

export class Listener {
  readonly slots: SlotCounter;
  readonly connections = new Set<Connection>();
  readonly actor: Actor<typeof listenerMachine>;
  readonly #host: ListenerHost;
  readonly #targets: readonly BindTarget[];
  readonly #admission: ListenerAdmission;
  readonly #handshakes: HandshakeQueue;
  readonly #connectionHost: ConnectionHost;
  readonly #sockets: ListenerSockets;
  #tuning: Tuning;
  /** The counters whose slots a connection takes. */
  #counters: readonly SlotCounter[] = [];
  #unobserve: (() => void)[] = [];
  #pausedBy: readonly PauseReason[] = [];
  #state: ListenerState | null = null;

  constructor(host: ListenerHost, options: ListenerOptions) {
    this.#host = host;
    this.#tuning = options;
    this.#targets = options.targets;
    this.#sockets = new ListenerSockets(this.#socketsOwner());
    this.slots = new SlotCounter(options.settings.maxConnections);
    this.#handshakes = new HandshakeQueue(options.settings.maxHandshakes);
    this.#admission = new ListenerAdmission(host, {
      settings: options.settings,
      slots: this.slots,
      ruleFailed: (error) => this.#ruleFailed(error),
    });
    this.#connectionHost = Object.assign(
      liveSettings(host, () => this.#tuning),
      {
        clock: host.clock,
        lifecycle: host.lifecycle,
        inspect: host.inspect,
        lifecycleMode: host.lifecycleMode,
        handshakes: this.#handshakes,
        admitClient: (peer: Endpoint, permit: Permit) => this.#admitClient(peer, permit),
        busyWords: (refusal: Refusal) => this.#busyWords(refusal),
        closed: (connection: Connection) => this.#connectionClosed(connection),
      },
    );
    this.actor = createActor(
      listenerMachine.provide({
        actors: {
          bindSockets: fromPromise(() => this.#sockets.bind(this.#targets)),
          openSockets: fromPromise(() => this.#sockets.open()),
          pauseSockets: fromPromise(() => this.#sockets.pause()),
          refuseQueued: fromPromise(({ signal }) => this.#sockets.empty(signal)),
          drainConnections: fromCallback(() => spreadDrain(this.connections, host)),
        },
        actions: {
          closeSockets: () => this.#sockets.close(),
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
    this.#observeCapacity();
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

  /** Why it does not accept; empty unless it is paused. */
  get pausedBy(): readonly PauseReason[] {
    return this.state === "paused" ? this.#pausedBy : [];
  }

  /** As bound, with the ports that the kernel chose. */
  get addresses(): readonly BoundAddress[] {
    return this.#sockets.addresses;
  }

  send(event: ListenerEvent): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send(event);
  }

  /** Every listener of the document is bound. One that holds its clients does not begin to accept while nobody can be let in. */
  listen(): void {
    this.send({ type: "listener.listen" });
    if (this.#holds) this.send({ type: "capacity.reached" });
  }

  /** No slot is free, and its clients are held instead of refused. */
  get #holds(): boolean {
    return this.settings.atCapacity === "hold" && this.#counters.some((counter) => counter.full);
  }

  /** Other settings, from the next connection or handshake on; socket options at once, where the kernel allows it. */
  retune(tuning: Tuning): void {
    this.#tuning = tuning;
    this.slots.limit = tuning.settings.maxConnections;
    this.#sockets.retune(tuning.settings);
    this.#handshakes.setLimit(tuning.settings.maxHandshakes);
    this.#admission.retune(tuning.settings);
    this.#observeCapacity();
    this.send({ type: this.#holds ? "capacity.reached" : "capacity.freed" });
  }

  /** Binds further addresses beside those in use. @throws ListenerError with every address that cannot be bound. */
  stageSockets(targets: readonly BindTarget[], settings: ListenerSettings): Promise<void> {
    return this.#sockets.stage(targets, settings);
  }

  /** The kernel queues clients for what is bound and not in use yet, from here on. */
  listenOnStaged(): Promise<void> {
    return this.#sockets.listen();
  }

  /** Takes the staged sockets into use, in the place of those of the same address. */
  async openStaged(): Promise<void> {
    this.#sockets.useStaged();
    if (this.state === "listening") await this.#sockets.open();
  }

  discardStaged(): void {
    this.#sockets.discardStaged();
  }

  /** Another listener's socket is this one's now. */
  adopt(text: string, socket: BoundSocket): void {
    this.#sockets.adopt(text, socket);
  }

  /** Lets go of a socket, which goes on queueing. */
  giveUp(text: string): Promise<BoundSocket | undefined> {
    return this.#sockets.giveUp(text);
  }

  /** Closes the sockets of these addresses, and those that were replaced, once whoever is queued has been let in. */
  retireSockets(texts: readonly string[]): Promise<void> {
    return this.#sockets.retire(texts);
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
    for (const unobserve of this.#unobserve.splice(0)) unobserve();
    const counters = this.settings.ignoreServerCap ? [this.slots] : [this.slots, this.#host.serverSlots];
    this.#counters = counters;
    const isFull = (): boolean => counters.some((counter) => counter.full);
    const observer = {
      full: () => this.send({ type: "capacity.reached" }),
      free: () => {
        if (!isFull()) this.send({ type: "capacity.freed" });
      },
    };
    if (this.settings.atCapacity === "hold") this.#unobserve = counters.map((counter) => counter.observe(observer));
  }

  #socketsOwner(): SocketsOwner {
    const settings = () => this.settings;
    const ended = () => this.actor.getSnapshot().status !== "active";
    return {
      name: this.name,
      get settings() {
        return settings();
      },
      get ended() {
        return ended();
      },
      accepted: (socket) => this.#accept(socket),
      acceptFailed: (error) => this.#acceptFailed(error),
      warn: ({ field, text }) => this.#emit({ type: "listener.warning", listener: this.name, field, text }),
    };
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
    return Math.min(this.#descriptorsToAccept + this.#sockets.addresses.length, descriptorPlenty);
  }

  #keepDescriptors(): void {
    if (this.settings.ignoreServerCap) return;
    if (this.#host.descriptors.runsOut(this.#host.serverSlots.taken)) this.send({ type: "descriptors.exhausted" });
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
    const { error } = snapshot.context;
    for (const event of listenerReports(this, { before, pausedBefore, error, counters: this.#counters }))
      this.#emit(event);
  }

  #emit(event: LifecycleEvent): void {
    this.#host.lifecycle.emit(event);
  }
}
