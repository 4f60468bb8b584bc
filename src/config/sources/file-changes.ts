import { mergeMap, type Observable, skip } from "rxjs";
import type { ReadLimits } from "../../files/index.ts";
import { type LoadedDigests, settledFiles, type WatchOptions } from "./settled-files.ts";

export interface FileChangesOptions extends WatchOptions {
  /** What was loaded: a difference from it on subscribing is a change. By default what is there then. */
  readonly loaded?: LoadedDigests;
  /** A file that exceeds them is unreadable. */
  readonly limits: ReadLimits;
}

/**
 * The path, as given, of each file whose content has changed since it was loaded or last emitted; going missing and
 * coming back are changes. Files that change together, like a certificate and its key, are emitted together, one after the
 * other, once all of them have settled.
 */
export function fileChanges(files: readonly string[], options: FileChangesOptions): Observable<string> {
  const { loaded = new Map<string, string>() } = options;
  return settledFiles(files, { ...options, loaded }).pipe(
    skip(options.loaded ? 0 : 1),
    mergeMap((contents) => contents.map(({ file }) => file)),
  );
}
