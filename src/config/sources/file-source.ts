import { concatMap, mergeMap } from "rxjs";
import type { ParseOptions } from "../document/document.ts";
import type { Configuration } from "../document/effective.ts";
import { DOCUMENT_LIMITS, parseContent, unreadableFile } from "../document/read.ts";
import type { FileContent } from "./file-content.ts";
import { type LoadedDigests, settledFiles, type WatchOptions } from "./settled-files.ts";
import { type ConfigurationSource, documentRead } from "./source.ts";

type DocumentOptions = Pick<ParseOptions, "directory" | "protocols">;

export interface FileSourceOptions extends WatchOptions, DocumentOptions {
  /** What was loaded from the file. By default nothing was, and its content is emitted at once on subscribing. */
  readonly loaded?: LoadedDigests;
}

/**
 * A document in a file: emitted each time that its content has settled and differs from what was loaded or emitted
 * last, however it was changed: written in place, replaced by an editor, or by swapping its symbolic link or a folder's
 * (Kubernetes). Equal contents are emitted once. A file that is missing for longer than `settle` is rejected once, and
 * read when it is back.
 */
export function fileSource(file: string, options: FileSourceOptions = {}): ConfigurationSource {
  const { directory, protocols, loaded = new Map<string, string>(), ...watch } = options;
  return settledFiles([file], { ...watch, loaded, limits: DOCUMENT_LIMITS }).pipe(
    mergeMap((contents) => contents),
    concatMap((content) => documentRead(() => parse(content, { directory, protocols }))),
  );
}

async function parse({ file, content }: FileContent, options: DocumentOptions): Promise<Configuration> {
  if (content.ok) return parseContent(content.bytes, { file, ...options });
  throw unreadableFile(file, content.cause);
}
