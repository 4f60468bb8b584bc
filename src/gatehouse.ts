/** Assembles a Gatehouse: a document, protocols, a backend, logs and metrics, and the server that runs them. */
import { Subscription } from "rxjs";
import type { ManagementHandlers } from "./built-in-management.ts";
import { builtInProtocols } from "./built-in-protocols.ts";
import {
  type Configuration,
  documentReader,
  documentWarnings,
  isConfiguration,
  type ParseOptions,
  parseDocument,
  type ReadDocument,
  valueSource,
} from "./config/index.ts";
import { ControlAccess } from "./control/control-access.ts";
import { type Mail, mailboxFor, resolveAccounts } from "./default-mailbox.ts";
import type { Gatehouse, StopOptions } from "./gatehouse-contract.ts";
import { checkOptions } from "./gatehouse-option-forms.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import type { OwnName } from "./machines/causes.ts";
import { registerCauses } from "./machines/own-causes.ts";
import { AccountDirectory } from "./mailbox/index.ts";
import { controlSocketName } from "./management/access/control-socket-name.ts";
import type { Management } from "./management/management.ts";
import { NamedProtocols } from "./named-protocols.ts";
import { onDemand } from "./on-demand.ts";
import { ownFacts } from "./own-facts.ts";
import { checkOwnNames } from "./protocols/check-own-names.ts";
import type { HttpProtocol } from "./protocols/http/index.ts";
import { defaultLoginDelays, LocalFailures, LoginFailures, type PackedFailures } from "./protocols/login-failures.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { OwnNotices } from "./protocols/own-names.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { ProtocolOptionError } from "./protocols/session/options.ts";
import { FleetNode } from "./runtime/fleet/fleet-node.ts";
import { prepareListeners } from "./runtime/listener/prepared-listeners.ts";
import { EndHistory } from "./runtime/observe/end-history.ts";
import { GuardedObservable } from "./runtime/observe/guarded-observable.ts";
import { httpEndpoints } from "./runtime/observe/http-endpoints.ts";
import { logLifecycle } from "./runtime/observe/log.ts";
import { Metrics } from "./runtime/observe/metrics.ts";
import type { Foundation } from "./runtime/reload/foundation.ts";
import type { ReloadReport } from "./runtime/reload/reload.ts";
import { type PackedHistory, ReloadHistory } from "./runtime/reload/reload-history.ts";
import { planOf } from "./runtime/reload/reload-transaction.ts";
import { followCertificates, followDocuments, newest, readDocument } from "./runtime/server/document-feeds.ts";
import { Server } from "./runtime/server/server.ts";
import { countStates, type StateCounts } from "./runtime/server/state-counts.ts";
import { type ConnectionStatus, statusesOf, statusOf, watched } from "./runtime/server/watched-connections.ts";
import { threadsClock } from "./runtime/shared/threads-clock.ts";
import { InheritedSockets } from "./runtime/sockets/inherited-sockets.ts";
import { systemClock } from "./runtime/time/clock.ts";
import { Succession } from "./succession.ts";
import { withModule, workersOf, workersWanted } from "./worker-options.ts";

/**
 * @throws ConfigurationError with every mistake of the document; GatehouseOptionError for an option that there is not or
 * that has the wrong form; PressureOptionError; ProtocolOptionError for two of one name; WorkersOptionError for what
 * several workers cannot have.
 */
