/** Runs the server machine: certificates, then all sockets, then all listeners; and their end. */
import { randomBytes } from "node:crypto";
import { BehaviorSubject, type Observable } from "rxjs";
import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { LifecycleMode } from "../../charts/lifecycle-logic.ts";
import {
  type Configuration,
  documentWarnings,
  isAcme,
  type LoadedDigests,
  withOpenedListeners,
} from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { type ServerState, serverMachine } from "../../machines/server.ts";
import type { Protocol, StreamProtocol } from "../../protocols/protocol.ts";
import { isPending } from "../../protocols/session/question.ts";
import { CertificateOrders } from "../acme/certificate-orders.ts";
import { ChallengeAnswers } from "../acme/challenge-answers.ts";
import type { OrderedCertificate, OrderedCertificateStatus } from "../acme/ordered-certificate.ts";
import { AllowList } from "../admission/allow-list.ts";
import { type AsyncAdmissionRule, rulesByKind } from "../admission/async-rules.ts";
import { type BlockedAddress, BlockList } from "../admission/block-list.ts";
import type { AdmissionRule } from "../admission/client-limits.ts";
import type { FleetStanding } from "../admission/fleet-standing.ts";
import { LeasedSharedSlots } from "../admission/leased-shared-slots.ts";
import type { Counting } from "../admission/listener-admission.ts";
import { localCounting } from "../admission/local-counting.ts";
import { SharedSlots } from "../admission/shared-slots.ts";
import { LocalSlots, type SlotCounter } from "../admission/slots.ts";
import { TrustedSets } from "../admission/trusted-sets.ts";
import type { Connection } from "../connection/connection.ts";
import { watchForVanished } from "../connection/vanished-peers.ts";
import { explain } from "../explain/explain.ts";
import type { ExplainedClient, Explanation } from "../explain/explanation.ts";
import type { FleetHost, FleetNode } from "../fleet/fleet-node.ts";
import { bindTargetsIn, unnamedSockets } from "../listener/bind-targets.ts";
import { type ElsewhereServed, Listener, type ListenerHost } from "../listener/listener.ts";
import { listenersTicketKeys, prepareListeners } from "../listener/prepared-listeners.ts";
import { RefusedSockets } from "../listener/refusal.ts";
import { ChartFlows } from "../observe/chart-flows.ts";
import { ConnectionWatchers } from "../observe/connection-watchers.ts";
import { followThreads, guardedInspector, inspectorUnder, onDemand } from "../observe/inspection.ts";
import { Lifecycle } from "../observe/lifecycle.ts";
import { addressText } from "../observe/log-lines.ts";
import type { Foundation } from "../reload/foundation.ts";
import { ReloadError, Reloader, type ReloadReport, type ReloadTransaction } from "../reload/reload.ts";
import { ReloadGate } from "../reload/reload-gate.ts";
import { ServerReload } from "../reload/reload-transaction.ts";
import type { ReloadableServer, Replacement } from "../reload/reloadable-server.ts";
import { DescriptorReserve } from "../sockets/descriptor-reserve.ts";
import { type InheritedSockets, inheritedText } from "../sockets/inherited-sockets.ts";
import { findShared } from "../sockets/owner.ts";
import { Breather } from "../time/breather.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import type { LoadedCertificate } from "../tls/certificates.ts";
import { ChallengeCertificates, type ChallengePem } from "../tls/challenge-certificates.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import { setTicketKeys } from "../tls/ticket-keys.ts";
import type { FollowedServer, WorkerPool } from "../workers/worker-pool.ts";
import type { ConnectionCount } from "./connection-counts.ts";
import { type PressureOptions, PressureWatch } from "./pressure-watch.ts";
import { ServedCertificates } from "./served-certificates.ts";
import { NotRunningError, StartError, StoppedWhileStartingError, UnknownListenerError } from "./server-errors.ts";

