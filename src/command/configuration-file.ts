/** Chooses the document for the command. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Configuration, ConfigurationError, exampleDocument, RunningDocument } from "../config/index.ts";
import { boundedCall, FileError } from "../files/index.ts";
import { EngineDocument } from "../runtime/fleet/engine-document.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";

/** Where the engine is that has the document. */
const urlVariable = "GATEHOUSE_ENGINE_URL";
/** In the data folder: changes of a document that cannot be written to its file. */
const keptName = "document-changes.json";

export interface ChosenConfiguration {
  readonly configuration: Configuration;
  /** That of a file, or the built-in example; with what is kept in the data folder. */
  readonly document: RunningDocument<ReloadReport>;
  /** The same, where it is kept in the engine of a fleet. */
  readonly engineDocument: EngineDocument | null;
}

/** Before the key, in place of a file. */
const inEngine = "redis:";

/**
 * The given file, or `redis:KEY`, the text of a key in the engine of a fleet; else `gatehouse.json` in the working directory; else the built-in example.
 * @param data the data folder
 * @throws ConfigurationError
 */
export async function chooseConfiguration(file: string | undefined, data: string): Promise<ChosenConfiguration> {
  const inDirectory = join(process.cwd(), "gatehouse.json");
  const engineDocument = isInEngine(file)
    ? new EngineDocument({
        url: process.env[urlVariable] ?? "redis://127.0.0.1:6379",
        key: file.slice(inEngine.length),
      })
    : null;
  const document = new RunningDocument<ReloadReport>({
    file: engineDocument ? null : (file ?? ((await isThere(inDirectory)) ? inDirectory : null)),
    ...(engineDocument ? { keeper: engineDocument } : {}),
    builtIn: JSON.stringify(exampleDocument, null, 2),
    keptFile: join(data, keptName),
  });
  const configuration = await document.read();
  if (engineDocument && configuration.system.cluster === null) {
    const message = "must name the engine of the fleet whose nodes share this document";
    throw new ConfigurationError([{ path: "SystemSettings.cluster", message }], { file: engineDocument.name });
  }
  return { configuration, document, engineDocument };
}

/** Whether it names a text in the engine of a fleet. */
export function isInEngine(file: string | undefined): file is string {
  return file?.startsWith(inEngine) ?? false;
}

/** What was read, for people. */
export function documentName({ name: own, isMerged, keptFile }: RunningDocument<ReloadReport>): string {
  const name = own ?? "The built-in example";
  return isMerged ? `${name}, with the changes kept in ${keptFile},` : name;
}

/** A file that exists but cannot be checked counts as present: reading it says why it cannot be read. */
async function isThere(file: string): Promise<boolean> {
  try {
    await boundedCall(file, () => access(file));
    return true;
  } catch (error) {
    return !(error instanceof FileError && error.errno === "ENOENT");
  }
}
