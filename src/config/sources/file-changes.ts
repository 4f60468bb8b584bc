import { mergeMap, type Observable, skip } from "rxjs";
import { settledFiles, type WatchOptions } from "./settled-files.ts";

/**
 * The path, as given, of each file whose content has changed since it was last emitted or subscribed to; going missing and
 * coming back are changes. Files that change together, like a certificate and its key, are emitted together, one after the
 * other, once all of them have settled.
 */
export function fileChanges(files: readonly string[], options: WatchOptions = {}): Observable<string> {
  return settledFiles(files, options).pipe(
    skip(1),
    mergeMap((contents) => contents.map(({ file }) => file)),
  );
}
