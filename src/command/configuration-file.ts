/** Chooses the document for the command. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Configuration, exampleDocument, RunningDocument } from "../config/index.ts";
import { boundedCall, FileError } from "../files/index.ts";
import type { ReloadReport } from "../runtime/reload/reload.ts";

/** In the data folder: changes of a document that cannot be written to its file. */
const keptName = "document-changes.json";

export interface ChosenConfiguration {
  readonly configuration: Configuration;
  /** That of a file, or the built-in example; with what is kept in the data folder. */
  readonly document: RunningDocument<ReloadReport>;
}

/**
 * The given file; else `gatehouse.json` in the working directory; else the built-in example.
 * @param data the data folder
 * @throws ConfigurationError
 */
export async function chooseConfiguration(file: string | undefined, data: string): Promise<ChosenConfiguration> {
  const inDirectory = join(process.cwd(), "gatehouse.json");
  const document = new RunningDocument<ReloadReport>({
    file: file ?? ((await isThere(inDirectory)) ? inDirectory : null),
    builtIn: JSON.stringify(exampleDocument, null, 2),
    keptFile: join(data, keptName),
  });
  return { configuration: await document.read(), document };
}

/** What was read, for people. */
export function documentName({ file, isMerged, keptFile }: RunningDocument<ReloadReport>): string {
  const name = file ?? "The built-in example";
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
