/** `gatehouse serve`: run a document until a signal ends it. */
import { map, type Observable } from "rxjs";
import { ConfigurationError, fileSource, mergeSources, readConfiguration, signalSource } from "../config/index.ts";
import { controlSocketOf } from "../control/socket-path.ts";
import { createGatehouse } from "../gatehouse.ts";
import type { Gatehouse } from "../gatehouse-contract.ts";
import type { ControlOptions } from "../gatehouse-options.ts";
import { PrivilegeError } from "../runtime/privileges/privilege-error.ts";
import { inheritedSockets } from "../runtime/systemd/listen-fds.ts";
import { ServiceManager } from "../runtime/systemd/service-manager.ts";
import { chooseConfiguration } from "./configuration-file.ts";
import { endWithin } from "./end-process.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Inspection, type InspectionOptions, openInspection } from "./inspection.ts";
import { messagesOf } from "./output.ts";
import { privilegesOf } from "./privileges.ts";
import { ServerOutputs } from "./server-outputs.ts";
import { introduce, welcome } from "./welcome.ts";

/** Milliseconds that the process may take to end when all is done. */
const endAllowance = 2_000;

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
  const outputs = await ServerOutputs.open(options.logLevel);
  try {
    return await serveManaged(options, outputs);
  } finally {
    await outputs.close();
    endWithin(endAllowance);
  }
}

async function serveManaged(options: ServeOptions, outputs: ServerOutputs): Promise<ExitCode> {
  const { complain } = outputs;
  const manager = await ServiceManager.find().catch((error: unknown) => {
    for (const message of messagesOf(error)) complain(message);
    return ServiceManager.none;
  });
  try {
    return await serveInspected(options, { manager, outputs });
  } finally {
    manager.close();
  }
}

interface Surroundings {
  readonly manager: ServiceManager;
  readonly outputs: ServerOutputs;
}

async function serveInspected(options: ServeOptions, { manager, outputs }: Surroundings): Promise<ExitCode> {
  const { complain } = outputs;
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
    return await serveFor(options, { manager, outputs, inspection });
  } finally {
    for (const line of await inspection.close()) complain(line);
  }
}

async function serveFor(
  options: ServeOptions,
  { manager, outputs, inspection }: Surroundings & { readonly inspection: Inspection },
): Promise<ExitCode> {
  const { complain } = outputs;
  const { inspect, words } = inspection;
  let gatehouse: Gatehouse;
  let file: string | null;
  try {
    const chosen = chooseConfiguration(options.config);
    file = chosen.file;
    const privileges = await privilegesOf(options, complain);
    gatehouse = createGatehouse({
      config: chosen.configuration,
      dataDirectory: options.data,
      ...(file === null ? {} : { config$: documentsOf(file) }),
      control: controlOf(options.data, file),
      ...(inspect ? { inspect } : {}),
      logger: outputs.logger,
      outputs: outputs.counted,
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
