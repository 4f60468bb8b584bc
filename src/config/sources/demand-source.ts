import { type Observable, switchMap } from "rxjs";
import type { Configuration } from "../document/effective.ts";
import { type ConfigurationSource, documentRead } from "./source.ts";

/**
 * Reads the document on each demand, e.g. by SIGHUP, changed or not. Of demands that come while it is being read,
 * the last counts.
 */
export function demandSource(demands: Observable<unknown>, read: () => Promise<Configuration>): ConfigurationSource {
  return demands.pipe(switchMap(() => documentRead(read)));
}
