/** Puts the house together: a document, protocols, a backend, logs and metrics, and the server that carries them. */
import type { Logger } from "pino";
import { type Observable, Subscription } from "rxjs";
import { type BuiltInProtocolOptions, builtInProtocols } from "./built-in-protocols.ts";
import type { Inspector } from "./charts/inspector.ts";
import type { LifecycleMode } from "./charts/lifecycle-logic.ts";
import { type Configuration, parseDocument } from "./config/index.ts";
import { openControl } from "./control/control.ts";
import { ControlSocketError } from "./control/control-socket.ts";
import { mailboxFor, resolveAccounts } from "./default-mailbox.ts";
import type { PauseReason } from "./machines/listener.ts";
import { AccountDirectory } from "./mailbox/index.ts";
import type { Backend } from "./protocols/backend.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { ConnectionFacts, Protocol } from "./protocols/protocol.ts";
import type { TakeOver } from "./protocols/take-over.ts";
import type { BlockedAddress, BlockedEntry } from "./runtime/admission/block-list.ts";
import type { AdmissionRule } from "./runtime/admission/client-limits.ts";
import { httpEndpoints } from "./runtime/observe/http-endpoints.ts";
import type { BoundAddress, LifecycleEvent } from "./runtime/observe/lifecycle.ts";
import { logLifecycle } from "./runtime/observe/log.ts";
import { Metrics } from "./runtime/observe/metrics.ts";
import type { Pressure } from "./runtime/pressure/pressure.ts";
import type { PressureOptions } from "./runtime/pressure/pressure-watch.ts";
import { followCertificates, followDocuments, newest, reloadDocument } from "./runtime/reload/document-feeds.ts";
import type { ReloadReport } from "./runtime/reload/reload.ts";
import { prepareListeners } from "./runtime/server/prepared-listeners.ts";
import { type Foundation, Server } from "./runtime/server/server.ts";
import { countStates, type StateCounts } from "./runtime/server/state-counts.ts";
import { InheritedSockets } from "./runtime/sockets/inherited-sockets.ts";
import { type Clock, systemClock } from "./runtime/time/clock.ts";

export interface GatehouseOptions {
  /** The document: JSON text, the value it stands for, or what `parseDocument` and `readConfiguration` return. */
  readonly config: unknown;
  /** Protocols of your own, by the names that listeners use; one named like a built-in replaces it. */
  readonly protocols?: readonly Protocol[];
  /** Who may log in, whose mail is taken and where it is kept. By default: the document's accounts, SQLite in `dataDirectory`. */
  readonly backend?: Backend;
  /**
   * Where IMAP, POP3 and ManageSieve find mail and scripts. By default where the default backend keeps them. With a
   * `backend` of your own and without this, the three are not spoken.
   */
  readonly mailboxes?: Mailboxes;
  /** Who may log in, by whatever protocol, in place of the backend's own answer; the rest of the backend stays. */
  readonly authenticate?: NonNullable<Backend["authenticate"]>;
  /** May take the dialogue over after a log-in by IMAP, POP3 or ManageSieve. */
  readonly takeOver?: TakeOver;
  /** Where mail and a self-signed certificate are kept; `gatehouse-data` in the working directory by default. */
  readonly dataDirectory?: string;
  /**
   * Further documents, each in a form that `config` may have; each is put into force when it comes. One that cannot be is
   * told of as `reload.rejected`. Subscribed to from the start to the stop.
   */
  readonly config$?: Observable<unknown>;
  /**
   * Where the running server can be asked and told things: HTTP on a Unix socket, which only the process's own user and
   * root can reach. None by default.
   */
  readonly control?: string | ControlOptions;
  /**
   * Sockets that this process was started with, from `inheritedSockets()`: a listener that names the address of one takes
   * it instead of binding. None by default.
   */
  readonly inheritedSockets?: InheritedSockets;
  /**
   * Awaited when everything is read and every address is bound, and before anybody is let in: the moment to give up
   * privileges, with `dropPrivileges()`. A rejection fails the start.
   */
  readonly onBound?: () => void | Promise<void>;
  /** Asked in their order when no rule of Gatehouse's own refuses. One that throws refuses, with a warning. */
  readonly admission?: readonly AdmissionRule[];
  /**
   * When the process counts as exhausted, so that new clients are refused, or held where `atCapacity` is `hold`. False:
   * never. Left out: by samples of this process and the default thresholds.
   */
  readonly pressure?: PressureOptions | false;
  /** Gets the log; by default nothing is logged. `lifecycle$` has the same and more. */
  readonly logger?: Logger;
  /** Told of the administrator that a first start without accounts makes, even if that start then fails. */
  readonly onAdministratorMade?: (administrator: MadeAdministrator) => void;
  /** Time, for tests; the system's by default. */
  readonly clock?: Clock;
  /**
   * How the charts of connections and sessions are run: as compiled tables, or, for debugging, by XState's interpreter.
   * `compiled` by default.
   */
  readonly lifecycle?: LifecycleMode;
  /**
   * Sees every machine's events and snapshots (XState inspection); one of `gatehouse/inspect` sees them as one tree, chosen
   * and sanitised. Costs nothing when left out.
   */
  readonly inspect?: Inspector;
}

