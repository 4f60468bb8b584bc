import { catchError, merge, of } from "rxjs";
import { type ConfigurationSource, rejected } from "./source.ts";

/**
 * Emits everything that several sources emit. One that fails in spite of its contract is rejected and ends; the others
 * go on.
 */
export function mergeSources(...sources: readonly ConfigurationSource[]): ConfigurationSource {
  return merge(...sources.map((source) => source.pipe(catchError((error: unknown) => of(rejected(error))))));
}
