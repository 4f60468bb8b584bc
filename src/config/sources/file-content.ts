import { FileError, type ReadLimits, readFileWithin } from "../../files/index.ts";

/** What a path led to when it was read. */
export interface FileContent {
  readonly file: string;
  /** Equal for equal contents, and for equal reasons why there is none. */
  readonly digest: string;
  readonly content: { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly cause: unknown };
}

/** Reads a file, within the limits; being unreadable counts as a content. */
export async function contentOf(file: string, limits: ReadLimits): Promise<FileContent> {
  try {
    const { bytes, digest } = await readFileWithin(file, limits);
    return { file, digest, content: { ok: true, bytes } };
  } catch (cause) {
    const reason = cause instanceof FileError ? (cause.errno ?? cause.code) : "unknown";
    return { file, digest: `unreadable: ${reason}`, content: { ok: false, cause } };
  }
}
