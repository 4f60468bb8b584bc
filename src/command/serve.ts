/** `gatehouse serve`: run a document until a signal ends it. */
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import { map, type Observable } from "rxjs";
import { ConfigurationError, fileSource, mergeSources, readConfiguration, signalSource } from "../config/index.ts";
import { controlSocketOf } from "../control/socket-path.ts";
import { createGatehouse } from "../gatehouse.ts";
import type { Gatehouse } from "../gatehouse-contract.ts";
import type { ControlOptions } from "../gatehouse-options.ts";
import { logDestination } from "../runtime/observe/log-destination.ts";
import { PrivilegeError } from "../runtime/privileges/privilege-error.ts";
import { inheritedSockets } from "../runtime/systemd/listen-fds.ts";
import { ServiceManager } from "../runtime/systemd/service-manager.ts";
import { chooseConfiguration } from "./configuration-file.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Inspection, type InspectionOptions, openInspection } from "./inspection.ts";
import { complain, messagesOf } from "./output.ts";
import { privilegesOf } from "./privileges.ts";
import { introduce, welcome } from "./welcome.ts";

export interface ServeOptions extends InspectionOptions {
  readonly config?: string;
  readonly data: string;
  readonly logLevel: string;
  /** Name or id of the user to become once every address is bound. */
  readonly user?: string;
  /** With `user`: the group, else the user's own. */
  readonly group?: string;
}

export async function serve(options: ServeOptions): Promise<ExitCode> {
  const manager = await ServiceManager.find().catch((error: unknown) => {
    for (const message of messagesOf(error)) complain(message);
    return ServiceManager.none;
  });
  try {
    return await serveInspected(manager, options);
  } finally {
    manager.close();
  }
}

async function serveInspected(manager: ServiceManager, options: ServeOptions): Promise<ExitCode> {
  let inspection: Inspection;
  try {
    inspection = await openInspection(options);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    complain(error.message);
    manager.failed(error);
    return error.code === "invalid-inspection" ? exitCodes.usage : exitCodes.start;
  }
  try {
    return await serveFor(options, { manager, inspection });
  } finally {
    for (const line of await inspection.close()) complain(line);
  }
}

async function serveFor(
  options: ServeOptions,
  { manager, inspection }: { manager: ServiceManager; inspection: Inspection },
): Promise<ExitCode> {
  const { inspect, words } = inspection;
  let gatehouse: Gatehouse;
  let file: string | null;
  try {
    const chosen = chooseConfiguration(options.config);
    file = chosen.file;
    const privileges = await privilegesOf(options);
    gatehouse = createGatehouse({
      config: chosen.configuration,
      dataDirectory: options.data,
      ...(file === null ? {} : { config$: documentsOf(file) }),
      control: controlOf(options.data, file),
      ...(inspect ? { inspect } : {}),
      logger: createLogger(options.logLevel),
      inheritedSockets: await inheritedSockets(),
      onBound: () => privileges.drop(chosen),
      // Words for a person go to stderr: stdout belongs to the log.
      onAdministratorMade: (administrator) => complain(introduce(administrator)),
    });
  } catch (error) {
    manager.failed(error);
    if (!(error instanceof ConfigurationError || error instanceof PrivilegeError)) throw error;
    for (const message of messagesOf(error)) complain(message);
    return error instanceof PrivilegeError ? exitCodes.start : exitCodes.configuration;
  }

  manager.follow(gatehouse);
  const stopped = stopOnSignals(gatehouse);
  try {
    await gatehouse.start();
    complain(welcome(gatehouse, { file, data: options.data }));
    for (const line of words) complain(line);
  } catch (error) {
    for (const message of messagesOf(error)) complain(message);
    return exitCodes.start;
  }
  await stopped;
  return exitCodes.ok;
}

/** Where the other subcommands reach this one. The built-in example has no file to read again. */
function controlOf(data: string, file: string | null): ControlOptions {
  const path = controlSocketOf(data);
  return file === null ? { path } : { path, document: () => readConfiguration(file) };
}

/** The file when it changes, and the file as it is at SIGHUP. */
function documentsOf(file: string): Observable<unknown> {
  const reads = mergeSources(
    fileSource(file),
    signalSource("SIGHUP", () => readConfiguration(file)),
  );
  return reads.pipe(map((read) => (read.kind === "document" ? read.configuration : read.error)));
}

/** The first signal drains, the second does not wait. Resolves when the server has stopped. */
function stopOnSignals(gatehouse: Gatehouse): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    const stop = (): void => {
      gatehouse.stop({ wait: !asked }).then(resolve, reject);
      asked = true;
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

/** JSON lines to a pipe, readable ones to a terminal. */
function createLogger(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level }, logDestination());
  // Synchronous, so that the log and what is said to the person come in the order in which they happen.
  const stream = pretty({ colorize: true, singleLine: true, sync: true, ignore: "pid,hostname,event" });
  return pino({ level }, stream);
}