export interface ServerOptions {
  readonly configuration: Configuration;
  readonly clock: Clock;
  /** Where a self-signed certificate is kept. */
  readonly dataDirectory: string;
  readonly inspect: Inspector | undefined;
  readonly lifecycleMode: LifecycleMode;
  /** The embedder's own admission rules. */
  readonly admission: readonly (AdmissionRule | AsyncAdmissionRule)[];
  /** False: there is never any pressure. */
  readonly pressure: PressureOptions | false;
  /** Sockets that this process was started with. */
  readonly inherited: InheritedSockets;
  /** Threads that serve in this one's place; none by default. */
  readonly workers?: WorkerPool | null;
  /** How many a document asks for; always one by default. @throws WorkersOptionError where several cannot be */
  readonly workersWanted?: (document: Configuration) => number;
  /** What makes this server a node of a fleet; nothing by default. */
  readonly fleet?: FleetNode | null;
  /** For a worker: what it shares with the other threads, and where it begins. */
  readonly shared?: SharedParts;
  /** Awaited when every address is bound, before any client is admitted. A rejection fails the start. */
  onBound(): void | Promise<void>;
  /** Awaited when every listener accepts. A rejection fails the start. */
  onListening(): Promise<void>;
  /**
   * Opens the store, checks accounts, makes the protocols. A rejection fails the start. Once the signal is aborted the
   * start has been called off, and nothing more may be opened.
   */
  prepare(signal: AbortSignal): Promise<Foundation>;
}

/** What a worker's server has from the main thread. */
export interface SharedParts {
  readonly slots: SlotCounter;
  readonly counting: Counting;
  readonly blockList: BlockList;
  readonly ticketSecret: Uint8Array;
  /** Null without a fleet. */
  readonly fleet: FleetStanding | null;
  /** What the ids of its connections begin with, and those of no other thread. */
  readonly idPrefix: string;
}

export class Server {
  readonly lifecycle = new Lifecycle();
  readonly slots: SlotCounter;
  readonly blockList: BlockList;
  readonly allowList: AllowList;
  readonly pressure: PressureWatch;
  readonly flows: ChartFlows;
  readonly watchers: ConnectionWatchers;
  readonly actor: Actor<typeof serverMachine>;
  readonly #options: ServerOptions;
  readonly #refused: RefusedSockets;
  readonly #descriptors = new DescriptorReserve();
  /** What the ids of its connections begin with. */
  readonly idPrefix: string;
  #lastNumber = 0;
  #firstGeneration = 1;
  readonly #configuration$: BehaviorSubject<Configuration>;
  readonly #certificates: ServedCertificates;
  readonly #challenges = new ChallengeCertificates();
  /** What proves the control of domains to authorities. */
  readonly challengeAnswers = new ChallengeAnswers({
    add: (domain, pem) => this.prove(domain, pem),
    delete: (domain) => void this.prove(domain, null).catch(() => {}),
  });
  /** Null before the server runs. */
  #orders: CertificateOrders | null = null;
  /** All that have not closed yet: those of the document in force, and those that drain. */
  #listeners = new Set<Listener>();
  /** Those of the document in force, by name. */
  #current = new Map<string, Listener>();
  #host: ListenerHost | null = null;
  #reloader: Reloader | null = null;
  #foundation: Foundation | null = null;
  /** What a start begins with. */
  #first = async (): Promise<void> => {};
  /** What keys of session tickets are made of: this server's own, its predecessor's, or that of all threads or nodes. */
  #ticketSecret: Uint8Array;
  #isOwnSecret = true;
  #starting: Promise<void> = Promise.resolve();
  #state: ServerState | null = null;
  /** It was stopped before it was started. */
  #isCalledOff = false;
  #unwatchDescriptors = (): void => {};
  #unwatchPeers = (): void => {};

