/** This process as a member of its fleet: carries out the chart, and lends its leases to admission. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { type Observable, Subject } from "rxjs";
import { type Actor, createActor, fromPromise, waitFor } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import { statePath } from "../../charts/text.ts";
import type { ClusterSettings, Configuration, ListenerSettings, ReadDocument } from "../../config/index.ts";
import { errorOf, messageOf } from "../../config/values/thrown.ts";
import { type FleetEvent, type FleetState, fleetMachine, fleetState, type Settlement } from "../../machines/fleet.ts";
import { defaultLoginDelays, type FailureMemory } from "../../protocols/login-failures.ts";
import type { ChallengeAnswers } from "../acme/challenge-answers.ts";
import type { OrdersFleet } from "../acme/orders-fleet.ts";
import type { FleetStanding } from "../admission/fleet-standing.ts";
import { LeasedSharedSlots } from "../admission/leased-shared-slots.ts";
import type { Counting } from "../admission/listener-admission.ts";
import type { SlotCounter } from "../admission/slots.ts";
import type { ChartFlow } from "../observe/chart-flows.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import type { ReloadReport } from "../reload/reload.ts";
import type { SharedLeases } from "../shared/shared-leases.ts";
import { type Clock, unixTimeOf } from "../time/clock.ts";
import { within } from "../time/waits.ts";
import { resolveText } from "../tls/secret-text.ts";
import type { Engine, EngineScript, OpenEngine, ScriptCall } from "./engine.ts";
import type { EngineDocument } from "./engine-document.ts";
import { type AskingNode, FleetAddresses } from "./fleet-addresses.ts";
import { FleetDocuments } from "./fleet-documents.ts";
import { FleetFailures } from "./fleet-failures.ts";
import { FleetOrders } from "./fleet-orders.ts";
import { FleetQuestions, type FleetRequest } from "./fleet-questions.ts";
import { FleetTickets } from "./fleet-tickets.ts";
import { Lease } from "./lease.ts";
import { LeasedSlots, type LeasingNode } from "./leased-slots.ts";
import { type NodeFacts, type NodeStatus, nodeOf } from "./node-facts.ts";
import { openRedis } from "./redis-engine.ts";
import { Seal } from "./seal.ts";
import {
  type FleetNote,
  type MemberAnswer,
  type SettleAnswer,
  type SettleRequest,
  type SlotsRequest,
  settleScript,
} from "./settle-script.ts";
import { isSealed, type SealedChange, type SealedValue, type SharedChange, SharedState } from "./shared-state.ts";
import { type CountingNode, ThreadClients } from "./thread-clients.ts";

/** How often the engine is told what it may have forgotten, well within the time that it keeps it. Milliseconds. */
const tellInterval = 6 * 3_600_000;
/** How long the engine is left alone after it has not answered, in milliseconds. */
const retryInterval = 250;

export interface FleetNodeOptions {
  readonly cluster: ClusterSettings;
  /** Takes precedence over the document's. */
  readonly node: string | undefined;
  readonly clock: Clock;
  /** By default node-redis. */
  readonly openEngine: OpenEngine | undefined;
  /** What the threads of workers are told of the leases; null where this thread admits by itself. */
  readonly leases: SharedLeases | null;
  /** The document is kept in the engine; null where it is not. */
  readonly document: EngineDocument | null;
  /** Reads what other nodes propose. */
  readonly read: ReadDocument;
  /** What the other nodes are told of this one. */
  readonly facts: () => NodeFacts;
  /** Another node, or this one, wants this process to end when its last session has. */
  readonly drain: (by: string) => void;
}

