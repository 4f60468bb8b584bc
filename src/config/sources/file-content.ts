import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

/** What a path led to when it was read. */
export interface FileContent {
  readonly file: string;
  /** The same for the same content, or for the same reason why there is none. */
  readonly digest: string;
  readonly content: { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly cause: unknown };
}

/** Reads a file. Never waits: a pipe or a device counts as unreadable. */
export function contentOf(file: string): FileContent {
  try {
    const found = statSync(file);
    if (!found.isFile() && !found.isDirectory()) return unreadable(file, Object.assign(new Error(file), NOT_A_FILE));
    const bytes = readFileSync(file);
    const digest = createHash("sha256").update(bytes).digest("base64");
    return { file, digest, content: { ok: true, bytes } };
  } catch (cause) {
    return unreadable(file, cause);
  }
}

const NOT_A_FILE = { code: "ESPIPE" } as const;

function unreadable(file: string, cause: unknown): FileContent {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  return { file, digest: `unreadable: ${code}`, content: { ok: false, cause } };
}
