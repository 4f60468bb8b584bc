/** A Gatehouse, as its embedder, the control socket and the command use it. */
import type { Observable } from "rxjs";
import type { Configuration, GivenConfiguration, ReloadPlan } from "./config/index.ts";
import type { FleetState } from "./machines/fleet.ts";
import type { ListenerState, PauseReason } from "./machines/listener.ts";
import type { ServerState } from "./machines/server.ts";
import type { OrderedCertificateStatus } from "./runtime/acme/ordered-certificate.ts";
import type { BlockedAddress, BlockedEntry } from "./runtime/admission/block-list.ts";
import type { ExplainedClient, Explanation } from "./runtime/explain/explanation.ts";
import type { NodeStatus } from "./runtime/fleet/node-facts.ts";
import type { BoundAddress, LifecycleEvent } from "./runtime/observe/lifecycle.ts";
import type { Metrics } from "./runtime/observe/metrics.ts";
import type { Pressure } from "./runtime/pressure/pressure.ts";
import type { ReloadReport } from "./runtime/reload/reload.ts";
import type { StateCounts } from "./runtime/server/state-counts.ts";
import type { ConnectionFilter, ConnectionStatus, WatchedConnection } from "./runtime/server/watched-connections.ts";
import type { UpgradeReport } from "./runtime/upgrade/upgrader.ts";

export interface ListenerStatus {
  readonly name: string;
  readonly protocol: string;
  /** Of the chart `listener`. */
  readonly state: ListenerState;
  /** Why it does not accept: `suspended`, `at-capacity`, `under-pressure`, `no-descriptors`; empty unless it is paused. */
  readonly pausedBy: readonly PauseReason[];
  readonly tlsImplicit: boolean;
  /** As bound, with the port that the kernel chose for port 0. */
  readonly addresses: readonly BoundAddress[];
  readonly connections: number;
  readonly maxConnections: number;
}

/** The server as a node of its fleet. */
export interface FleetStatus {
  /** Name of this node. */
  readonly node: string;
  /** Of the chart `fleet`. */
  readonly state: FleetState;
  /** The beginning of the digest of the document in force, where the engine keeps one for all nodes; else null. */
  readonly document: string | null;
}

/** What a certificate that is served says of itself. */
export interface CertificateStatus {
  /** As in the document. */
  readonly id: string;
  /** DNS names in lower case and IP addresses. */
  readonly subjectAlternativeNames: readonly string[];
  readonly notValidBefore: Date;
  readonly notValidAfter: Date;
  /** On one line: `C=US, O=Let's Encrypt, CN=E5`. */
  readonly issuer: string;
  /** Of one that is ordered by ACME; null for one that is given. */
  readonly acme: OrderedCertificateStatus | null;
}

export interface StopOptions {
  /** Let sessions finish, within `drainTimeout`; true by default. */
  readonly wait?: boolean;
}

export interface CloseOptions {
  /** Do not wait for a safe point; false by default. */
  readonly now?: boolean;
}

export interface UpgradeOptions {
  /** Who asks for it, for the log and the events; `embedder` by default. */
  readonly by?: string;
}

export interface ReloadOptions {
  /** Who asks for it, for the log, the events and the history of reloads; `embedder` by default. */
  readonly by?: string;
}

