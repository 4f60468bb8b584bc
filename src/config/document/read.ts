import { FileError, type ReadLimits, readFileWithin } from "../../files/index.ts";
import { ConfigurationError } from "./configuration-error.ts";
import type { ParseOptions } from "./document.ts";
import type { Configuration } from "./effective.ts";
import { parseAside } from "./parse-aside.ts";

/** 16 MiB are some 200,000 entries of `BlockedIp`. */
export const DOCUMENT_LIMITS: ReadLimits = { maxSize: 16 * 1024 * 1024 };

/**
 * Reads a configuration document from a regular file of at most 16 MiB, within 10 seconds.
 * @throws ConfigurationError, also when the file cannot be read or is not JSON.
 */
export async function readConfiguration(
  file: string,
  options: Omit<ParseOptions, "file"> = {},
): Promise<Configuration> {
  let bytes: Uint8Array;
  try {
    ({ bytes } = await readFileWithin(file, DOCUMENT_LIMITS));
  } catch (error) {
    throw unreadableFile(file, error);
  }
  return parseContent(bytes, { ...options, file });
}

/**
 * Reads a configuration document from a file's content.
 * @throws ConfigurationError, also when the content is not text.
 */
export async function parseContent(
  content: Uint8Array,
  options: ParseOptions & { readonly file: string },
): Promise<Configuration> {
  return parseAside(textOf(content, options.file), options);
}

/** Why a file could not be read, in plain words. */
export function unreadableFile(file: string, cause: unknown): ConfigurationError {
  const problem = cause instanceof FileError ? cause.problem : "the system refused";
  return new ConfigurationError([{ path: "", message: `cannot be read: ${problem}` }], { file, cause });
}

export function textOf(content: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new ConfigurationError([{ path: "", message: "cannot be read: it is not UTF-8 text" }], { file, cause });
  }
}
