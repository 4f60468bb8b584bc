/** `gatehouse serve`: run a document until a signal ends it. */
import type { Logger } from "pino";
import { filter, lastValueFrom, Observable } from "rxjs";
import {
  broughtBy,
  ConfigurationError,
  type ConfigurationSource,
  demandSource,
  mergeSources,
  type RunningDocument,
} from "../config/index.ts";
import { controlSocketOf } from "../control/socket-path.ts";
import { createGatehouse } from "../gatehouse.ts";
import type { Gatehouse } from "../gatehouse-contract.ts";
import type { ControlOptions } from "../gatehouse-options.ts";
import type { LifecycleEvent } from "../runtime/observe/lifecycle.ts";
import { PrivilegeError } from "../runtime/privileges/privilege-error.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";
import { StartError, StoppedWhileStartingError } from "../runtime/server/server-errors.ts";
import { inheritedSockets } from "../runtime/systemd/listen-fds.ts";
import { ServiceManager } from "../runtime/systemd/service-manager.ts";
import { Predecessor } from "../runtime/upgrade/predecessor.ts";
import { sameProgram } from "../runtime/upgrade/successor.ts";
import { WorkersOptionError } from "../worker-options.ts";
import { chooseConfiguration, documentName } from "./configuration-file.ts";
import { endWithin } from "./end-process.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Inspection, type InspectionOptions, openInspection } from "./inspection.ts";
import { messagesOf } from "./output.ts";
import { privilegesOf } from "./privileges.ts";
import { refusedSignals } from "./refused-signals.ts";
import { ServerOutputs } from "./server-outputs.ts";
import type { StopSignals } from "./stop-signals.ts";
import { administratorNotice, welcome } from "./welcome.ts";

/** Milliseconds that the process may take to end when all is done. */
const endAllowance = 2_000;

export interface ServeOptions extends InspectionOptions {
  readonly config?: string;
  readonly data: string;
  readonly logLevel: string;
  /** Takes precedence over the document. */
  readonly workers?: number | "auto";
  /** Name of this node within a fleet. Takes precedence over the document. */
  readonly node?: string;
  /** Name or id of the user to run as once every address is bound. */
  readonly user?: string;
  /** With `user`: the group, else the user's own. */
  readonly group?: string;
}

export async function serve(options: ServeOptions, signals: StopSignals): Promise<ExitCode> {
  const predecessor = await Predecessor.find();
  const words = predecessor ? { fd: predecessor.words, also: (text: string) => predecessor.complain(text) } : { fd: 2 };
  const outputs = await ServerOutputs.open(options.logLevel, words);
  logRefusedSignals(outputs.logger);
  try {
    return await serveManaged(options, { outputs, signals, predecessor });
  } finally {
    await outputs.close();
    endWithin(endAllowance);
  }
}

interface CommandContext {
  readonly outputs: ServerOutputs;
  readonly signals: StopSignals;
  /** The server that this process is to succeed. */
  readonly predecessor: Predecessor | null;
}

interface ManagedContext extends CommandContext {
  readonly manager: ServiceManager;
}

async function serveManaged(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  const { complain } = context.outputs;
  const manager = await ServiceManager.find().catch((error: unknown) => {
    for (const message of messagesOf(error)) complain(message);
    return ServiceManager.none;
  });
  try {
    return await serveInspected(options, { ...context, manager });
  } finally {
    manager.close();
  }
}

async function serveInspected(options: ServeOptions, context: ManagedContext): Promise<ExitCode> {
  const { manager, signals } = context;
  const { complain } = context.outputs;
  let inspection: Inspection;
  try {
    inspection = await signals.unlessAsked(openInspection(options));
  } catch (error) {
    if (error instanceof StoppedWhileStartingError) return exitCodes.ok;
    if (!(error instanceof Error && "code" in error)) throw error;
    complain(error.message);
    manager.failed(error);
    return error.code === "invalid-inspection" ? exitCodes.usage : exitCodes.start;
  }
  try {
    return await serveFor(options, { ...context, inspection });
  } finally {
    for (const line of await inspection.close()) complain(line);
  }
}

