import { fromEvent, map } from "rxjs";
import type { Configuration } from "../document/effective.ts";
import { type ConfigurationSource, documentRead } from "./source.ts";

/**
 * The document as it is read each time that the process gets a signal, changed or not. From subscribing to unsubscribing
 * the signal does not do what it otherwise would: SIGHUP, end the process (signal(7)).
 */
export function signalSource(signal: NodeJS.Signals, read: () => Configuration): ConfigurationSource {
  return fromEvent(process, signal).pipe(map(() => documentRead(read)));
}
