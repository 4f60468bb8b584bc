/** Runs the listener machine: the sockets of all its addresses, and the connections that they accept. */
import type { Socket } from "node:net";
import { Subscription } from "rxjs";
import {
  type Actor,
  type AnyActorRef,
  createActor,
  fromCallback,
  fromPromise,
  type SnapshotFrom,
  waitFor,
} from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { LifecycleMode } from "../../charts/lifecycle-logic.ts";
import type { ListenerSettings } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import type { ConnectionSettings } from "../../machines/connection.ts";
import {
  type ListenerEvent,
  type ListenerInput,
  type ListenerState,
  listenerMachine,
  type PauseReason,
} from "../../machines/listener.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import { isPending } from "../../protocols/session/question.ts";
import type { Admission, Judgement } from "../admission/admission.ts";
import type { AskedRules } from "../admission/async-rules.ts";
import type { ConnectionRates } from "../admission/connection-rates.ts";
import {
  type AdmissionHost,
  type AdmittedClient,
  ListenerAdmission,
  type WaitingForRules,
} from "../admission/listener-admission.ts";
import type { SlotCounter } from "../admission/slots.ts";
import { Connection, type ConnectionHost } from "../connection/connection.ts";
import { connectionActors } from "../connection/connection-actors.ts";
import { ConnectionList } from "../connection/connection-list.ts";
import { endpoint } from "../connection/socket-facts.ts";
import type { ChartFlows } from "../observe/chart-flows.ts";
import type { ConnectionWatchers } from "../observe/connection-watchers.ts";
import { inspectorUnder } from "../observe/inspection.ts";
import type { BoundAddress, Lifecycle, LifecycleEvent } from "../observe/lifecycle.ts";
import type { BindTarget, BoundSocket, InheritableSocket } from "../sockets/bound-socket.ts";
import {
  type DescriptorReserve,
  descriptorPlenty,
  descriptorReserve,
  lacksDescriptors,
} from "../sockets/descriptor-reserve.ts";
import type { InheritedSockets } from "../sockets/inherited-sockets.ts";
import { Breather } from "../time/breather.ts";
import type { TlsServerOptions } from "../tls/context.ts";
import { HandshakeQueue } from "../tls/handshake-queue.ts";
import { spreadDrain } from "./drain-spread.ts";
import { followHoldReasons } from "./hold-reasons.ts";
import { ListenerStateError } from "./listener-errors.ts";
import { listenerReports } from "./listener-reports.ts";
import { type AcceptedEnds, type Elsewhere, ListenerSockets, type SocketsOwner } from "./listener-sockets.ts";
import { liveSettings, type ReloadableSettings } from "./live-settings.ts";
import type { RefusedSockets } from "./refusal.ts";

/** How long it may take to refuse the clients that the kernel has queued when the listener ends, in milliseconds. */
const refusalTimeout = 1_000;
/** Clients of a listener that wait for slots of the fleet at once. */
const mostHeld = 1_024;

interface ArrivedClient {
  readonly socket: Socket;
  readonly ends: AcceptedEnds;
  readonly peer: Endpoint;
}

/** A client that waits for a slot. */
interface HeldClient extends ArrivedClient {
  readonly left: () => void;
}

/** What all listeners of a server share. A reload changes some of it for the next connection. */
export interface ListenerHost extends AdmissionHost {
  hostname: string;
  /** Milliseconds. */
  drainTimeout: number;
  /** Number of the document in force; the first is 1. */
  generation: number;
  readonly refused: RefusedSockets;
  readonly descriptors: DescriptorReserve;
  readonly inherited: InheritedSockets;
  /** Who accepts and serves in this thread's place; null for nobody. */
  elsewhere(settings: ListenerSettings): ElsewhereServed | null;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly watchers: ConnectionWatchers;
  readonly flows: ChartFlows;
  readonly lifecycleMode: LifecycleMode;
  /** The prefix of connection ids. */
  readonly idPrefix: string;
  nextConnectionNumber(): number;
}

/** Workers that accept and serve the clients of a listener. */
export interface ElsewhereServed extends Elsewhere {
  /** Resolves as soon as no client of the listener with these slots is left. */
  emptied(slots: SlotCounter): Promise<void>;
  /** The listener has closed. */
  closed(slots: SlotCounter): void;
}

export interface ListenerOptions extends ReloadableSettings {
  /** What the listener binds itself; sockets that it takes over come through `adopt`. */
  readonly targets: readonly BindTarget[];
}

