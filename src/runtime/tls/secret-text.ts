import { readFile } from "node:fs/promises";
import type { PublicText, SecretText } from "../../config/index.ts";

/** A text that the document refers to cannot be had. The message names the variable or the file, never its content. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
  readonly code = "unreadable-secret";
  /** What the operating system said, e.g. `ENOENT`; null when it said nothing. */
  readonly errno: string | null;

  constructor(message: string, errno: string | null = null) {
    super(message);
    this.errno = errno;
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path, which is relative to the document",
  EACCES: "this process may not read it; check its owner and mode, and those of its folders",
  EISDIR: "it is a folder; name a file in it",
};

/**
 * The content that a reference of the document stands for. One line end at the end of a file or variable is not part
 * of it, so that a secret written by an editor or `echo` is the same as one written by `printf`.
 * @throws CredentialError when the variable is not set, the file cannot be read, or either is empty.
 */
export async function resolveText(
  text: PublicText | SecretText,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  switch (text["@type"]) {
    case "Text":
      return "secret" in text ? text.secret : text.value;
    case "EnvironmentVariable":
      return contentOf(`environment variable ${text.variableName}`, env[text.variableName]);
    case "File":
      return contentOf(`file ${text.filePath}`, await readText(text.filePath));
  }
}

async function readText(filePath: string): Promise<string> {
  try {
    return await readFile(filePath, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    throw new CredentialError(`file ${filePath} cannot be read (${errno}): ${ADVICE[errno] ?? "check it"}`, errno);
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