export interface ControlOptions {
  /** Of the socket, at most 107 octets; it is made at the start and removed at the end. */
  readonly path: string;
  /**
   * Reads the document for `POST /reload`, in a form that `config` may have. By default the document in force is put into
   * force again, with its certificates read anew.
   */
  readonly document?: () => unknown;
}

/** The administrator that was made because there were no accounts. */
export interface MadeAdministrator {
  readonly address: string;
  /** Known this one time only: what is kept is its hash. */
  readonly password: string;
}

export interface ListenerStatus {
  readonly name: string;
  readonly protocol: string;
  readonly state: string;
  /** Why it does not accept: `suspended`, `at-capacity`, `under-pressure`, `no-descriptors`; empty unless it is paused. */
  readonly pausedBy: readonly PauseReason[];
  readonly tlsImplicit: boolean;
  /** As bound: port 0 resolved. */
  readonly addresses: readonly BoundAddress[];
  readonly connections: number;
  readonly maxConnections: number;
}

export interface ConnectionStatus extends ConnectionFacts {
  readonly state: string;
  /** The session's own state, e.g. `data`; null without one. */
  readonly session: string | null;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface StopOptions {
  /** Let sessions finish, within `drainTimeout`; true by default. */
  readonly wait?: boolean;
}

export interface Gatehouse {
  /** The document in force. */
  readonly configuration: Configuration;
  /** `starting`, `running`, `draining`, `stopped` or `failed`. */
  readonly state: string;
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
  /** Drains and stops; safe to call again, with `wait: false` to stop waiting. A stopped server does not start again. */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Puts another document into force, as one transaction: what stays is not touched, what is new is made before anything
   * old is let go of. Of several documents that arrive meanwhile only the newest is looked at.
   * @throws ConfigurationError, or ReloadError when it cannot be carried out: then everything stays as it was.
   */
  reload(config: unknown): Promise<ReloadReport>;
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
   * Lets nobody in any more from this address or network, until it expires; takes effect at once, on every listener.
   * Connections that are inside stay. An entry of the same address or network is replaced.
   * @throws BlockedAddressError when the address or the date cannot be read
   */
  block(blocked: BlockedAddress): void;
  /**
   * Takes this very address or network out of the block list.
   * @returns whether it was there
   * @throws BlockedAddressError when the address cannot be read
   */
  unblock(address: string): boolean;
  /** The block list: `BlockedIp` of the document and what was blocked since, without what has expired. */
  blocked(): BlockedEntry[];
  /**
   * How many actors of each chart are in each state at this moment: `server`, `reload`, `listener`, `connection`, and the
   * sessions by the name of their protocol. States within states are written with a dot: `paused.held`.
   */
  states(): StateCounts;
  listeners(): ListenerStatus[];
  connections(): ConnectionStatus[];
}

/** @throws ConfigurationError with every mistake of the document; PressureOptionError. */
export function createGatehouse(options: GatehouseOptions): Gatehouse {
  const configuration = configurationOf(options);
  const dataDirectory = options.dataDirectory ?? "gatehouse-data";

  const server: Server = new Server({
    configuration,
    clock: options.clock ?? systemClock,
    dataDirectory,
    inspect: options.inspect,
    lifecycleMode: options.lifecycle ?? "compiled",
    admission: options.admission ?? [],
    pressure: options.pressure ?? {},
    inherited: options.inheritedSockets ?? new InheritedSockets(),
    onBound: () => options.onBound?.(),
    prepare: async (): Promise<Foundation> => {
      const mail = await mailboxFor(options, { configuration, dataDirectory });
      const closeControl = await openControlOf(options, { gatehouse, server }).catch(async (error: unknown) => {
        await mail.release();
        throw error;
      });
      return {
        protocols: protocolsOf(options, {
          backend: mail.backend,
          mailboxes: mail.mailboxes,
          onRequest: httpEndpoints(endpoints),
        }),
        stage: (document) => mail.stage(document),
        release: async () => {
          await closeControl();
          await mail.release();
        },
      };
    },
  });
  const feeds = new Subscription();
  const metrics = new Metrics(server);
  const endpoints = {
    ready: () => server.state === "running",
    metrics: async () => ({ contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }),
  };
  metrics.follow(server.lifecycle);
  if (options.logger) logLifecycle(server.lifecycle, options.logger);

  const gatehouse: Gatehouse = {
    get configuration() {
      return server.configuration;
    },
    get generation() {
      return server.generation;
    },
    get state() {
      return server.state;
    },
    lifecycle$: server.lifecycle.events$,
    pressure$: server.pressure.pressure$,
    metrics,
    async start() {
      await server.start();
      feeds.add(followCertificates(server));
      if (options.config$)
        feeds.add(followDocuments(server, options.config$, (config) => configurationOf({ ...options, config })));
    },
    reload: async (config) => server.reload(configurationOf({ ...options, config })),
    async stop({ wait = true } = {}) {
      feeds.unsubscribe();
      await server.stop({ wait });
    },
    suspend: (listener) => server.suspend(listener),
    resume: (listener) => server.resume(listener),
    block: (blocked) => server.blockList.add(blocked),
    unblock: (address) => server.blockList.remove(address),
    blocked: () => server.blockList.entries(),
    states: () => countStates(server),
    listeners: () =>
      server.listeners.map(({ name, settings, state, pausedBy, addresses, connections }) => ({
        name,
        protocol: settings.protocol,
        state,
        pausedBy,
        tlsImplicit: settings.tlsImplicit,
        addresses,
        connections: connections.size,
        maxConnections: settings.maxConnections,
      })),
    connections: () =>
      [...server.connections()].map(({ facts, state, sessionState, bytesRead, bytesWritten }) => ({
        id: facts.id,
        listener: facts.listener,
        generation: facts.generation,
        peer: facts.peer,
        local: facts.local,
        proxy: facts.proxy,
        tls: facts.tls,
        state,
        session: sessionState,
        bytesRead,
        bytesWritten,
      })),
  };
  return gatehouse;
}

/** @returns what ends it. @throws ControlSocketError when another server has the socket; else the server runs without. */
async function openControlOf(
  options: GatehouseOptions,
  { gatehouse, server }: { readonly gatehouse: Gatehouse; readonly server: Server },
): Promise<() => Promise<void>> {
  const { control } = options;
  if (control === undefined) return async () => {};
  const { path, document } = typeof control === "string" ? { path: control } : control;
  const read = async () => configurationOf({ ...options, config: await document?.() });
  const reload = () => (document ? reloadDocument(server, read) : newest(server.renew()));
  try {
    return await openControl(path, { gatehouse, reload });
  } catch (error) {
    if (!(error instanceof ControlSocketError && error.code === "control-unavailable")) throw error;
    const text = `${error.message} The server runs without.`;
    server.lifecycle.emit({ type: "server.warning", code: error.code, text });
    return async () => {};
  }
}

/**
 * Looks for everything that would keep this document from starting, short of binding: certificates and keys, TLS
 * contexts, accounts, protocols.
 * @returns what is worth knowing and no error.
 * @throws ConfigurationError, or AggregateError with every problem.
 */
export async function checkGatehouse(options: GatehouseOptions): Promise<string[]> {
  const configuration = configurationOf(options);
  const mailboxes = options.mailboxes ?? (options.backend ? null : unopenedMailboxes);
  const protocols = protocolsOf(options, { backend: {}, mailboxes, onRequest: () => {} });
  const outcomes = await Promise.allSettled([
    prepareListeners({ configuration, protocols, dataDirectory: null }).then(({ warnings }) =>
      warnings.map(({ text }) => text),
    ),
    resolveAccounts(configuration).then((entries) => {
      new AccountDirectory(entries);
      return [];
    }),
  ]);
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, "The document cannot be used.");
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
}

/** Enough for protocols that nobody will talk to. */
const unopenedMailboxes: Mailboxes = { open: () => Promise.reject(new Error("A check opens no mailbox.")) };

/** By name; what an embedder registers replaces a built-in of the same name. */
function protocolsOf(
  options: GatehouseOptions,
  mail: Pick<BuiltInProtocolOptions, "backend" | "mailboxes" | "onRequest">,
): ReadonlyMap<string, Protocol> {
  const { protocols = [] } = options;
  const builtIn = builtInProtocols({ ...options, ...mail });
  return new Map([...builtIn, ...protocols].map((protocol) => [protocol.name, protocol]));
}

function configurationOf({ config, protocols = [] }: GatehouseOptions): Configuration {
  // A document has no field `listeners`: what has one has been parsed already.
  if (typeof config === "object" && config !== null && "listeners" in config) return config as Configuration;
  return parseDocument(config, { protocols: protocols.map(({ name }) => name) });
}