async function serveFor(
  options: ServeOptions,
  { manager, outputs, signals, inspection, predecessor }: ManagedContext & { readonly inspection: Inspection },
): Promise<ExitCode> {
  const { complain } = outputs;
  const { inspect, words } = inspection;
  let gatehouse: Gatehouse;
  let document: RunningDocument<ReloadReport>;
  try {
    const chosen = await signals.unlessAsked(chooseConfiguration(options.config, options.data));
    document = chosen.document;
    const privileges = await privilegesOf(options, complain);
    gatehouse = createGatehouse({
      config: chosen.configuration,
      dataDirectory: options.data,
      ...(document.name === null ? {} : { config$: documentsOf(document, signals) }),
      ...(options.workers === undefined ? {} : { workers: { count: options.workers } }),
      ...(chosen.engineDocument ? { engineDocument: chosen.engineDocument } : {}),
      ...(options.node === undefined ? {} : { node: options.node }),
      control: controlOf(options.data, document),
      document,
      ...(inspect ? { inspect } : {}),
      logger: outputs.logger,
      outputs: outputs.counted,
      inheritedSockets: await inheritedSockets(),
      predecessor,
      startSuccessor: sameProgram(() => manager.environment),
      onBound: () => privileges.drop(chosen),
      // Messages for people go to stderr: stdout belongs to the log.
      onAdministratorMade: (administrator) => complain(administratorNotice(administrator)),
    });
  } catch (error) {
    if (error instanceof StoppedWhileStartingError) return exitCodes.ok;
    manager.failed(error);
    if (
      !(error instanceof ConfigurationError || error instanceof PrivilegeError || error instanceof WorkersOptionError)
    )
      throw error;
    for (const message of messagesOf(error)) complain(message);
    return error instanceof PrivilegeError ? exitCodes.start : exitCodes.configuration;
  }

  if (signals.asked) return exitCodes.ok;
  manager.follow(gatehouse);
  const stopped = Promise.race([stopOnSignals(gatehouse, signals), endedOtherwise(gatehouse)]);
  upgradeOnSignal(gatehouse, complain);
  document.manage(gatehouse);
  // Without a file there is nothing for SIGHUP to read again.
  if (document.name === null) signals.onHangup(() => signals.ask());
  try {
    await gatehouse.start();
    outputs.started();
    if (document.isMerged) outputs.logger.info({ event: "document.merged", ...document.place }, mergedText(document));
    complain(welcome(gatehouse, { file: document.name, data: options.data }));
    for (const line of words) complain(line);
  } catch (error) {
    if (!wasCalledOff(error)) {
      for (const message of messagesOf(error)) complain(message);
      return exitCodes.start;
    }
  }
  await stopped;
  return exitCodes.ok;
}

function mergedText(document: RunningDocument<ReloadReport>): string {
  return `The document is ${documentName(document)} which are merged into it.`;
}

/** A stop that was requested is no failure. */
function wasCalledOff(error: unknown): boolean {
  return error instanceof StartError && error.errors.some((reason) => reason instanceof StoppedWhileStartingError);
}

/** Where the other subcommands reach this server. The built-in example has no file to read again. */
function controlOf(data: string, document: RunningDocument<ReloadReport>): ControlOptions {
  const path = controlSocketOf(data);
  return document.name === null ? { path } : { path, document: () => document.read() };
}

/** The file whenever it has changed, and in any case at SIGHUP. */
function documentsOf(document: RunningDocument<ReloadReport>, signals: StopSignals): ConfigurationSource {
  const hangups = new Observable<void>((subscriber) => signals.onHangup(() => subscriber.next()));
  return mergeSources(
    broughtBy("file", document.changes()),
    broughtBy(
      "SIGHUP",
      demandSource(hangups, () => document.read()),
    ),
  );
}

/** The first signal drains, the second does not wait. Resolves when the server has stopped. */
function stopOnSignals(gatehouse: Gatehouse, signals: StopSignals): Promise<void> {
  return new Promise((resolve, reject) => {
    signals.hand({ stop: (options) => void gatehouse.stop(options).then(resolve, reject) });
  });
}

/** Resolves when a successor has taken over, or a node has asked for it, and the last session has ended. */
async function endedOtherwise(gatehouse: Gatehouse): Promise<void> {
  const ending = ({ type }: LifecycleEvent) => type === "upgrade.draining" || type === "fleet.draining";
  const succession = gatehouse.lifecycle$.pipe(filter(ending));
  if ((await lastValueFrom(succession, { defaultValue: null })) === null) return forever;
  await gatehouse.stop();
}

const forever = new Promise<never>(() => {});

function upgradeOnSignal(gatehouse: Gatehouse, complain: (text: string) => void): void {
  process.on("SIGUSR2", () => {
    gatehouse.upgrade({ by: "SIGUSR2" }).catch((error: unknown) => {
      for (const message of messagesOf(error)) complain(message);
    });
  });
}

function logRefusedSignals(logger: Logger): void {
  for (const [signal, text] of Object.entries(refusedSignals))
    process.on(signal, () => logger.warn({ event: "signal.refused", signal }, text));
}