export function createGatehouse(given: GatehouseOptions): Gatehouse {
  checkOptions(given);
  const options = withModule(given);
  const configuration = configurationOf(options);
  let mail: Mail | null = null;
  const workers = workersOf(given, {
    configuration,
    lendMail: () => mail?.lend() ?? null,
    lendFleet: () => fleet?.lendToThread() ?? null,
  });
  const dataDirectory = options.dataDirectory ?? "gatehouse-data";

  const clock = options.clock ?? (workers ? threadsClock : systemClock);
  const read = documentReader(parseOptionsOf(options));
  const { cluster } = configuration.system;
  const fleet =
    cluster &&
    new FleetNode({
      ...{ cluster, node: options.node, clock, openEngine: options.openEngine },
      leases: workers?.memory.own.leases ?? null,
      document: options.engineDocument ?? null,
      read,
      facts: () => ownFacts(gatehouse),
      drain(by) {
        server.lifecycle.emit({ type: "fleet.draining", by });
        gatehouse.stop().catch(() => {});
      },
    });

  const remembered = workers?.memory.own.failures ?? null;
  const failures = new LoginFailures(
    {},
    (address) => server.allowList.has(address),
    fleet?.failures(remembered ?? new LocalFailures(defaultLoginDelays.forgetAfter)) ?? remembered,
  );

  const server: Server = new Server({
    configuration,
    clock,
    dataDirectory,
    inspect: options.inspect,
    lifecycleMode: options.lifecycle ?? "compiled",
    admission: options.admission ?? [],
    pressure: options.pressure ?? {},
    inherited: options.predecessor?.sockets ?? options.inheritedSockets ?? new InheritedSockets(),
    workers,
    workersWanted: workersWanted(given),
    fleet,
    onBound: async () => {
      await mail?.bound();
      await options.onBound?.();
      await succession.takeOver();
    },
    onListening: () => succession.accepting(),
    prepare: async (signal): Promise<Foundation> => {
      const opened = await mailboxFor(options, {
        ...{ configuration, dataDirectory, signal },
        locks: workers?.memory.own.maildrops ?? null,
      });
      mail = opened;
      const { backend, mailboxes } = opened;
      const health = httpEndpoints(endpoints);
      const handlers = once(async (): Promise<ManagementHandlers> => {
        const { managementHandlers } = await loadManagement();
        return managementHandlers(management, {
          gatehouse,
          lifecycle: server.lifecycle,
          flows: server.flows,
          watchers: server.watchers,
          clock,
          failures,
          protocols: (options.protocols ?? []).map(({ name }) => name),
          health,
          dataDirectory,
          authenticate: options.authenticate ?? backend.authenticate?.bind(backend),
        });
      });
      const protocols = new NamedProtocols({
        own: ownProtocols(options),
        builtIn: builtInProtocols({
          ...{ ...options, backend, mailboxes, loginFailures: failures },
          onRequest: async () => (await loadManagement()).leadToConsole(health),
        }),
        async made(protocol) {
          if (!isHttp(protocol)) return;
          const { leavePaths } = await loadManagement();
          leavePaths(protocol, await handlers());
          protocol.answerChallenges((path, host) => server.challengeAnswers.fileAt(path, host));
        },
      });
      return {
        protocols: protocols.ready,
        protocolsOf: (document) => protocols.of(document),
        stage: (document, abort) => opened.stage(document, abort),
        release: () => opened.release(),
      };
    },
  });
  const reloads = new ReloadHistory(server, clock);
  const control = controlOf({ options, server, read, reloads });
  const feeds = new Subscription();
  const outputs = options.outputs ?? [];
  const metrics = new Metrics({
    source: server,
    outputs,
    isDocumentRejected: () => reloads.newest?.outcome === "rejected",
  });
  const endpoints = {
    clock,
    ready: () => server.state === "running",
    metrics: async () => ({ contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }),
  };
  const own = options.protocols ?? [];
  for (const { causes } of own) if (causes) registerCauses(causes);
  const notices: OwnNotices = Object.assign({}, ...own.map(({ notices }) => notices));
  metrics.follow(server.lifecycle, Object.keys(notices) as OwnName[]);
  const ends = new EndHistory(clock);
  ends.follow(server.lifecycle);
  reloads.follow(server.lifecycle);
  if (options.logger) logLifecycle(server.lifecycle, options.logger, notices);
  for (const output of outputs)
    output.onFlowing((lines) => server.lifecycle.emit({ type: "output.dropped", output: output.name, lines }));

  const end = async ({ wait = true }: StopOptions = {}): Promise<void> => {
    feeds.unsubscribe();
    await server.stop({ wait });
    await control.close();
  };
  const succession = new Succession({
    ...{ options, server, clock, end },
    parts: {
      carried: [
        {
          name: "loginFailures",
          pack: () => failures.pack(clock.now()),
          unpack: (packed) => failures.unpack(packed as PackedFailures, clock.now()),
        },
        { name: "reloads", pack: () => reloads.pack(), unpack: (packed) => reloads.unpack(packed as PackedHistory) },
      ],
      control: {
        takeOver: () => control.open(gatehouse, management, { replaces: true }),
        restore: () => control.restore(gatehouse, management),
      },
      store: {
        share: () => mail?.share(),
        alone: () => mail?.alone(),
        neighbours: () => mail?.neighbours ?? null,
      },
    },
  });

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
    pressure$: new GuardedObservable(server.pressure.pressure$, (subscriber, error) =>
      server.lifecycle.callbackFailed({ what: "A subscriber of pressure$", callback: subscriber }, error),
    ),
    metrics,
    async start() {
      try {
        // A successor's comes later, in the place of its predecessor's.
        await server.start(() => (options.predecessor ? Promise.resolve() : control.open(gatehouse, management)));
      } catch (error) {
        await control.close();
        throw error;
      }
      feeds.add(followCertificates(server));
      if (options.config$) feeds.add(followDocuments(server, valueSource(options.config$, read)));
    },
    reload: async (config, { by = "embedder" } = {}) =>
      server.reload(await readDocument(server, () => read(config), by), by),
    plan: async (config) => planOf(server.configuration, await read(config)),
    upgrade: async ({ by = "embedder" } = {}) => succession.upgrader.upgrade(by),
    async stop(stopping) {
      // Without an upgrade the stop begins at once, not in a later turn.
      const calledOff = succession.upgrader.stop();
      if (calledOff) await calledOff;
      await end(stopping);
      await succession.upgrader.ended();
    },
    suspend: (listener) => server.suspend(listener),
    resume: (listener) => server.resume(listener),
    close: (id, { now = false } = {}) =>
      server.close(id, { now }) || workers?.askOwner<boolean>({ ask: "close", id, now }) === true,
    closeAnywhere: async (id, { now = false } = {}) =>
      gatehouse.close(id, { now }) || ((await fleet?.closeElsewhere(id, { now })) ?? false),
    drainNode: async (node) => (await fleet?.drainNode(node)) ?? false,
    block: (blocked) => server.block(blocked),
    unblock: (address) => server.unblock(address),
    blocked: () => server.blockList.entries(),
    explain: (client) => server.explain(client),
    states: () =>
      countStates(server, {
        upgrade: succession.upgrader.state,
        others: workers?.ask<StateCounts>({ ask: "states" }) ?? [],
      }),
    listeners: () =>
      server.listeners.map(({ name, settings, state, pausedBy, addresses, connectionCount }) => ({
        name,
        protocol: settings.protocol,
        state,
        pausedBy,
        tlsImplicit: settings.tlsImplicit,
        addresses,
        connections: connectionCount,
        maxConnections: settings.maxConnections,
      })),
    nodes: () => [{ ...ownFacts(gatehouse), node: fleet?.node ?? null, age: 0 }, ...(fleet?.others ?? [])],
    fleet: () => fleet && { node: fleet.node, state: fleet.state, document: fleet.documentDigest },
    certificates: () =>
      server.certificates.map(({ id, subjectAlternativeNames, notValidBefore, notValidAfter, issuer }) => ({
        id,
        subjectAlternativeNames,
        notValidBefore,
        notValidAfter,
        issuer,
        acme: server.orderStatus(id),
      })),
    connections: (wanted = {}) => [
      ...statusesOf(server.connections(), wanted),
      ...(workers?.ask<readonly ConnectionStatus[]>({ ask: "connections", wanted }).flat() ?? []),
    ],
    connection(id) {
      const connection = server.connection(id);
      const status = connection ? statusOf(connection) : workers?.askOwner<ConnectionStatus>({ ask: "connection", id });
      return status && watched(status, server.lifecycle);
    },
  };
  const management: LoadManagement = once(async () => {
    const { managementOf } = await loadManagement();
    return managementOf({
      gatehouse,
      lifecycle: server.lifecycle,
      document: options.document ?? null,
      ends,
      reloads,
      reload: (by) => reloadAgain({ options, server, read, by }),
      renew: (by) => newest(server.renew(by)),
    });
  });
  return gatehouse;
}

