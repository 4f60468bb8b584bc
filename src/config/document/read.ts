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
  ["ESPIPE", "it is a pipe or a device, which can be read only once"],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "it is not UTF-8 text"],
  ["ERR_FS_FILE_TOO_LARGE", "it is too large"],
  ["ERR_INVALID_ARG_VALUE", "its name is not one that a file can have"],
]);

/**
 * Reads a configuration document from a file.
 * @throws ConfigurationError, also when the file cannot be read or is not JSON.
 */
export function readConfiguration(file: string, options: Omit<ParseOptions, "file"> = {}): Configuration {
  return parseContent(
    reading(file, () => readFileSync(file)),
    { ...options, file },
  );
}

/**
 * Reads a configuration document from what a file holds.
 * @throws ConfigurationError, also when the content is not text.
 */
export function parseContent(content: Uint8Array, options: ParseOptions & { readonly file: string }): Configuration {
  const text = reading(options.file, () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content));
  return parseDocument(text, options);
}

/** Why a file could not be read, in plain words. */
export function unreadableFile(file: string, cause: unknown): ConfigurationError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const message = `cannot be read: ${ADVICE.get(code) ?? "the system refused"}${code ? ` (${String(code)})` : ""}`;
  return new ConfigurationError([{ path: "", message }], { file, cause });
}

function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw unreadableFile(file, cause);
  }
}
