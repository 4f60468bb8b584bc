/** Several workers, as an embedder asks for them; and what keeps a Gatehouse from having them. */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Configuration, workerCount } from "./config/index.ts";
import { messageOf } from "./config/values/thrown.ts";
import { exportMistake } from "./gatehouse-option-forms.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import type { OwnName } from "./machines/causes.ts";
import { threadsClock } from "./runtime/shared/threads-clock.ts";
import { WorkerPool, type WorkerPoolOptions } from "./runtime/workers/worker-pool.ts";
import { WorkerThread } from "./runtime/workers/worker-thread.ts";

/** Options that a Gatehouse with several workers cannot have. */
export class WorkersOptionError extends Error {
  override readonly name = "WorkersOptionError";
  readonly code = "invalid-workers-option";
}

/** A worker could not import the file of `workers.module`, which the main thread could. */
export class WorkerModuleError extends Error {
  override readonly name = "WorkerModuleError";
  readonly code = "worker-module-failed";

  constructor(worker: number, url: string, cause: unknown) {
    super(`Worker ${worker} cannot import workers.module, ${url}: ${messageOf(cause)}`, { cause });
  }
}

/** What an embedder's file may export. */
const exported = [
  "protocols",
  "backend",
  "mailboxes",
  "authenticate",
  "authenticateCertificate",
  "takeOver",
  "admission",
] as const;
export type ExportedOptions = Partial<Pick<GatehouseOptions, (typeof exported)[number]>>;

/** The protocols that the main thread serves by itself: the management is answered there. */
const ofMainThread = "http";

const entry = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** With what the file of the workers exports. @throws WorkersOptionError */
export function withModule(options: GatehouseOptions): GatehouseOptions {
  const url = moduleOf(options);
  if (url === null) return options;
  const given = exported.filter((name) => options[name] !== undefined);
  if (given.length > 0)
    throw new WorkersOptionError(`${given.join(", ")}: export it from workers.module, and leave the option out.`);
  return { ...options, ...exportsOf(url) };
}

function exportsOf(url: URL): ExportedOptions {
  const options = pick(imported(url));
  const mistake =
    Object.keys(options).length === 0 ? `it has to export one of ${exported.join(", ")}` : exportMistake(options);
  if (mistake !== null) throw new WorkersOptionError(`workers.module, ${url.href}: ${mistake}.`);
  return options;
}

function imported(url: URL): Readonly<Record<string, unknown>> {
  try {
    return createRequire(import.meta.url)(url.protocol === "file:" ? fileURLToPath(url) : url.href);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    // What Node adds on further lines is about require(), which nobody has written.
    const [reason = ""] =
      code === "ERR_REQUIRE_ASYNC_MODULE" ? ["it has a top-level await"] : messageOf(error).split("\n");
    throw new WorkersOptionError(`workers.module, ${url.href}, cannot be imported: ${reason}`, { cause: error });
  }
}

/** The file of the workers, in one of them. @throws WorkerModuleError */
export async function importedBy(worker: number, url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(url);
  } catch (error) {
    throw new WorkerModuleError(worker, url, error);
  }
}

/** The members that are options. */
export function pick(module: Readonly<Record<string, unknown>>): ExportedOptions {
  return Object.fromEntries(exported.flatMap((name) => (name in module ? [[name, module[name]]] : [])));
}

function moduleOf({ workers }: GatehouseOptions): URL | null {
  if (workers?.module === undefined) return null;
  const { module } = workers;
  if (module instanceof URL) return module;
  return module.startsWith("file:") ? new URL(module) : pathToFileURL(module);
}

/**
 * How many a document asks for, where the options do not say another number.
 * @throws WorkersOptionError when called with a document that wants several, for options that these cannot have
 */
export function workersWanted(given: GatehouseOptions): (document: Configuration) => number {
  return ({ system }) => {
    const count = workerCount({ workers: given.workers?.count ?? system.workers });
    if (count > 1) assertPossible(given);
    return count;
  };
}

/**
 * The workers of a Gatehouse; null where the main thread serves by itself.
 * @throws WorkersOptionError for options that several workers cannot have
 */
export function workersOf(
  given: GatehouseOptions,
  {
    configuration,
    ...lending
  }: { readonly configuration: Configuration } & Pick<WorkerPoolOptions, "lendMail" | "lendFleet">,
): WorkerPool | null {
  const count = workersWanted(given);
  if (count(configuration) === 1) return null;
  const { pressure = {} } = given;
  return new WorkerPool({
    count,
    ...lending,
    inFleet: configuration.system.cluster !== null,
    begin: (start, owner) =>
      new WorkerThread({ entry, resourceLimits: given.workers?.resourceLimits ?? {} }, start, owner),
    notices: (withModule(given).protocols ?? []).flatMap(({ notices = {} }) => Object.keys(notices) as OwnName[]),
    clock: threadsClock,
    given: {
      module: moduleOf(given)?.href ?? null,
      dataDirectory: given.dataDirectory ?? "gatehouse-data",
      lifecycle: given.lifecycle ?? "compiled",
      pressure: pressure && (pressure.thresholds ? { thresholds: pressure.thresholds } : {}),
    },
    serves: ({ protocol }) => protocol !== ofMainThread,
  });
}

function assertPossible(given: GatehouseOptions): void {
  const functions = exported.filter((name) => given[name] !== undefined);
  if (functions.length > 0 && moduleOf(given) === null)
    throw new WorkersOptionError(
      `${functions.join(", ")}: functions cannot be handed to a worker's thread. Export them from a file of your own, and name it by workers: { module }; or set workers to 1.`,
    );
  if (given.clock) throw new WorkersOptionError("clock: the threads of workers have the system's. Leave it out.");
  if (given.pressure !== false && given.pressure?.samples$)
    throw new WorkersOptionError("pressure.samples$: each worker takes samples of its own. Leave it out.");
}