/** The management, which many servers never need. @throws ProgramReplacedError */
const loadManagement = once(() => onDemand(() => import("./built-in-management.ts")));

type LoadManagement = () => Promise<Management>;

/** One result for all calls, and another attempt after a failure. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** Whatever its name. */
function isHttp(protocol: Protocol): protocol is HttpProtocol {
  return "leavePaths" in protocol && "answerChallenges" in protocol;
}

interface Control {
  open(gatehouse: Gatehouse, management: LoadManagement, options?: { readonly replaces: boolean }): Promise<void>;
  restore(gatehouse: Gatehouse, management: LoadManagement): Promise<void>;
  close(): Promise<void>;
}

/** Reads the document where the options say how; else the one in force is put into force again. */
async function reloadAgain({ options: { control }, server, read, by }: ReloadAgain): Promise<ReloadReport> {
  const document = typeof control === "object" ? control.document : undefined;
  if (!document) return newest(server.renew(by));
  return newest(server.reload(await readDocument(server, async () => read(await document()), by), by));
}

interface ReloadAgain {
  readonly options: GatehouseOptions;
  readonly server: Server;
  readonly read: ReadDocument;
  /** Who asks for it. */
  readonly by: string;
}

interface ControlledServer extends Omit<ReloadAgain, "by"> {
  readonly reloads: ReloadHistory;
}

