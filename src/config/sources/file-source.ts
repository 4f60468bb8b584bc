import { mergeMap, skip } from "rxjs";
import type { ParseOptions } from "../document/document.ts";
import type { Configuration } from "../document/effective.ts";
import { parseContent, unreadableFile } from "../document/read.ts";
import type { FileContent } from "./file-content.ts";
import { settledFiles, type WatchOptions } from "./settled-files.ts";
import { type ConfigurationSource, documentRead } from "./source.ts";

export interface FileSourceOptions extends WatchOptions, Pick<ParseOptions, "directory" | "protocols"> {
  /** Emit what the file holds on subscribing too, so that no change is missed since it was first read. Default: false. */
  readonly immediate?: boolean;
}

/**
 * A document in a file: emitted each time that its content has changed and settled, however that was done: written in
 * place, replaced by an editor, or swapped by its symbolic link or one of a folder's (Kubernetes). The same content is
 * emitted once. A file that stays away for longer than `settle` is rejected once, and read when it is back.
 */
export function fileSource(file: string, options: FileSourceOptions = {}): ConfigurationSource {
  const { immediate = false, directory, protocols, ...watch } = options;
  const parse = (content: FileContent["content"]): Configuration => {
    if (content.ok) return parseContent(content.bytes, { file, directory, protocols });
    throw unreadableFile(file, content.cause);
  };
  return settledFiles([file], watch).pipe(
    skip(immediate ? 0 : 1),
    mergeMap((contents) => contents.map(({ content }) => documentRead(() => parse(content)))),
  );
}
