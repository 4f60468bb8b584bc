import { dirname, resolve } from "node:path";
import { ConfigurationError, type Finding, issuesOf, type Source } from "./configuration-error.ts";
import { type Configuration, effective } from "./effective.ts";
import { readJsonText } from "./json-text.ts";
import { PROTOCOLS } from "./listener.ts";
import { isObject } from "./partial-parse.ts";
import { readPlainValue } from "./plain-value.ts";
import { parseSections } from "./sections.ts";

export interface ParseOptions {
  /** The base of relative paths. Default: the folder of `file`, or else the working directory. */
  readonly directory?: string;
  /** Names of protocols that the embedder registered, besides the six of Gatehouse. */
  readonly protocols?: readonly string[];
  /** For error messages: the file that the document was read from. */
  readonly file?: string;
}

/**
 * Reads a configuration document.
 * @param source JSON text (comments and trailing commas allowed), or the value of such a text.
 * @throws ConfigurationError with every mistake of the document, and nothing else.
 */
export function parseDocument(source: string | unknown, options: ParseOptions = {}): Configuration {
  if (typeof source === "string" && options.file === undefined && seemsToBeFileName(source))
    throw new ConfigurationError(issuesOf([{ path: [], message: fileNameGiven, found: null }], readPlainValue(null)));
  const read = typeof source === "string" ? readJsonText(source) : readPlainValue(source);
  const refuse = (findings: readonly Finding[], origin: Source) =>
    new ConfigurationError(issuesOf(findings, origin), { file: options.file });
  if (read.value === undefined && read.findings.length > 0) throw refuse(read.findings, read);

  const { value } = read;
  if (!isObject(value) && !Array.isArray(value)) {
    throw refuse(
      [{ path: [], message: "must be an object of settings, or an array of listeners" }, ...read.findings],
      read,
    );
  }
  const parsed = parseSections(value, [...PROTOCOLS, ...(options.protocols ?? [])]);
  const findings = [...read.findings, ...parsed.findings];
  if (findings.length > 0) throw refuse(findings, read);
  return effective(parsed, baseDirectory(options));
}

const fileNameGiven =
  "is the name of a file, not JSON: pass what readConfiguration(file) gives, or fileSource(file) as config$";

/** A document begins with a brace or a bracket, if not with a comment. */
function seemsToBeFileName(text: string): boolean {
  return /^(?!\/[/*])[\w./~:\\-][^\n\r{[]*\.jsonc?\s*$/.test(text);
}

function baseDirectory({ directory, file }: ParseOptions): string {
  if (directory !== undefined) return resolve(directory);
  return file === undefined ? resolve() : dirname(resolve(file));
}
