/** Which document the command works on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Configuration, exampleDocument, parseDocument, readConfiguration } from "../config/index.ts";

export interface ChosenConfiguration {
  readonly configuration: Configuration;
  /** Null for the built-in example. */
  readonly file: string | null;
}

/**
 * The file asked for; else `gatehouse.json` in the working directory; else the built-in example.
 * @throws ConfigurationError
 */
export function chooseConfiguration(file: string | undefined): ChosenConfiguration {
  const inDirectory = join(process.cwd(), "gatehouse.json");
  const chosen = file ?? (existsSync(inDirectory) ? inDirectory : null);
  if (chosen === null) return { configuration: parseDocument(exampleDocument), file: null };
  return { configuration: readConfiguration(chosen), file: chosen };
}
