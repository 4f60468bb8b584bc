/** What a worker's thread runs: a server of its own, which serves what the main thread has bound. */
import { workerData } from "node:worker_threads";
import { builtInProtocols } from "./built-in-protocols.ts";
import { checkedConfiguration } from "./config/index.ts";
import type { ChartSanitizer } from "./inspect/sanitizer.ts";
import { registerCauses } from "./machines/own-causes.ts";
import { NamedProtocols } from "./named-protocols.ts";
import { LoginFailures } from "./protocols/login-failures.ts";
import { ThreadSide } from "./runtime/fleet/thread-side.ts";
import { Server } from "./runtime/server/server.ts";
import { WorkerSide } from "./runtime/server/worker-side.ts";
import { threadsClock } from "./runtime/shared/threads-clock.ts";
import { FollowedBlockList } from "./runtime/workers/followed-block-list.ts";
import { loadThread } from "./runtime/workers/load-thread.ts";
import { WorkerMemory } from "./runtime/workers/worker-memory.ts";
import type { WorkerStart } from "./runtime/workers/worker-messages.ts";
import { WorkerMailbox } from "./worker-mailbox.ts";
import { type ExportedOptions, importedBy, pick } from "./worker-options.ts";

type ExportedSanitizers = Readonly<Record<string, ChartSanitizer>> | undefined;

const start: WorkerStart = workerData;
const clock = threadsClock;
const libc = await loadThread(start.ports);
const memory = new WorkerMemory(start.shared, { thread: start.thread, clock });
const module = start.module === null ? {} : await importedBy(start.worker, start.module);
const options: ExportedOptions = pick(module);
const side = new WorkerSide({
  ...{ start, memory, libc },
  async loadInspection() {
    const { inspectionHere } = await import("./inspect/threads/inspection-here.ts");
    return inspectionHere(module.sanitize as ExportedSanitizers);
  },
});

const { mail: port, fleet: fleetPort } = start.ports;
const fleet = fleetPort && memory.leases && new ThreadSide({ port: fleetPort, leases: memory.leases, clock });
const mail = port
  ? new WorkerMailbox({
      options,
      port,
      dataDirectory: start.dataDirectory,
      locks: memory.maildrops,
      thread: start.thread,
    })
  : null;

for (const { causes } of options.protocols ?? []) if (causes) registerCauses(causes);

const server: Server = new Server({
  configuration: checkedConfiguration(start.document),
  clock,
  dataDirectory: start.dataDirectory,
  inspect: undefined,
  lifecycleMode: start.lifecycle,
  admission: options.admission ?? [],
  pressure: start.pressure,
  inherited: side.sockets,
  shared: {
    slots: memory.slots,
    counting: fleet ? { ...memory.counting, elsewhere: ({ name }) => fleet.addresses(name) } : memory.counting,
    fleet,
    blockList: new FollowedBlockList(clock, start),
    ticketSecret: start.ticketSecret,
    idPrefix: start.idPrefix,
  },
  onBound: async () => {
    await side.bound();
    await mail?.bound();
  },
  onListening: async () => {},
  prepare: async () => {
    const commit = await mail?.stage(server.configuration, "inForce");
    commit?.();
    const remembered = fleet?.failures(memory.failures) ?? memory.failures;
    const failures = new LoginFailures({}, (address) => server.allowList.has(address), remembered);
    const protocols = new NamedProtocols({
      own: options.protocols ?? [],
      builtIn: builtInProtocols({
        ...options,
        backend: options.backend ?? mail?.backend ?? {},
        mailboxes: options.mailboxes ?? mail?.mailboxes ?? null,
        loginFailures: failures,
        onRequest: () => (_, response) => void response.writeHead(404).end(),
        lifecycle: start.lifecycle,
      }),
    });
    return {
      protocols: protocols.ready,
      protocolsOf: (configuration) => protocols.of(configuration),
      certificates: () => side.certificates,
      stage: (document) => mail?.stage(document, "staged") ?? Promise.resolve(() => {}),
      release: async () => mail?.release(),
    };
  },
});
await side.run(server);