/** The server, as far as its fleet needs it. */
export interface FleetHost {
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly flow: ChartFlow;
  /** Puts into force what another node has changed for all. */
  apply(change: Exclude<SharedChange, SealedChange>): void;
  /** What it shows to certification authorities. */
  readonly answers: ChallengeAnswers;
  /** The document in force. */
  inForce(): Configuration;
  /** Puts another one into force here. @throws ReloadError */
  reload(configuration: Configuration, by: string): Promise<ReloadReport>;
  /** @returns whether it is here */
  close(connection: string, options: { readonly now: boolean }): boolean;
  /** Makes the keys of session tickets from what all nodes make them from. */
  useTicketSecret(secret: Uint8Array): void;
}

export class FleetNode implements FleetStanding, LeasingNode, AskingNode, CountingNode {
  /** Its name in the fleet. */
  readonly node: string;
  readonly clock: Clock;
  readonly #options: FleetNodeOptions;
  readonly #member: string;
  readonly #lease: Lease;
  readonly #answered = new Subject<void>();
  #cluster: ClusterSettings;
  #slots = new Map<string, LeasedSlots>();
  #engine: Engine | null = null;
  #shared: SharedState | null = null;
  #failures: FleetFailures | null = null;
  #questions: FleetQuestions | null = null;
  #documents: FleetDocuments | null = null;
  /** Null where the document has no key for what is sealed. */
  #tickets: FleetTickets | null = null;
  #orders: FleetOrders | null = null;
  #actor: Actor<typeof fleetMachine> | null = null;
  #state: FleetState = "rejoining";
  #lastNumber = 0;
  #lastListener = 0;
  /** Those with connections that are counted by address. */
  readonly #addresses = new Set<FleetAddresses>();
  #toldAt = 0;
  /** As last heard. */
  #members: readonly MemberAnswer[] = [];
  #heardAt = 0;
  /** Something came up since the last request was made. */
  #wanted = false;
  #endWishes = (): void => {};
  /** Of the document in force, by the names of listeners. */
  readonly #current = new Map<string, FleetAddresses>();

  constructor(options: FleetNodeOptions) {
    const { cluster, clock, document, node } = options;
    this.#options = options;
    this.#cluster = cluster;
    this.clock = clock;
    // A document of all nodes names none of them.
    this.node = node ?? (document ? null : cluster.node) ?? hostname();
    this.#member = `${this.node}/${randomBytes(6).toString("hex")}`;
    this.#lease = new Lease(clock, cluster.leaseTime);
  }

  /** One document for all nodes; null where each has its own, and before the start. */
  get documents(): FleetDocuments | null {
    return this.#documents;
  }

  /** Orders of certificates, one for all nodes; null without a key for what is sealed, and before the start. */
  get orders(): OrdersFleet | null {
    return this.#orders;
  }

  /** The beginning of the digest of the document in force, if all nodes share it. */
  get documentDigest(): string | null {
    return this.#documents?.digest?.slice(0, 12) ?? null;
  }

  get state(): FleetState {
    return this.#state;
  }

  /** Of the chart, with what is within. */
  get statePath(): string | null {
    return this.#actor ? statePath(this.#actor.getSnapshot().value) : null;
  }

  get members(): number {
    return this.#members.length;
  }