  constructor(options: ServerOptions) {
    const inspect = guardedInspector(options.inspect, (callback, error) =>
      this.lifecycle.callbackFailed({ what: "The inspector", callback }, error),
    );
    this.#options = { ...options, inspect };
    this.idPrefix =
      options.shared?.idPrefix ?? `${Date.now().toString(36)}-${Math.floor(Math.random() * 46_656).toString(36)}-`;
    this.flows = new ChartFlows(options.workers ?? null);
    this.watchers = new ConnectionWatchers(() => this.connections(), options.workers ?? null);
    this.#ticketSecret = options.shared?.ticketSecret ?? randomBytes(32);
    onDemand(inspect, () => {
      for (const connection of this.connections()) connection.offer();
    });
    this.#configuration$ = new BehaviorSubject(options.configuration);
    const { maxConnections } = options.configuration.system;
    const workers = options.workers ?? null;
    this.slots =
      options.shared?.slots ??
      (workers && this.#lent(workers.memory.own.slots)) ??
      this.fleet?.slots("server", maxConnections) ??
      new LocalSlots(maxConnections);
    this.slots.limit = maxConnections;
    this.#refused = new RefusedSockets(options.clock);
    this.blockList = options.shared?.blockList ?? new BlockList(options.clock);
    for (const blocked of options.configuration.blocked) this.blockList.add(blocked);
    this.allowList = new AllowList(options.clock);
    for (const allowed of options.configuration.allowed) this.allowList.add(allowed);
    const { clock, pressure } = options;
    this.#certificates = new ServedCertificates({
      clock: options.clock,
      lifecycle: this.lifecycle,
      challenges: this.#challenges,
      listeners: () => this.#current.values(),
      ticketSecret: () => this.#ticketSecret,
    });
    this.pressure = new PressureWatch({ clock, pressure, lifecycle: this.lifecycle });
    this.actor = createActor(
      serverMachine.provide({
        actors: {
          startListeners: fromPromise(({ signal }) => {
            this.#starting = this.#start(signal);
            return this.#starting;
          }),
          drainListeners: fromPromise(() => this.#drainListeners()),
          releaseFoundation: fromPromise(() => this.#releaseFoundation()),
        },
        actions: {
          stopListeners: () => this.#stopListeners(),
          releaseResources: () => this.#releaseResources(),
          reportLeftBehind: () => this.#reportLeftBehind(),
        },
      }),
      { id: "server", clock: options.clock, ...(inspect ? { inspect } : {}) },
    );
    this.actor.system.inspect(this.flows.of("server").inspector);
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
  }

  get state(): ServerState {
    return this.#state ?? (this.#isCalledOff ? "stopped" : "starting");
  }

  get configuration(): Configuration {
    return this.#configuration$.value;
  }

  /** The document in force, and each that replaces it; never completes. */
  get configuration$(): Observable<Configuration> {
    return this.#configuration$;
  }

  /** Number of the document in force; the first is 1. */
  get generation(): number {
    return this.#host?.generation ?? this.#firstGeneration;
  }

  /** Another server has counted before this one; called in mid-start. */
  countFrom(generation: number): void {
    this.#firstGeneration = generation;
    if (this.#host) this.#host.generation = generation;
  }

  /** Digests of the certificate files in force, by file. */
  get certificateFiles(): LoadedDigests {
    return this.#certificates.inForce.files;
  }

  /** What is served: the certificates of the document in force, or the self-signed one. */
  get certificates(): readonly LoadedCertificate[] {
    return this.#certificates.inForce.loaded;
  }

  /** Those that renew themselves. */
  get ordered(): Iterable<OrderedCertificate> {
    return this.#orders?.all ?? [];
  }

  /** Of a certificate that renews itself; null for others. */
  orderStatus(id: string): OrderedCertificateStatus | null {
    return this.#orders?.statusOf(id) ?? null;
  }

  /** The date that their validity is judged by. */
  get date(): Date {
    return this.#certificates.date;
  }

  /** Whether the document in force has this listener. */
  has(listener: string): boolean {
    return this.#current.has(listener);
  }

  get fleet(): FleetNode | null {
    return this.#options.fleet ?? null;
  }

  get workers(): WorkerPool | null {
    return this.#options.workers ?? null;
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners];
  }

  /** For actors beside those of the listeners. */
  get inspect(): Inspector | undefined {
    return this.#host?.inspect;
  }

  /** Those of the document in force. */
  get served(): readonly Listener[] {
    return [...this.#current.values()];
  }

  /** Sockets that this process was started with. */
  get inherited(): InheritedSockets {
    return this.#options.inherited;
  }

  /** Who reloads wait for. */
  readonly reloadGate = new ReloadGate(() => this.#reloader);

  /** State of the reload machine; null before the server runs. */
  get reloadState(): string | null {
    return this.#reloader?.state ?? null;
  }

  *connections(): Generator<Connection> {
    for (const listener of this.#listeners) yield* listener.connections;
  }

  /** Undefined when there is none of this id, or not any more. */
  connection(id: string): Connection | undefined {
    for (const connection of this.connections()) if (connection.facts.id === id) return connection;
    return undefined;
  }

  /**
   * @param first is done before anything is made; its rejection fails the start.
   * @throws StartError with all that failed.
   */
  async start(first: () => Promise<void> = async () => {}): Promise<void> {
    if (this.#isCalledOff) throw new StartError([new StoppedWhileStartingError()]);
    this.#first = first;
    this.actor.start();
    const snapshot = await waitFor(this.actor, ({ value }) => value !== "starting");
    if (snapshot.value === "failed") throw snapshot.context.error;
    if (snapshot.value !== "running") throw new StartError([new StoppedWhileStartingError()]);
  }

  /** Resolves when the last connection has closed; may be called again to stop without waiting. */
  async stop({ wait }: { wait: boolean }): Promise<void> {
    if (this.#state === null) {
      // A signal between the making and the start: whoever starts it next has not heard of it.
      this.#isCalledOff = true;
      return;
    }
    if (this.actor.getSnapshot().status !== "active") return;
    this.actor.send({ type: wait ? "server.drain" : "server.stop" });
    await waitFor(this.actor, (snapshot) => snapshot.status !== "active");
  }

  /**
   * Puts another document into force, as one transaction; of several that arrive meanwhile, only the newest.
   * @throws ReloadError when it cannot be: everything stays as it was.
   */
  async reload(configuration: Configuration, by: string): Promise<ReloadReport> {
    const held = this.reloadGate.closed;
    if (held) await held;
    const submit = () => this.#runningReloader().submit(configuration, by);
    const documents = this.fleet?.documents;
    return documents ? documents.inTurn(configuration, submit) : submit();
  }

  /**
   * Puts the document in force into force again, with its certificates read again, after the current reload.
   * @throws ReloadError when it cannot be: everything stays as it was.
   */
  async renew(by: string): Promise<ReloadReport> {
    const held = this.reloadGate.closed;
    if (held) await held;
    return this.#runningReloader().renew(by);
  }

  /** For a worker, whose main thread takes each step of a reload. */
  transaction(configuration: Configuration): ReloadTransaction {
    return new ServerReload(this.#reloadable(), configuration);
  }

  #runningReloader(): Reloader {
    if (this.#reloader) return this.#reloader;
    throw new ReloadError("reload-stopped", "Only a server that runs takes another document.");
  }

  /** Serves these certificates, which another thread has. */
  serveCertificates(certificates: ServerCertificates): Promise<void> {
    return this.#certificates.serve(certificates);
  }

  /** Shows the certificate that proves the control of a domain, in every thread; null for no longer. */
  async prove(domain: string, pem: ChallengePem | null): Promise<void> {
    if (pem) this.#challenges.add(domain, pem);
    else this.#challenges.delete(domain);
    await this.workers?.prove({ domain, pem });
  }

  /**
   * Suspends one listener, or all; resolves when none of them accepts any more.
   * @throws NotRunningError, UnknownListenerError, ListenerStateError
   */
  async suspend(name?: string): Promise<void> {
    const named = this.#named(name);
    await Promise.all(named.map((listener) => listener.suspend()));
    for (const listener of named) this.fleet?.tell({ kind: "suspended", name: listener.name, value: true });
  }

  /**
   * Resumes one listener, or all.
   * @throws NotRunningError, UnknownListenerError, ListenerStateError
   */
  async resume(name?: string): Promise<void> {
    const named = this.#named(name);
    await Promise.all(named.map((listener) => listener.resume()));
    for (const listener of named) this.fleet?.tell({ kind: "suspended", name: listener.name, value: null });
  }

  /**
   * Ends one connection: at its next safe point, within `drainTimeout`, or at once.
   * @returns whether it was there
   */
  close(id: string, { now }: { readonly now: boolean }): boolean {
    const connection = this.connection(id);
    if (now) connection?.stop();
    else connection?.drain();
    return connection !== undefined;
  }

  /**
   * Refuses the clients of an address from here on, in every thread and node.
   * @throws BlockedAddressError
   */
  block(blocked: BlockedAddress): void {
    this.blockHere(blocked);
    const entry = this.fleet && this.blockList.entryOf(blocked.address);
    const expiresAt = entry?.expiresAt?.toISOString() ?? null;
    if (entry) this.fleet?.tell({ kind: "blocked", name: entry.address, value: { ...entry, expiresAt } });
  }

  /** @returns whether it was blocked. @throws BlockedAddressError */
  unblock(address: string): boolean {
    const entry = this.fleet && this.blockList.entryOf(address);
    if (entry) this.fleet?.tell({ kind: "blocked", name: entry.address, value: null });
    return this.unblockHere(address);
  }

  /** In this process. */
  blockHere(blocked: BlockedAddress): void {
    this.blockList.add(blocked);
    this.workers?.block({ add: blocked });
  }

  unblockHere(address: string): boolean {
    const removed = this.blockList.remove(address);
    this.workers?.block({ remove: address });
    return removed;
  }

  /**
   * What would become of a client at this moment.
   * @throws NotRunningError, UnknownListenerError, ExplainedClientError
   */
  async explain(client: ExplainedClient): Promise<Explanation> {
    return explain(this, this.#listenerNamed(client.listener), client);
  }

  #named(name: string | undefined): readonly Listener[] {
    if (name !== undefined) return [this.#listenerNamed(name)];
    this.#assertRunning();
    return [...this.#current.values()];
  }

  /** Draining listeners of an earlier document are not found by name. */
  #listenerNamed(name: string): Listener {
    this.#assertRunning();
    const named = this.#current.get(name);
    if (!named) throw new UnknownListenerError(name, [...this.#current.keys()]);
    return named;
  }

  #assertRunning(): void {
    if (this.state !== "running") throw new NotRunningError(this.state);
  }

  async #start(signal: AbortSignal): Promise<void> {
    try {
      await this.#first();
      this.#assertStarting();
      this.#foundation = await this.#options.prepare(signal);
      this.#assertStarting();
      await this.#startListeners(await this.#foundation.protocolsOf(this.#options.configuration));
    } catch (error) {
      this.#stopListeners();
      // A start that was called off is followed by `releasing`.
      if (!signal.aborted) await Promise.all([this.fleet?.stop(), this.#foundation?.release()]);
      throw error instanceof StartError
        ? error
        : new StartError(error instanceof AggregateError ? error.errors : [error]);
    }
  }

  #assertStarting(): void {
    if (this.state !== "starting") throw new StoppedWhileStartingError();
  }

  async #startListeners(protocols: ReadonlyMap<string, Protocol>): Promise<void> {
    const { configuration, clock } = this.#options;
    const { listeners, certificates } = await prepareListeners({
      configuration,
      protocols,
      dataDirectory: this.#options.dataDirectory,
      now: this.date,
      challenges: this.#challenges,
      given: this.#foundation?.certificates?.(),
      ticketSecret: this.#ticketSecret,
    });
    this.#assertStarting();
    for (const { code, text } of [...documentWarnings(configuration), ...certificates.warnings])
      this.lifecycle.emit({ type: "server.warning", code, text });

    const { inspect } = this.#options;
    if (this.workers && inspect && !followThreads(inspect, this.workers)) {
      const text =
        "This inspector gets the actors themselves, which cannot leave their threads: it sees the server, its listeners and its workers, and no connections of theirs. inspectionTree([inspector]) in front of it shows those, too; or set workers to 1.";
      this.lifecycle.emit({ type: "server.warning", code: "inspected-workers", text });
    }
    this.#certificates.replace(certificates);
    const host: ListenerHost = {
      generation: this.#firstGeneration,
      hostname: configuration.system.defaultHostname,
      drainTimeout: configuration.system.drainTimeout,
      serverSlots: this.slots,
      counting: this.#options.shared?.counting ?? this.#counting(),
      fleet: this.#options.shared?.fleet ?? this.fleet,
      elsewhere: (settings) => (this.workers?.serves(settings) ? this.#elsewhere(this.workers) : null),
      trustedSets: new TrustedSets(),
      blockList: this.blockList,
      allowList: this.allowList,
      rules: rulesByKind(this.#options.admission),
      pressure$: this.pressure.pressure$,
      refused: this.#refused,
      descriptors: this.#descriptors,
      inherited: this.#options.inherited,
      clock,
      lifecycle: this.lifecycle,
      inspect: inspectorUnder(this.#options.inspect, this.actor),
      watchers: this.watchers,
      flows: this.flows,
      lifecycleMode: this.#options.lifecycleMode,
      idPrefix: this.idPrefix,
      nextConnectionNumber: () => {
        this.#lastNumber += 1;
        return this.#lastNumber;
      },
    };
    this.#host = host;
    const targetsOf = bindTargetsIn(withOpenedListeners(configuration));
    // Thousands of them take a while, in which a stop may be requested; none is made from then on.
    const breather = new Breather();
    await breather.beginEach(listeners, (prepared) => {
      this.#assertStarting();
      const listener = new Listener(host, { ...prepared, targets: targetsOf(prepared.settings) });
      this.#listeners.add(listener);
      this.#current.set(listener.name, listener);
      listener.actor.start();
    });
    await this.#untilAll((listener) => listener.actor.getSnapshot().matches({ binding: "bound" }));
    this.#warnOfInherited();
    await this.#warnOfShared();
    await this.workers?.start(this.#followed());
    await this.fleet?.start({
      ...{ lifecycle: this.lifecycle, inspect: host.inspect, flow: this.flows.of("fleet") },
      apply: (change) => this.#apply(change),
      answers: this.challengeAnswers,
      close: (id, options) =>
        this.close(id, options) || this.workers?.askOwner<boolean>({ ask: "close", id, ...options }) === true,
      inForce: () => this.configuration,
      reload: (configuration, by) => this.reload(configuration, by),
      useTicketSecret: (secret) => this.useTicketSecret(secret),
    });
    this.#assertStarting();
    await this.#options.onBound();
    this.#assertStarting();
    // From the first one on there are clients to serve.
    await breather.beginEach(this.listeners, (listener) => listener.send({ type: "listener.listen" }));
    await this.#untilAll(({ state }) => state === "listening" || state === "paused");
    await this.workers?.serve();
    await this.#options.onListening();
    this.#assertStarting();
    this.#reloader = new Reloader({
      clock,
      inspect: host.inspect,
      flow: this.flows.of("reload"),
      lifecycle: this.lifecycle,
      inForce: () => this.configuration,
      begin: (configuration) => {
        const own = new ServerReload(this.#reloadable(), configuration);
        return this.fleet?.documents?.transaction(configuration, own) ?? own;
      },
    });
    this.fleet?.documents?.began();
    this.#orders = new CertificateOrders({
      clock: clock.date ? clock : systemClock,
      lifecycle: this.lifecycle,
      inspect: host.inspect,
      flow: this.flows.of("certificate"),
      dataDirectory: this.#options.dataDirectory,
      answers: this.challengeAnswers,
      fleet: this.fleet?.orders ?? null,
      serve: async (certificate) => {
        await this.#certificates.renew(certificate);
        await this.workers?.serveCertificates(this.#certificates.inForce);
      },
      served: (id) => this.certificates.find((certificate) => certificate.id === id),
    });
    this.#followOrders(configuration);
  }

  #followOrders(configuration: Configuration): void {
    if (this.fleet && !this.fleet.orders && configuration.certificates.some(isAcme)) {
      const text =
        "Each node of the fleet orders its certificates for itself, and only the node that orders answers the authority: private keys are not put into the engine in clear. Give all nodes the same SystemSettings.cluster.encryptionKey, so that one orders for all.";
      this.lifecycle.emit({ type: "server.warning", code: "fleet-certificates", text });
    }
    this.#orders?.follow(configuration);
  }

  #counting(): Counting {
    const own = this.workers?.memory.counting ?? localCounting(this.#options.clock);
    return this.fleet?.counting(own) ?? own;
  }

  /** Of a fleet, if there is one. */
  #lent(slots: SharedSlots): SharedSlots {
    return this.fleet && slots instanceof LeasedSharedSlots ? this.fleet.lend("server", slots) : slots;
  }

  /** What another node of the fleet has changed for all. */
  #apply({ kind, name, value }: Parameters<FleetHost["apply"]>[0]): void {
    if (kind === "blocked") {
      if (value) this.blockHere(value);
      else this.unblockHere(name);
      return;
    }
    const listener = this.#current.get(name);
    if (!listener) return;
    if (value && this.state === "starting") listener.beginSuspended();
    else (value ? listener.suspend() : listener.resume()).catch(() => {});
  }

  /** What keys of session tickets are made of. Must not appear in a log, an API answer or an inspector event. */
  get ticketSecret(): Uint8Array {
    return this.#ticketSecret;
  }

  /** Whoever has agreed on a session with a predecessor goes on with it; nothing where all nodes share a secret. */
  continueTickets(secret: Uint8Array): void {
    if (this.#isOwnSecret) this.useTicketSecret(secret);
  }

  /** Keys of session tickets are made of this from here on, in every thread. */
  useTicketSecret(secret: Uint8Array): void {
    this.#ticketSecret = secret;
    this.#isOwnSecret = false;
    this.#setTicketKeys();
    void this.workers?.useTicketSecret(secret).catch(() => {});
  }

  /** In contexts that were made from another secret. */
  #setTicketKeys(): void {
    const secret = this.#ticketSecret;
    for (const { live, settings } of this.#current.values())
      if (live.tls) setTicketKeys(live.tls, listenersTicketKeys(secret, settings, this.#certificates.inForce));
  }

  #followed(): FollowedServer {
    const [server, inspect] = [this, this.#host?.inspect];
    return {
      ...{ lifecycle: this.lifecycle, flows: this.flows, inspect, idPrefix: this.idPrefix },
      get configuration() {
        return server.configuration;
      },
      get certificates() {
        return server.#certificates.inForce;
      },
      get generation() {
        return server.generation;
      },
      get listeners() {
        return server.listeners;
      },
      get ticketSecret() {
        return server.ticketSecret;
      },
      blocked: () => this.blockList.entries(),
      failed: (error) => this.actor.send({ type: "workers.failed", error }),
    };
  }

  #elsewhere(workers: WorkerPool): ElsewhereServed {
    return {
      open: (listener) => workers.resume(listener),
      pause: (listener) => workers.suspend(listener),
      emptied: async (slots) => {
        if (slots instanceof SharedSlots) await slots.emptied();
      },
      closed: (slots) => {
        if (slots instanceof SharedSlots) workers.memory.release(slots.number);
      },
    };
  }

  #reloadable(): ReloadableServer {
    const host = this.#host;
    const foundation = this.#foundation;
    const ticketSecret = this.#ticketSecret;
    if (!host || !foundation)
      throw new ReloadError("reload-stopped", "Only a server that runs takes another document.");
    return {
      configuration: this.configuration,
      certificates: this.#certificates.inForce,
      challenges: this.#challenges,
      dataDirectory: this.#options.dataDirectory,
      ticketSecret,
      setTicketKeys: () => {
        if (this.#ticketSecret !== ticketSecret) this.#setTicketKeys();
      },
      host,
      foundation,
      followers: this.workers,
      workersWanted: this.#options.workersWanted ?? (() => 1),
      current: this.#current,
      replace: (replacement) => this.#replace(replacement),
    };
  }

  #replace({ configuration, certificates, listeners }: Replacement): void {
    this.#certificates.replace(certificates);
    this.#current = new Map(listeners.map((listener) => [listener.name, listener]));
    const staying = new Set(listeners);
    const closing = this.listeners.filter(
      (listener) => !staying.has(listener) && listener.actor.getSnapshot().status === "active",
    );
    this.#listeners = new Set([...listeners, ...closing]);
    for (const listener of closing) listener.actor.subscribe({ complete: () => void this.#listeners.delete(listener) });
    const former = this.configuration;
    this.#configuration$.next(configuration);
    if (configuration.system.cluster) this.fleet?.applySettings(configuration.system.cluster);
    this.#followOrders(configuration);
    this.#warnOfInherited(former);
  }

  /** Clients of a socket that no listener takes wait in the kernel's queue, so a warning is due. */
  #warnOfInherited(former?: Configuration): void {
    const { inherited } = this.#options;
    const code = "inherited-socket";
    for (const text of former ? [] : inherited.warnings) this.lifecycle.emit({ type: "server.warning", code, text });
    if (inherited.sockets.length === 0) return;
    const unnamedBefore = new Set(former ? unnamedSockets(inherited, former) : []);
    for (const socket of unnamedSockets(inherited, this.configuration)) {
      if (unnamedBefore.has(socket)) continue;
      const text = `No listener has the address ${inheritedText(socket)}, for which this process was started with a socket: its clients wait until a reload names it.`;
      this.lifecycle.emit({ type: "server.warning", code, text });
    }
  }

  /** Before anything here listens. A predecessor does, on sockets that are handed over. */
  async #warnOfShared(): Promise<void> {
    if (this.#options.inherited.taken.size > 0) return;
    const mine = this.listeners.filter(({ settings }) => settings.socketReusePort);
    // A port that the kernel chose is nobody else's.
    const addresses = mine.flatMap(({ settings }) => settings.bind.map(({ host, port }) => ({ address: host, port })));
    for (const { address, port, owner } of await findShared(addresses)) {
      const who = owner.pid === null ? "Another process" : `${owner.name} (process ${owner.pid})`;
      const text = `${who} listens on ${addressText({ address, port })}, too: the kernel gives each of them some of the clients. Stop one of them, or set socketReusePort to false to be refused instead.`;
      this.lifecycle.emit({ type: "server.warning", code: "shared-port", text });
    }
  }

  /** @throws StartError as soon as every listener has either reached the state or ended. */
  async #untilAll(reached: (listener: Listener) => boolean): Promise<void> {
    await Promise.all(
      this.listeners.map((listener) =>
        waitFor(listener.actor, (snapshot) => snapshot.status !== "active" || reached(listener)),
      ),
    );
    this.#assertStarting();
    const errors = this.listeners.flatMap(({ actor }) => {
      const { error } = actor.getSnapshot().context;
      return error === null ? [] : [error];
    });
    if (errors.length > 0) throw new StartError(errors);
  }

  async #drainListeners(): Promise<void> {
    void this.#orders?.stop();
    this.fleet?.drain();
    await this.#reloader?.stop();
    // Thousands of them take longer than clients should wait for their turn; a second stop may come in between.
    await new Breather().beginEach(this.listeners, (listener) => listener.send({ type: "listener.drain" }));
    const gone = this.workers?.stop({ wait: true });
    await Promise.all(this.listeners.map((listener) => waitFor(listener.actor, ({ status }) => status !== "active")));
    await gone;
    await this.#refused.emptied();
  }

  async #releaseFoundation(): Promise<void> {
    // A start that was called off creates nothing more from here on.
    if (!this.#foundation) await this.#starting.catch(() => {});
    await Promise.all([this.#orders?.stop(), this.fleet?.stop(), this.#foundation?.release()]);
  }

  #reportLeftBehind(): void {
    const text =
      "A file, the data folder or something of the embedder's has not answered for 5 seconds, and is left behind: see the disks and mounts.";
    this.lifecycle.emit({ type: "server.warning", code: "left-behind", text });
  }

  #stopListeners(): void {
    this.#refused.destroyAll();
    void this.workers?.stop({ wait: false });
    for (const listener of this.#listeners) listener.send({ type: "listener.stop" });
  }

  #releaseResources(): void {
    void this.#orders?.stop();
    this.#certificates.stop();
    this.#refused.destroyAll();
    for (const protocol of this.#foundation?.protocols.values() ?? [])
      if (protocol.kind === "stream") this.#end(protocol);
  }

  #end(protocol: StreamProtocol): void {
    const failed = (error: unknown): void => {
      const text = `The protocol "${protocol.name}" could not be stopped: ${messageOf(error)}`;
      this.lifecycle.emit({ type: "server.warning", code: "protocol-stop-failed", text });
    };
    try {
      const done: unknown = protocol.stop?.();
      if (isPending(done)) Promise.resolve(done).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Connections in the threads of workers. */
  otherConnections(): readonly ConnectionCount[] {
    return this.workers?.ask<readonly ConnectionCount[]>({ ask: "counts" }).flat() ?? [];
  }

  get #connectionCount(): number {
    return this.listeners.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
  }

  #onSnapshot(snapshot: SnapshotFrom<typeof serverMachine>): void {
    const state = snapshot.value;
    if (state === this.#state) return;
    this.#state = state;
    this.#unwatchDescriptors();
    if (state !== "draining") this.#unwatchPeers();
    this.pressure.stop();
    switch (state) {
      case "starting":
      case "stopped":
        this.lifecycle.emit({ type: `server.${state}` });
        break;
      case "running":
        this.#unwatchDescriptors = this.#descriptors.watch(this.#options.clock, (spare) => {
          for (const listener of this.#listeners) listener.descriptorsLeft(spare);
        });
        this.#unwatchPeers = watchForVanished(this.#options.clock, () => this.connections());
        this.lifecycle.emit({ type: "server.running", listeners: this.#listeners.size });
        this.pressure.start();
        break;
      case "releasing":
        break;
      case "draining":
        this.lifecycle.emit({ type: "server.draining", connections: this.#connectionCount });
        break;
      case "failed":
        this.lifecycle.emit({ type: "server.failed", error: snapshot.context.error });
        break;
    }
    if (snapshot.status !== "active") {
      this.pressure.complete();
      this.lifecycle.complete();
    }
  }
}