function controlOf({ options, server, read, reloads }: ControlledServer): Control {
  const { control } = options;
  if (control === undefined) return { open: async () => {}, restore: async () => {}, close: async () => {} };
  const path = typeof control === "string" ? control : control.path;
  const reload = () => reloadAgain({ options, server, read, by: controlSocketName });
  const parts = { reload, newestReload: () => reloads.newest };
  const access = new ControlAccess(path, server.lifecycle);
  return {
    open: (gatehouse, management, placing) => access.open({ gatehouse, management, ...parts }, placing),
    restore: (gatehouse, management) => access.restore({ gatehouse, management, ...parts }),
    close: () => access.close(),
  };
}

/**
 * Checks everything that could keep this document from starting, short of binding: certificates and keys, TLS
 * contexts, accounts, protocols.
 * @returns warnings that are no errors.
 * @throws ConfigurationError, or AggregateError with every problem.
 */
export async function checkGatehouse(options: GatehouseOptions): Promise<string[]> {
  const configuration = configurationOf(options);
  const mailboxes = options.mailboxes ?? (options.backend ? null : unopenedMailboxes);
  const named = new NamedProtocols({
    own: ownProtocols(options),
    builtIn: builtInProtocols({ ...options, backend: {}, mailboxes, onRequest: () => () => {} }),
  });
  const protocols = await named.of(configuration);
  const outcomes = await Promise.allSettled([
    prepareListeners({ configuration, protocols, dataDirectory: null }).then(({ certificates }) =>
      [...documentWarnings(configuration), ...certificates.warnings].map(({ text }) => text),
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

/** Enough for protocols that get no connections. */
const unopenedMailboxes: Mailboxes = { open: () => Promise.reject(new Error("A check opens no mailbox.")) };

/** @throws ProtocolOptionError when one would silently be in the place of another, or has causes or notices that cannot be. */
function ownProtocols({ protocols = [] }: GatehouseOptions): readonly Protocol[] {
  const names = new Set<string>();
  for (const protocol of protocols) {
    const { name } = protocol;
    checkOwnNames(protocol);
    if (names.has(name)) throw new ProtocolOptionError(name, "name", `unique: two protocols are called "${name}"`);
    names.add(name);
  }
  return protocols;
}

function configurationOf(options: GatehouseOptions): Configuration {
  const { config } = options;
  return isConfiguration(config) ? config : parseDocument(config, parseOptionsOf(options));
}

function parseOptionsOf(options: GatehouseOptions): ParseOptions {
  return { protocols: ownProtocols(options).map(({ name }) => name) };
}
