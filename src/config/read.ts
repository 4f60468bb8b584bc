import { readFileSync } from "node:fs";
import { ConfigurationError } from "./configuration-error.ts";
import { type ParseOptions, parseDocument } from "./document.ts";
import type { Configuration } from "./effective.ts";

const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "there is no such file"],
  ["EACCES", "this user may not read it; check its permissions and those of its folder"],
  ["EPERM", "this user may not read it"],
  ["EISDIR", "it is a folder; name the file in it"],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "it is not UTF-8 text"],
  ["ERR_FS_FILE_TOO_LARGE", "it is too large"],
  ["ERR_INVALID_ARG_VALUE", "its name is not one that a file can have"],
]);

/**
 * Reads a configuration document from a file.
 * @throws ConfigurationError, also when the file cannot be read or is not JSON.
 */
export function readConfiguration(file: string, options: Omit<ParseOptions, "file"> = {}): Configuration {
  return parseDocument(readText(file), { ...options, file });
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const message = `cannot be read: ${ADVICE.get(code) ?? "the system refused"}${code ? ` (${String(code)})` : ""}`;
    throw new ConfigurationError([{ path: "", message }], { file, cause });
  }
}