export class Listener {
  /**
   * One machine for all: to provide its effects makes all of its states anew, which would be most of what a listener
   * costs. Guards are given no actor, but the context, which has the input.
   */
  static readonly #machine = listenerMachine.provide({
    actors: {
      bindSockets: fromPromise(({ self }) => {
        const listener = Listener.#invoking(self);
        return listener.#sockets.bind(listener.#targets);
      }),
      openSockets: fromPromise(({ self }) => Listener.#invoking(self).#sockets.open()),
      pauseSockets: fromPromise(({ self }) => Listener.#invoking(self).#sockets.pause()),
      refuseQueued: fromPromise(({ self, signal }) => Listener.#invoking(self).#sockets.empty(signal)),
      drainConnections: fromCallback(({ self }) => {
        const listener = Listener.#invoking(self);
        return spreadDrain(listener.connections, listener.#host);
      }),
    },
    actions: {
      closeSockets: ({ self }) => Listener.#of(self).#sockets.close(),
      awaitConnections: ({ self }) => Listener.#of(self).#awaitConnections(),
      expireConnections: ({ self }) => Listener.#of(self).#expireConnections(),
      stopConnections: ({ self }) => Listener.#of(self).#stopConnections(),
    },
    guards: {
      findsDescriptors: ({ context }) => Listener.#findsDescriptors(Listener.#byInput.get(context.timeouts)),
      foundNoDescriptor: ({ event }) => "error" in event && lacksDescriptors(event.error),
    },
  });
  static readonly #byActor = new WeakMap<object, Listener>();
  static readonly #byInput = new WeakMap<ListenerInput, Listener>();

  readonly slots: SlotCounter;
  /** Who accepts and serves in this thread's place; null for nobody. */
  readonly elsewhere: ElsewhereServed | null;
  readonly connections = new ConnectionList<Connection>();
  readonly actor: Actor<typeof listenerMachine>;
  readonly #host: ListenerHost;
  readonly #targets: readonly BindTarget[];
  readonly #admission: ListenerAdmission;
  readonly #handshakes: HandshakeQueue;
  readonly #connectionHost: ConnectionHost;
  readonly #sockets: ListenerSockets;
  #live: ReloadableSettings;
  #holdReasons = Subscription.EMPTY;
  #fleetAnswers = Subscription.EMPTY;
  #pausedBy: readonly PauseReason[] = [];
  #state: ListenerState | null = null;
  /** Accepted, and without a slot. */
  readonly #held = new Set<HeldClient>();

  constructor(host: ListenerHost, options: ListenerOptions) {
    this.#host = host;
    this.#live = options;
    this.#targets = options.targets;
    this.elsewhere = host.elsewhere(options.settings);
    this.#sockets = new ListenerSockets(this.#socketsOwner());
    this.slots = host.counting.slots(options.settings);
    this.#handshakes = new HandshakeQueue(host.counting.handshakes(options.settings));
    this.#admission = new ListenerAdmission(host, {
      settings: options.settings,
      slots: this.slots,
      ruleFailed: (error) => this.#warnOfRule(`A client was refused: an admission rule threw ${messageOf(error)}.`),
      asyncRuleFailed: (text) => this.#warnOfRule(text),
    });
    const input = {
      get drainTimeout() {
        return host.drainTimeout;
      },
      refusalTimeout,
    };
    this.actor = createActor(Listener.#machine, {
      id: `listener:${this.name}`,
      input,
      clock: host.clock,
      ...(host.inspect ? { inspect: host.inspect } : {}),
    });
    this.actor.system.inspect(host.flows.of("listener").inspector);
    Listener.#byActor.set(this.actor, this);
    Listener.#byInput.set(input, this);
    this.#connectionHost = Object.assign(
      liveSettings(host, { live: () => this.#live, asyncAdmission: () => this.#admission.asksElsewhere }),
      {
        listener: this.name,
        idPrefix: host.idPrefix,
        clock: host.clock,
        lifecycle: host.lifecycle,
        inspect: inspectorUnder(host.inspect, this.actor),
        watchers: host.watchers,
        sessionPassages: host.flows.of(options.settings.protocol),
        actors: connectionActors(host),
        handshakes: this.#handshakes,
        judge: (client: AdmittedClient) => this.#judgeClient(client),
        askRules: (client: WaitingForRules, answered: (refusal: Refusal | null) => void) =>
          this.#askRules(client, answered),
        busyReply: (refusal: Refusal) => this.#busyReply(refusal),
        closed: (connection: Connection) => this.#connectionClosed(connection),
      },
    );
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
    if (this.settings.atCapacity === "hold") this.#followHoldReasons();
    if (host.fleet) this.#fleetAnswers = host.fleet.answered$.subscribe(() => this.#admitHeld());
  }

