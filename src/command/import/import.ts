/** `gatehouse import`: what Stalwart's client or API prints becomes the document, or part of it, whether a server runs or not. */
import { access, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigurationError, RunningDocument } from "../../config/index.ts";
import { printableJson } from "../../config/values/printable.ts";
import { ControlUnreachableError } from "../../control/control-client.ts";
import { FileError, toFileError } from "../../files/index.ts";
import type { ReloadReport } from "../../runtime/reload/reload.ts";
import { type CallMethods, callMethods, RefusedError } from "../ask-jmap.ts";
import { chooseConfiguration, isInEngine } from "../configuration-file.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { allObjects } from "../objects/all-objects.ts";
import { findObject, noSuchObject, objectNames } from "../objects/object-names.ts";
import { readText } from "../objects/plan-file.ts";
import { complain, messagesOf, say } from "../output.ts";
import { ImportRefusedError, importObjects } from "./import-objects.ts";
import { describeImport, type ImportOutcome, reportOf } from "./import-report.ts";
import { type FoundObject, type FoundObjects, objectsIn, UnknownFileError } from "./imported-file.ts";
import { type ImportedObject, importedObject } from "./imported-object.ts";
import { callUnserved } from "./unserved-document.ts";

export interface ImportOptions {
  /** The document; else `gatehouse.json`. */
  readonly config?: string;
  readonly data: string;
  /** The kind of objects that do not say what they are. */
  readonly object?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export async function importFile(file: string, options: ImportOptions): Promise<ExitCode> {
  const kind = options.object === undefined ? null : findObject(options.object, objectNames.writable);
  if (options.object !== undefined && kind === null) {
    complain(noSuchObject(options.object, objectNames.writable));
    return exitCodes.usage;
  }
  const text = await readText(file);
  if (typeof text !== "string") {
    complain(text.problem);
    return exitCodes.configuration;
  }
  try {
    const found = objectsIn(text, kind?.slice(2) ?? null);
    const outcome = await importInto(options, found);
    say(options.json ? printableJson(reportOf(outcome)) : describeImport(outcome));
    return outcome.objects.some(({ isTaken }) => isTaken) ? exitCodes.ok : exitCodes.configuration;
  } catch (error) {
    if (error instanceof UnknownFileError) complain(`${file} cannot be imported: ${error.message}.`);
    else if (isExpected(error)) for (const message of messagesOf(error)) complain(message);
    else throw error;
    return error instanceof ControlUnreachableError ? exitCodes.unreachable : exitCodes.configuration;
  }
}

function isExpected(error: unknown): boolean {
  return [ConfigurationError, FileError, ControlUnreachableError, ImportRefusedError, RefusedError].some(
    (type) => error instanceof type,
  );
}

async function importInto(options: ImportOptions, found: FoundObjects): Promise<ImportOutcome> {
  const { objects, unknown } = importedObjects(found.objects);
  const dryRun = options.dryRun ?? false;
  return withDocument(options, async (call, document) => {
    const done = await importObjects(call, objects, { dryRun });
    return { objects, unknown, notes: found.notes, done, dryRun, document };
  });
}

/** Certificates first: others refer to them. */
function importedObjects(found: readonly FoundObject[]) {
  const unknown = new Map<string, number>();
  const domains = new Map<string, string>();
  const certificates = new Map<string, string>();
  const byObject = new Map<string, { readonly one: FoundObject; readonly index: number }[]>();
  for (const [index, one] of found.entries()) {
    const object = findObject(one.object, objectNames.writable);
    const { name } = one.value;
    if (one.object === "Domain" && typeof name === "string") for (const key of one.keys) domains.set(key, name);
    if (object === null) unknown.set(one.object, (unknown.get(one.object) ?? 0) + 1);
    else byObject.set(object, [...(byObject.get(object) ?? []), { one, index }]);
    if (object === "x:Certificate") for (const key of one.keys) certificates.set(key, `certificate-${index}`);
  }
  const objects = objectNames.inDocument.flatMap((name): ImportedObject[] => {
    const object = `x:${name}`;
    return (byObject.get(object) ?? []).map(({ one, index }) =>
      importedObject(one, { object, index, certificates, domains }),
    );
  });
  return { objects, unknown };
}

type Work = (call: CallMethods, document: string) => Promise<ImportOutcome>;

/** Through the server that runs the document, where one does: then it is in force, too. */
async function withDocument({ config, data, dryRun }: ImportOptions, work: Work): Promise<ImportOutcome> {
  const file = config ?? join(process.cwd(), "gatehouse.json");
  const served = await servedDocument(data);
  const isServed =
    config === undefined || (isInEngine(config) ? served === config : await isSame(served ?? null, file));
  if (served !== undefined && isServed)
    return work((calls) => callMethods(data, calls), served ?? "the running server's built-in document");
  if (isInEngine(config)) {
    const message = "is changed by nodes that run; start one with this data folder, or change the text in the engine";
    throw new ConfigurationError([{ path: "", message }], { file: config });
  }
  if (await isThere(file)) {
    const { document } = await chooseConfiguration(file, data);
    return work(await callUnserved(document), file);
  }
  if (dryRun) {
    const nowhere = join(tmpdir(), `gatehouse-import-${process.pid}.json`);
    return work(
      await callUnserved(new RunningDocument<ReloadReport>({ file: null, builtIn: "{}", keptFile: nowhere })),
      file,
    );
  }
  await writeFile(file, "{}\n", { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    throw toFileError(file, error);
  });
  try {
    const { document } = await chooseConfiguration(file, data);
    return await work(await callUnserved(document), file);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

/** @returns the file of the running server's document, null for a built-in one; undefined where no server runs */
async function servedDocument(data: string): Promise<string | null | undefined> {
  try {
    const { list } = await allObjects((calls) => callMethods(data, calls), "x:ServerNode");
    const file = list.find(({ id }) => id === "local")?.["document"];
    return typeof file === "string" ? file : null;
  } catch (error) {
    if (error instanceof ControlUnreachableError) return undefined;
    throw error;
  }
}

async function isSame(served: string | null, file: string): Promise<boolean> {
  if (served === null) return false;
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  return (await real(served)) === (await real(file));
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}
