import { map, type Observable } from "rxjs";
import { ConfigurationError } from "../document/configuration-error.ts";
import { type Configuration, isConfiguration } from "../document/effective.ts";
import { messageOf } from "../values/thrown.ts";

/** A document that was read, or why it cannot be used. */
export type DocumentRead = (
  | { readonly kind: "document"; readonly configuration: Configuration }
  | { readonly kind: "rejected"; readonly error: ConfigurationError }
) & {
  /** What brought it, for the log and the history of reloads: `file`, `SIGHUP`; `embedder` by default. */
  readonly by?: string;
};

/**
 * Where documents come from while the server runs. A source emits every document to put into force, and for an invalid
 * one the reason; it never ends with an error. Watchers, timers and signal handlers exist from subscribing to
 * unsubscribing.
 */
export type ConfigurationSource = Observable<DocumentRead>;

/** The result of reading; any failure becomes a rejection. */
export async function documentRead(read: () => Promise<Configuration>): Promise<DocumentRead> {
  try {
    return { kind: "document", configuration: await read() };
  } catch (error) {
    return rejected(error);
  }
}

/** What a source emits, with what brought it. */
export function broughtBy(by: string, source: ConfigurationSource): ConfigurationSource {
  return source.pipe(map((read) => ({ by, ...read })));
}

/** Whether a value is what a source emits, and not a document that has yet to be read. */
export function isDocumentRead(value: unknown): value is DocumentRead {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "document") return "configuration" in value && isConfiguration(value.configuration);
  return value.kind === "rejected" && "error" in value && value.error instanceof ConfigurationError;
}

/** A rejection for whatever was thrown. */
export function rejected(error: unknown): DocumentRead {
  if (error instanceof ConfigurationError) return { kind: "rejected", error };
  const issue = { path: "", message: `could not be had: ${messageOf(error)}` };
  return { kind: "rejected", error: new ConfigurationError([issue], { cause: error }) };
}