  static #of(actor: object | undefined): Listener {
    const listener = actor && Listener.#byActor.get(actor);
    if (!listener) throw new Error("This actor runs no listener.");
    return listener;
  }

  /** Of what the machine has invoked. */
  static #invoking({ _parent }: AnyActorRef): Listener {
    return Listener.#of(_parent);
  }

  static #findsDescriptors(listener: Listener | undefined): boolean {
    return listener !== undefined && listener.#host.descriptors.spare() >= listener.#descriptorsToResume;
  }

  get settings(): ListenerSettings {
    return this.#live.settings;
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

  /** How many connections there are, in whichever thread. */
  get connectionCount(): number {
    return this.elsewhere ? this.slots.taken : this.connections.size;
  }

  /** The socket of an address as the document writes it; null when it has none. */
  socketAt(text: string): BoundSocket | null {
    return this.#sockets.at(text);
  }

  send(event: ListenerEvent): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send(event);
  }

  /** What the admission rules would say about a client at this moment. */
  judgementOf(address: string, { proxied }: { readonly proxied: boolean }): Judgement {
    return this.#admission.explain({ address, port: 0 }, { proxied, draining: this.state === "draining" });
  }

  /** The times and settings that the next connection begins with. */
  get connectionSettings(): ConnectionSettings {
    return this.#connectionHost.settings;
  }

  /** The settings in force. */
  get live(): ReloadableSettings {
    return this.#live;
  }

  /** Sets settings for the next connection or handshake; socket options at once, where the kernel allows it. */
  applySettings(live: ReloadableSettings): void {
    this.#live = live;
    const { settings } = live;
    this.slots.limit = settings.maxConnections;
    this.#sockets.applySettings(settings);
    this.#handshakes.setLimit(settings.maxHandshakes);
    this.#admission.applySettings(settings, this.#admittedClients());
    this.#followHoldReasons();
  }

  /** Sets certificates for the next handshake. */
  serve(tls: TlsServerOptions): void {
    this.#live = { ...this.#live, tls };
  }

  *#admittedClients(): Generator<AdmittedClient> {
    for (const { client } of this.connections) if (client) yield client;
  }

  /** Binds further addresses beside those in use. @throws ListenerError with every address that cannot be bound. */
  stageSockets(targets: readonly BindTarget[], settings: ListenerSettings): Promise<void> {
    return this.#sockets.stage(targets, settings);
  }

  /** From here on the kernel queues clients for what is bound and not yet in use. */
  listenOnStaged(): Promise<void> {
    return this.#sockets.listen();
  }

  /** Puts the staged sockets into use, in place of those with the same address. */
  async openStaged(): Promise<void> {
    this.#sockets.useStaged();
    if (this.state === "listening") await this.#sockets.open();
  }

  discardStaged(): void {
    this.#sockets.discardStaged();
  }

  /** Takes over another listener's socket. */
  adopt(text: string, socket: BoundSocket): void {
    this.#sockets.adopt(text, socket);
  }

  /** Releases a socket, which keeps queueing. */
  giveUp(text: string): Promise<BoundSocket | undefined> {
    return this.#sockets.giveUp(text);
  }

  /** Nobody is queued any more for what `retireSockets` is going to close. */
  queueNoMore(texts: readonly string[]): void {
    this.#sockets.queueNoMore(texts);
  }

  /**
   * Closes the sockets of these addresses, and those that were replaced, once the queued clients have been admitted.
   */
  retireSockets(texts: readonly string[]): Promise<void> {
    return this.#sockets.retire(texts);
  }

  /**
   * Stops accepting; resolves when it has. A resume in the meantime wins.
   * @throws ListenerStateError unless it listens or is paused
   */
  async suspend(): Promise<void> {
    this.#assertPausable("suspended");
    this.send({ type: "listener.suspend" });
    await this.#settled(({ value, context }) => !isPausing(value) || !context.pausedBy.includes("suspended"));
    this.#assertPausable("suspended");
  }

  /**
   * Accepts again; resolves when it does, or when a reason other than the suspension still prevents it.
   * @throws ListenerStateError unless it listens or is paused
   */
  async resume(): Promise<void> {
    this.#assertPausable("resumed");
    this.send({ type: "listener.resume" });
    await this.#settled(({ value, context }) => value === "listening" || context.pausedBy.length > 0);
    this.#assertPausable("resumed");
  }

  /** Stops accepting, for a successor; resolves when it has. Does nothing to a listener that is ending. */
  async handOver(): Promise<void> {
    this.send({ type: "listener.handover" });
    await this.#settled(({ value }) => value !== "listening" && !isPausing(value));
  }

  /** Accepts again, unless another reason prevents it; with its own socket options, and its files' modes and owners. */
  async takeBack(): Promise<void> {
    for (const socket of this.#sockets.inheritable.values()) socket?.restoreSettings();
    this.applySocketSettings();
    this.send({ type: "listener.reclaim" });
    await this.#settled(
      ({ value, context }) => value === "listening" || context.pausedBy.length > 0 || isEnding(value),
    );
  }

  /** The thread ends with this turn: who would still be accepted in it is left to the others. */
  acceptNoMore(): void {
    this.#sockets.acceptNoMore();
  }

  /** Its sockets, for a successor; null for one that cannot be inherited. */
  get inheritable(): ReadonlyMap<string, InheritableSocket | null> {
    return this.#sockets.inheritable;
  }

  /** It was suspended when another server had it: it accepts nobody. */
  beginSuspended(): void {
    const following = this.actor.subscribe(() => {
      if (this.state !== "listening" && this.state !== "paused") return;
      following.unsubscribe();
      this.send({ type: "listener.suspend" });
    });
  }

  /** What is known of its clients' rates; null without a limit. */
  get rates(): ConnectionRates | null {
    return this.#admission.rates;
  }

  /** Sets the socket options on sockets that another server has used until now. */
  applySocketSettings(): void {
    this.#sockets.applySettings(this.settings);
  }

  /** Closes what no successor has taken, and admits who waits there: to be greeted, and drained. */
  retireUntaken(): Promise<void> {
    return this.#sockets.retireUntaken();
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

  /** The counters whose slots a connection takes. */
  get #counters(): readonly SlotCounter[] {
    return this.settings.ignoreServerCap ? [this.slots] : [this.slots, this.#host.serverSlots];
  }

  #followHoldReasons(): void {
    this.#holdReasons.unsubscribe();
    const reasons = { settings: this.settings, counters: this.#counters, pressure$: this.#host.pressure$ };
    this.#holdReasons = followHoldReasons(reasons, (event) => {
      this.send(event);
      if (event.type === "capacity.freed") this.#admitHeld();
    });
  }

  #socketsOwner(): SocketsOwner {
    const settings = () => this.settings;
    const ended = () => this.actor.getSnapshot().status !== "active";
    return {
      name: this.name,
      inherited: this.#host.inherited,
      elsewhere: this.elsewhere,
      get settings() {
        return settings();
      },
      get ended() {
        return ended();
      },
      accepted: (socket, ends) => this.#accept(socket, ends),
      acceptFailed: (error) => this.#acceptFailed(error),
      warn: ({ field, text }) => this.#emit({ type: "listener.warning", listener: this.name, field, text }),
    };
  }

  #awaitConnections(): void {
    if (this.elsewhere) void this.elsewhere.emptied(this.slots).then(() => this.send({ type: "connections.none" }));
    else if (this.connections.size === 0) this.send({ type: "connections.none" });
  }

  /** Thousands take longer than the clients of other listeners should wait. */
  #expireConnections(): void {
    void new Breather().forEach(this.connections, (connection) => connection.drainExpired());
  }

  #stopConnections(): void {
    void new Breather().forEach(this.connections, (connection) => connection.stop());
  }

  #accept(socket: Socket, ends: AcceptedEnds): void {
    const peer = ends.peer ?? endpoint(socket.remoteAddress, socket.remotePort);
    const admission = this.#judgeArrival(peer);
    const { refusal } = admission;
    if (refusal && this.#isHeld(refusal) && (this.settings.atCapacity === "hold" || this.#held.size < mostHeld)) {
      this.#hold({ socket, ends, peer });
    } else this.#conclude({ socket, ends, peer }, admission);
  }

  /** Judged once more if another thread has given a slot back meanwhile. */
  #judgeArrival(peer: Endpoint): Admission {
    const admission = this.#judge(peer);
    const { refusal } = admission;
    return refusal && isCap(refusal) && !this.#counters.some(({ full }) => full) ? this.#judge(peer) : admission;
  }

  #judge(peer: Endpoint): Admission {
    return this.#admission.judge({ kind: "socket", peer, draining: this.state === "draining" });
  }

  #conclude({ socket, ends, peer }: ArrivedClient, admission: Admission): void {
    if (admission.refusal) {
      this.#reportRefused(peer, admission.refusal);
      this.#host.refused.refuse(socket, this.#busyReply(admission.refusal));
      return;
    }
    const connection = new Connection(this.#connectionHost, {
      number: this.#host.nextConnectionNumber(),
      socket,
      peer,
      local: ends.local,
      permit: admission.permit,
      proxied: admission.owesHeader,
    });
    this.connections.add(connection);
    connection.start();
    this.#keepDescriptors();
  }

  /**
   * Another thread took the last slot while this client was being accepted: it waits, as those in the kernel's queue do. Or
   * other nodes of the fleet may have a slot for it.
   */
  #isHeld(refusal: Refusal): boolean {
    if (!isCap(refusal)) return false;
    return this.#isTold(this.#counters.filter(({ full }) => full));
  }

  /** Whether it will be heard of when these have slots again. */
  #isTold(full: readonly SlotCounter[]): boolean {
    const mayBeHad = full.length > 0 && full.every((counter) => counter.ask());
    return this.settings.atCapacity === "hold" || mayBeHad;
  }

  #hold(client: ArrivedClient): void {
    const held = { ...client, left: () => this.#held.delete(held) };
    this.#held.add(held);
    held.socket.on("error", ignore);
    held.socket.once("close", held.left);
    this.#awaitSlots();
  }

  #awaitSlots(): void {
    for (const counter of this.#counters) counter.settle();
    const full = this.#counters.filter((counter) => counter.full);
    // The slot may have been given back before anybody observed that it was gone; and taken again by another thread, when
    // nobody would say so if the listener does not hold.
    if (full.length === 0 || !this.#isTold(full)) queueMicrotask(() => this.#admitHeld());
  }

  /** In the order of their coming, as far as there are slots. */
  #admitHeld(): void {
    for (const held of this.#held) {
      const admission = this.#judge(held.peer);
      if (admission.refusal && this.#isHeld(admission.refusal)) {
        this.#awaitSlots();
        return;
      }
      this.#held.delete(held);
      held.socket.off("error", ignore);
      held.socket.off("close", held.left);
      this.#conclude(held, admission);
    }
  }

  #judgeClient(client: AdmittedClient): Refusal | null {
    const { refusal } = this.#admission.judge({ kind: "client", ...client });
    if (refusal) this.#reportRefused(client.peer, refusal);
    return refusal;
  }

  #askRules(client: WaitingForRules, answered: (refusal: Refusal | null) => void): AskedRules {
    return this.#admission.ask(client, (refusal) => {
      if (refusal) this.#reportRefused(client.peer, refusal);
      answered(refusal);
    });
  }

  #reportRefused(peer: Endpoint, refusal: Refusal): void {
    this.#emit({ type: "connection.refused", listener: this.name, peer, refusal });
  }

  /** Pauses when too few descriptors could be opened. */
  descriptorsLeft(spare: number): void {
    if (spare < this.#descriptorsToAccept) this.send({ type: "descriptors.exhausted" });
  }

  /** The endpoint that reports on the server should stay reachable for as long as possible. */
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

  #warnOfRule(text: string): void {
    this.#emit({ type: "listener.warning", listener: this.name, field: "admission", text });
  }

  /** Null where nothing may be sent in clear. */
  #busyReply(refusal: Refusal): string | null {
    if (this.settings.tlsImplicit) return null;
    try {
      const words: unknown = this.#live.protocol.busy(refusal, this.#host.hostname);
      if (typeof words === "string") return words;
      if (isPending(words)) Promise.resolve(words).catch(() => {});
      throw new TypeError("an answer that is no text");
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
    const [before, pausedBefore] = [this.#state, this.pausedBy];
    this.#state = state;
    this.#pausedBy = snapshot.context.pausedBy;
    if (snapshot.status !== "active") {
      this.#holdReasons.unsubscribe();
      this.#fleetAnswers.unsubscribe();
      this.#admission.complete();
      this.elsewhere?.closed(this.slots);
      this.#host.fleet?.closed(this.slots);
      for (const { socket } of this.#held) socket.destroy();
    }
    if (state === "draining") this.#admitHeld();
    const { error } = snapshot.context;
    for (const event of listenerReports(this, { before, pausedBefore, error, counters: this.#counters }))
      this.#emit(event);
  }

  #emit(event: LifecycleEvent): void {
    this.#host.lifecycle.emit(event);
  }
}

type ListenerValue = SnapshotFrom<typeof listenerMachine>["value"];

function isPausing(value: ListenerValue): boolean {
  return typeof value === "object" && "paused" in value && value.paused === "pausing";
}

function isEnding(value: ListenerValue): boolean {
  return typeof value === "object" && "draining" in value;
}

function ignore(): void {
  // The socket's close follows.
}

function isCap({ rule }: Refusal): boolean {
  return rule === "listener-cap" || rule === "server-cap";
}
