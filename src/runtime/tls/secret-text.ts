import type { PublicText, SecretText } from "../../config/index.ts";
import { FileError, type ReadLimits, readFileWithin } from "../../files/index.ts";

/**
 * A text that the document refers to is not available. The message names the variable or the file, never its content.
 */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
  readonly code = "unreadable-secret";
  /** What the operating system said, e.g. `ENOENT`; null when it said nothing. */
  readonly errno: string | null;

  constructor(message: string, { errno = null, cause }: { readonly errno?: string | null; cause?: unknown } = {}) {
    super(message, { cause });
    this.errno = errno;
  }
}

/** Enough for a certificate with its chain, a key, a password: the longest in use have some ten thousand octets. */
export const TEXT_LIMITS: ReadLimits = { maxSize: 1024 * 1024 };

/** Where texts are read from, and what is recorded about them. */
export interface TextReading {
  /** The process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets the digest of each file that was read, by its path. */
  readonly loaded?: Map<string, string>;
}

/**
 * The content of a reference in the document. One line end at the end of a file or variable is not part
 * of it, so that a secret written by an editor or `echo` is the same as one written by `printf`.
 * @throws CredentialError when the variable is not set, the file cannot be read, is no regular file or has more than 1 MiB,
 * or either is empty.
 */
export async function resolveText(
  text: PublicText | SecretText,
  { env = process.env, loaded }: TextReading = {},
): Promise<string> {
  switch (text["@type"]) {
    case "Text":
      return "secret" in text ? text.secret : text.value;
    case "EnvironmentVariable":
      return contentOf(`environment variable ${text.variableName}`, env[text.variableName]);
    case "File":
      return contentOf(`file ${text.filePath}`, await readText(text.filePath, loaded));
  }
}

async function readText(filePath: string, loaded: TextReading["loaded"]): Promise<string> {
  try {
    const { bytes, digest } = await readFileWithin(filePath, TEXT_LIMITS);
    loaded?.set(filePath, digest);
    return bytes.toString("utf8");
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new CredentialError(`file ${cause.message}`, { errno: cause.errno, cause });
  }
}

function contentOf(source: string, content: string | undefined): string {
  if (content === undefined) throw new CredentialError(`${source} is not set; set it where the process is started`);
  const text = content.replace(/\r?\n$/, "");
  if (text === "") throw new CredentialError(`${source} is empty; put the text in it`);
  return text;
}

export function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
