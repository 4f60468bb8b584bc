/** Chooses the document for the command. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Configuration, DocumentFile, exampleDocument, parseDocument } from "../config/index.ts";
import { boundedCall, FileError } from "../files/index.ts";

export interface ChosenConfiguration {
  readonly configuration: Configuration;
  /** Null for the built-in example. */
  readonly document: DocumentFile | null;
}

/**
 * The given file; else `gatehouse.json` in the working directory; else the built-in example.
 * @throws ConfigurationError
 */
export async function chooseConfiguration(file: string | undefined): Promise<ChosenConfiguration> {
  const inDirectory = join(process.cwd(), "gatehouse.json");
  const chosen = file ?? ((await isThere(inDirectory)) ? inDirectory : null);
  if (chosen === null) return { configuration: parseDocument(exampleDocument), document: null };
  const document = new DocumentFile(chosen);
  return { configuration: await document.read(), document };
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