export interface Gatehouse {
  /** The document in force. */
  readonly configuration: Configuration;
  /** Of the chart `server`. `starting` also before the start; `releasing` gives back what sessions shared. */
  readonly state: ServerState;
  /** Number of the document in force; the first is 1. */
  readonly generation: number;
  /** Everything that happens, as it happens; completes when the server has ended. */
  readonly lifecycle$: Observable<LifecycleEvent>;
  /** What is exhausted right now, and at each further sample while the server runs; completes when it has ended. */
  readonly pressure$: Observable<Pressure>;
  readonly metrics: Metrics;
  /**
   * Binds every address, then listens on all of them.
   * @throws StartError with every reason at once; then nothing stays open.
   */
  start(): Promise<void>;
  /**
   * Drains and stops; safe to call again, with `wait: false` to stop waiting. A stopped server does not start again; before
   * the start this makes `start()` reject. A session that awaits it waits for its own end, until `drainTimeout`.
   */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Starts the program on disk again, which takes over the listening sockets and what is in memory; resolves when it
   * accepts, and this server drains. No client is refused.
   * @throws UpgradeError when it does not; then everything is as it was.
   */
  upgrade(options?: UpgradeOptions): Promise<UpgradeReport>;
  /**
   * Puts another document into force, as one transaction: what stays is not touched, what is new is made before anything
   * old is released. Of several documents that arrive meanwhile, only the newest is used.
   * @throws ConfigurationError, or ReloadError when it cannot be carried out: then everything stays as it was.
   */
  reload(config: GivenConfiguration, options?: ReloadOptions): Promise<ReloadReport>;
  /**
   * The changes that `reload()` would make, without making them.
   * @throws ConfigurationError, or ReloadError when it needs a restart.
   */
  plan(config: GivenConfiguration): Promise<ReloadPlan>;
  /**
   * Stops accepting on one listener, or on all: the sockets stay bound and listening, the kernel queues new clients,
   * connections go on. Resolves when nothing is accepted any more. Safe to call again.
   * @throws NotRunningError before the start is done, and from the stop on
   * @throws UnknownListenerError when no listener has this name
   * @throws ListenerStateError when it has failed
   */
  suspend(listener?: string): Promise<void>;
  /**
   * Ends the suspension of one listener, or of all. Resolves when it accepts, or when only something else keeps it
   * from it: no free slot, pressure, no descriptors. Safe to call when it is not suspended.
   * @throws NotRunningError before the start is done, and from the stop on
   * @throws UnknownListenerError when no listener has this name
   * @throws ListenerStateError when it has failed
   */
  resume(listener?: string): Promise<void>;
  /**
   * Ends one connection: at its session's next safe point, and within `drainTimeout`, or at once. What was written is
   * flushed before. Safe to call again.
   * @param id as in `connections()` and the log
   * @returns whether there was such a connection
   */
  close(id: string, options?: CloseOptions): boolean;
  /**
   * The same for a connection of whichever node of the fleet.
   * @returns whether a node had such a connection; false, too, where the engine does not answer within a second
   */
  closeAnywhere(id: string, options?: CloseOptions): Promise<boolean>;
  /**
   * Refuses clients from this address or network until it expires; takes effect at once, on every listener. Existing
   * connections stay. Replaces an entry of the same address or network.
   * @throws BlockedAddressError when the address or the date cannot be read
   */
  block(blocked: BlockedAddress): void;
  /**
   * Removes exactly this address or network from the block list.
   * @returns whether it was there
   * @throws BlockedAddressError when the address cannot be read
   */
  unblock(address: string): boolean;
  /** The block list: `BlockedIp` of the document and what was blocked since, without what has expired. */
  blocked(): BlockedEntry[];
  /**
   * How many actors of each chart are in each state now: `server`, `reload`, `listener`, `connection`, and sessions by the
   * name of their protocol. Nested states are written with a dot: `paused.held`.
   */
  states(): StateCounts;
  /**
   * What would become of a client that connected now: which admission rule admits or refuses it and how far it is from
   * each limit, which certificate and suite it would get, and the states of the charts that it would pass. Nothing is
   * counted or reported; only the embedder's own rules are called.
   * @throws NotRunningError before the start is done, and from the stop on
   * @throws UnknownListenerError when no listener has this name
   * @throws ExplainedClientError when the address cannot be read
   */
  explain(client: ExplainedClient): Promise<Explanation>;
  listeners(): ListenerStatus[];
  /**
   * This process, and after it the other ones of its fleet, by name, as they were when they last settled with the engine:
   * at most two thirds of `leaseTime` ago, and longer while this node is cut off.
   */
  nodes(): NodeStatus[];
  /** Null without `SystemSettings.cluster`. */
  fleet(): FleetStatus | null;
  /**
   * Has a node of the fleet drain and end, as SIGTERM would there: it accepts nobody, and the others lease its share.
   * @returns whether a node of this name has begun to; false, too, where the engine does not answer within a second
   */
  drainNode(node: string): Promise<boolean>;
  /** Those that are served; without any in the document, the self-signed one. */
  certificates(): CertificateStatus[];
  /**
   * Those that are open, or of them those that match.
   * @throws ConnectionFilterError when the address cannot be read
   */
  connections(wanted?: ConnectionFilter): ConnectionStatus[];
  /**
   * One open connection, with a promise of its end and the events that concern it.
   * @param id as in `connections()`, the log and the facts of a session
   * @returns undefined when there is none, or not any more
   */
  connection(id: string): WatchedConnection | undefined;
}