  /** Names of its nodes, as last heard. */
  get nodes(): readonly string[] {
    return [...new Set(this.#members.map(({ node }) => node))].sort();
  }

  /** The other processes of the fleet, as last heard, by the names of their nodes. */
  get others(): readonly NodeStatus[] {
    const since = this.clock.now() - this.#heardAt;
    return this.#members
      .filter(({ member }) => member !== this.#member)
      .sort((one, other) => (one.member < other.member ? -1 : 1))
      .map(({ node, age, facts }) => ({ ...(JSON.parse(facts) as NodeFacts), node, age: Math.round(age + since) }));
  }

  get answered$(): Observable<void> {
    return this.#answered;
  }

  get refuses(): boolean {
    return this.admits === "alone" && (this.#cluster.onLoss === "refuse" || this.#members.length === 0);
  }

  get admits(): LeasingNode["admits"] {
    const state = this.#state;
    if (state === "rejoining") return "asking";
    if (state !== "connected" && state !== "degraded") return "alone";
    if (this.#lease.holds) return "leased";
    // The whole process was paused: no timer has had its turn yet.
    this.#send({ type: "lease.lapsed" });
    return "asking";
  }

  get maySettle(): boolean {
    return this.#state === "connected";
  }

  /** Slots of a cap of the fleet. */
  slots(name: string, cap: number): LeasedSlots {
    return this.#slotsOf(name, cap, null);
  }

  /** The same, where threads admit: they take from these. */
  lend(name: string, threads: LeasedSharedSlots): LeasedSharedSlots {
    this.#slotsOf(name, threads.limit, threads);
    return threads;
  }

  #slotsOf(name: string, cap: number, threads: LeasedSharedSlots | null): LeasedSlots {
    const slots = new LeasedSlots(name, cap, { node: this, threads });
    // Of two listeners of one name the former one drains: it does not count any more.
    this.#slots.set(name, slots);
    return slots;
  }

  /** Every slot that is held. */
  get leased(): readonly LeasedSlots[] {
    return [...this.#slots.values()];
  }

  /**
   * Counts the connections of listeners over the fleet, and everything else as before; those of a listener with
   * `ignoreServerCap` here alone, so that management can be reached whatever has become of the fleet.
   */
  counting(local: Counting): Counting {
    return {
      ...local,
      slots: (settings: ListenerSettings) => {
        const { name, maxConnections, ignoreServerCap } = settings;
        const own = local.slots(settings);
        if (ignoreServerCap) return own;
        const called = `listener/${name}`;
        return own instanceof LeasedSharedSlots ? this.lend(called, own) : this.slots(called, maxConnections);
      },
      elsewhere: ({ name }) => {
        const { keyPrefix } = this.#cluster;
        this.#lastListener += 1;
        const field = `${this.#member}#${this.#lastListener}`;
        const addresses = new FleetAddresses({
          node: this,
          prefix: `{${keyPrefix}}:${name}`,
          leases: `{${keyPrefix}}:leases`,
          field,
        });
        this.#current.set(name, addresses);
        return addresses;
      },
    };
  }

  /** A port by which a worker's thread asks about its clients. */
  lendToThread(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    new ThreadClients(port1, this);
    return port2;
  }

  addressesOf(listener: string): FleetAddresses | null {
    return this.#current.get(listener) ?? null;
  }

  failed(address: string): void {
    this.#failures?.tell(address);
  }

  /** Remembers failed log-ins as all nodes do. @param memory what this process remembers */
  failures(memory: FailureMemory): FailureMemory {
    const { keyPrefix } = this.#cluster;
    this.#failures = new FleetFailures({
      ...{ memory, delays: defaultLoginDelays, prefix: `{${keyPrefix}}:failed`, channel: this.#channel },
      clock: this.clock,
      run: (script, call, signal) => this.run(script, call, signal),
    });
    return this.#failures;
  }

  /** Ends a connection that another node has. @returns whether one had it */
  async closeElsewhere(connection: string, { now }: { readonly now: boolean }): Promise<boolean> {
    return (await this.#questions?.ask({ kind: "close", connection, now })) ?? false;
  }

  /** Has the processes of a node drain, this one too. @returns whether there is one */
  async drainNode(node: string): Promise<boolean> {
    const request: FleetRequest = { kind: "drain", node };
    const elsewhere = await this.#questions?.ask(request);
    return this.#drains(request, this.node) || elsewhere === true;
  }

  #carryOut(
    request: FleetRequest,
    { by, host }: { readonly by: string; readonly host: Pick<FleetHost, "close"> },
  ): boolean | Promise<boolean> {
    switch (request.kind) {
      case "close":
        return host.close(request.connection, request);
      case "drain":
        return this.#drains(request, by);
      case "show":
        return this.#orders?.shows(request.proof) ?? false;
    }
  }

  #drains({ node }: Extract<FleetRequest, { kind: "drain" }>, by: string): boolean {
    if (node !== this.node) return false;
    this.#options.drain(by);
    return true;
  }

  get #channel(): string {
    return `{${this.#cluster.keyPrefix}}:notes`;
  }

  counts(addresses: FleetAddresses): void {
    this.#addresses.add(addresses);
  }

  /** Says again how many connections each address has. */
  #tellAddresses(): void {
    this.#toldAt = this.clock.now();
    for (const addresses of this.#addresses) {
      addresses.tellAll();
      if (addresses.isEmpty) this.#addresses.delete(addresses);
    }
  }

  closed(slots: SlotCounter): void {
    if (slots instanceof LeasedSharedSlots) slots.owner?.end();
    for (const [name, one] of this.#slots) if (one === slots || one.threads === slots) this.#slots.delete(name);
    this.settle();
  }

  /** Tells all nodes of something that is in force here. */
  tell(change: SharedChange): void {
    void this.#shared?.tell(change);
  }

  async run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    const engine = this.#engine;
    if (!engine) throw new Error("The fleet has no engine yet.");
    return engine.run(script, call, signal);
  }

  applySettings(cluster: ClusterSettings): void {
    this.#cluster = { ...this.#cluster, onLoss: cluster.onLoss };
    this.answered();
  }

  settle(): void {
    this.#wanted = true;
    this.#send({ type: "settlement.wanted" });
  }

  #send(event: FleetEvent): void {
    if (this.#actor?.getSnapshot().status === "active") this.#actor.send(event);
  }

  answered(): void {
    this.#tellThreads();
    this.#answered.next();
    this.#options.leases?.answered();
  }

  /** Threads judge by what they were told last, and by the end of the lease. */
  #tellThreads(): void {
    const { leases } = this.#options;
    if (leases) leases.tell({ admits: this.admits, refuses: this.refuses, end: this.#lease.over });
  }

  /** A thread has found few slots left, or none, or has given back what others lack. */
  #look(): void {
    // A thread has noticed the end of the lease.
    this.#tellThreads();
    for (const slots of this.#slots.values()) slots.look();
  }

  /**
   * Joins the fleet; resolves when it is in, or when it is known that the engine cannot be reached for now.
   * @throws MissingPackageError, CredentialError; FleetError for a URL that is none
   */
  async start({ lifecycle, inspect, flow, ...host }: FleetHost): Promise<void> {
    const { url, keyPrefix, leaseTime, encryptionKey } = this.#cluster;
    const seal = encryptionKey && new Seal(await resolveText(encryptionKey), keyPrefix);
    const open = this.#options.openEngine ?? openRedis;
    this.#engine = await open({
      url: await resolveText(url),
      key: `{${keyPrefix}}:fleet`,
      channel: this.#channel,
      name: `gatehouse-${this.node}`,
      silence: leaseTime,
      listener: {
        lost: (error) => this.#send({ type: "engine.lost", error }),
        heard: (message) => this.#hear(message),
      },
    });
    this.#shared = new SharedState({
      ...{ key: `{${keyPrefix}}:shared`, claims: `{${keyPrefix}}:claims`, leases: `{${keyPrefix}}:leases` },
      channel: this.#channel,
      member: this.#member,
      run: (script, call) => within(this.clock, leaseTime, (signal) => this.run(script, call, signal)),
      apply: (change) => {
        if (!isSealed(change)) host.apply(change);
        else if (change.kind === "ticketKeys") this.#takeTickets(change.value, lifecycle);
        else this.#orders?.take(change);
      },
    });
    this.#questions = new FleetQuestions({
      ...{ clock: this.clock, member: this.#member, channel: this.#channel },
      members: () => this.members,
      run: (script, call, signal) => this.run(script, call, signal),
      carryOut: (request, by) => this.#carryOut(request, { by: nodeOf(by), host }),
    });
    const { document, read } = this.#options;
    this.#documents =
      document &&
      new FleetDocuments({
        ...{
          clock: this.clock,
          document,
          read,
          member: this.#member,
          prefix: `{${keyPrefix}}`,
          channel: this.#channel,
        },
        run: (script, call, signal) => this.run(script, call, signal),
        inForce: () => host.inForce(),
        rejected: (error) =>
          lifecycle.emit({ type: "reload.rejected", by: "fleet", error: errorOf(error), plan: null }),
        reload: (configuration, by) => host.reload(configuration, by),
      });
    this.#tickets =
      seal &&
      new FleetTickets({
        seal,
        now: () => unixTimeOf(this.clock),
        offer: (change, replaces) => void this.#shared?.offer(change, replaces),
        use: (secret) => host.useTicketSecret(secret),
      });
    this.#orders =
      seal &&
      new FleetOrders({
        ...{ seal, member: this.#member, shared: this.#shared, answers: host.answers },
        now: () => unixTimeOf(this.clock),
        shown: async (proof) => this.#questions?.askAll({ kind: "show", proof }),
      });
    const lease = this.#lease;
    const times = {
      renewInterval: Math.floor(leaseTime / 3),
      answerTimeout: Math.floor(leaseTime / 3),
      retryInterval,
      get leaseLeft() {
        return lease.left;
      },
    };
    const report = (event: Parameters<Lifecycle["emit"]>[0]) => lifecycle.emit(event);
    const actor = createActor(
      fleetMachine.provide({
        actors: {
          join: fromPromise(({ signal }) => this.#join(signal)),
          settle: fromPromise<Settlement>(({ signal }) => this.#settle(signal)),
          reachEngine: fromPromise(async ({ signal }) => this.#engine?.reach(signal)),
          giveBackAll: fromPromise(async ({ signal }) => void (await this.#ask("leave", [], signal))),
        },
        actions: {
          reportConnected: () => report({ type: "fleet.connected", node: this.node, nodes: this.nodes }),
          reportDegraded: ({ context: { error } }) =>
            report({ type: "fleet.degraded", node: this.node, error, leaseLeft: Math.round(this.#lease.left) }),
          reportIsolated: ({ context: { error } }) =>
            report({ type: "fleet.isolated", node: this.node, error, onLoss: this.#cluster.onLoss }),
          reportRejoining: () => report({ type: "fleet.rejoining", node: this.node }),
        },
      }),
      { id: "fleet", input: times, clock: this.clock, ...(inspect ? { inspect } : {}) },
    );
    actor.system.inspect(flow.inspector);
    actor.subscribe((snapshot) => {
      const state = fleetState(snapshot.value);
      if (state === this.#state) return;
      this.#state = state;
      if (state === "connected") {
        this.#tellAddresses();
        this.#orders?.back();
      }
      for (const slots of this.#slots.values()) slots.settle();
      this.answered();
    });
    this.#actor = actor;
    this.#endWishes = this.#options.leases?.onWish(() => this.#look()) ?? this.#endWishes;
    actor.start();
    await waitFor(actor, ({ value }) => fleetState(value) !== "rejoining", { timeout: Number.POSITIVE_INFINITY });
    // Clients that are served from here on find all in force.
    await this.#shared.settled;
  }

  /** Nobody is let in any more: what comes free is for the other nodes. */
  drain(): void {
    for (const slots of this.#slots.values()) slots.close();
  }

  /** Leaves the fleet. */
  async stop(): Promise<void> {
    const actor = this.#actor;
    if (actor) {
      this.#send({ type: "fleet.leave" });
      await waitFor(actor, ({ status }) => status !== "active", { timeout: Number.POSITIVE_INFINITY });
    }
    this.#engine?.close();
    this.#endWishes();
    this.#answered.complete();
  }

  async #join(signal: AbortSignal): Promise<void> {
    this.#lease.end();
    const all = this.leased;
    await this.#exchange("join", { all, requests: all.map((slots) => slots.requestForInside()) }, signal);
  }

  async #settle(signal: AbortSignal): Promise<Settlement> {
    // By this node's clock it has ended, whatever the engine's says: others may have what was held.
    if (!this.#lease.holds) return { held: false, again: false };
    const idle = !this.#wanted;
    this.#wanted = false;
    const all = this.leased;
    const held = await this.#exchange("settle", { all, requests: all.map((slots) => slots.request({ idle })) }, signal);
    return { held, again: this.#wanted };
  }

  async #exchange(
    kind: "join" | "settle",
    { all, requests }: { readonly all: readonly LeasedSlots[]; readonly requests: readonly SlotsRequest[] },
    signal: AbortSignal,
  ): Promise<boolean> {
    const sent = this.clock.now();
    const answer = await this.#ask(kind, requests, signal);
    // Nobody waits for it any more, and something else may have been asked since.
    signal.throwIfAborted();
    if (!answer.held) return false;
    this.#lease.begin(sent);
    const members = new Set(answer.members.map(({ member }) => member));
    const gone = this.#members.some(({ member }) => !members.has(member));
    this.#members = answer.members;
    this.#heardAt = this.clock.now();
    for (const [at, slots] of all.entries()) {
      const [request, given] = [requests[at], answer.slots[at]];
      if (request && given) slots.answer(request, given, answer.closedFor);
    }
    if (this.clock.now() - this.#toldAt > tellInterval) this.#tellAddresses();
    this.#tickets?.look();
    // What it has claimed is free.
    if (gone) this.#orders?.back();
    this.#shared?.catchUp(answer.shared);
    void this.documents?.catchUp(answer.document);
    this.answered();
    return true;
  }

  #takeTickets(value: SealedValue | null, lifecycle: Lifecycle): void {
    try {
      this.#tickets?.take(value);
    } catch (error) {
      lifecycle.emit({ type: "server.warning", code: "fleet-key", text: messageOf(error) });
    }
  }

  async #ask(kind: SettleRequest["kind"], slots: readonly SlotsRequest[], signal: AbortSignal): Promise<SettleAnswer> {
    this.#lastNumber += 1;
    const { keyPrefix, leaseTime } = this.#cluster;
    const request: SettleRequest = {
      ...{ kind, member: this.#member, node: this.node, leaseTime },
      ...{ number: this.#lastNumber, slots, facts: JSON.stringify(this.#options.facts()) },
    };
    const keys = ["fleet", "shared", "leases", "document"].map((name) => `{${keyPrefix}}:${name}`);
    const call = { keys, args: [this.#channel, JSON.stringify(request)] };
    return JSON.parse(String(await this.run(settleScript, call, signal))) as SettleAnswer;
  }

  #hear(message: string | null): void {
    const note = message === null ? null : noteOf(message);
    // What was said while nobody listened, or by somebody else, is in the next answer.
    if (!note) {
      this.settle();
      return;
    }
    switch (note.note) {
      case "changed":
        this.#shared?.heard(note);
        break;
      case "failed":
        this.#failures?.hear(note);
        break;
      case "stage":
      case "vote":
      case "swapped":
        this.documents?.hear(note);
        break;
      case "decided":
        this.documents?.hear(note);
        // Who knows nothing of it finds it in the next answer.
        this.settle();
        break;
      case "asked":
      case "answered":
        this.#questions?.hear(note);
        break;
      case "wanted":
        if (note.by !== this.#member) this.#slots.get(note.slots)?.owe(note.missing, note.over);
        break;
      case "freed":
        if (note.by !== this.#member) this.#slots.get(note.slots)?.freed();
        break;
    }
  }
}

/** Null for what no node has said. */
function noteOf(message: string): FleetNote | null {
  try {
    const note = JSON.parse(message) as FleetNote | null;
    return note !== null && typeof note === "object" && "note" in note ? note : null;
  } catch {
    return null;
  }
}
