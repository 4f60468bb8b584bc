/** What brings a running server another document: a stream of them, and certificates that change on disk. */
import { isDeepStrictEqual } from "node:util";
import { distinctUntilChanged, map, type Subscription, switchMap } from "rxjs";
import { type Configuration, type ConfigurationSource, fileChanges, type LoadedDigests } from "../../config/index.ts";
import { ReloadError, type ReloadReport } from "../reload/reload.ts";
import { TEXT_LIMITS } from "../tls/secret-text.ts";
import type { Server } from "./server.ts";

/** Puts each document into force. What cannot be is told as `reload.rejected`, and the source goes on. */
export function followDocuments(server: Server, source: ConfigurationSource): Subscription {
  return source.subscribe((read) => {
    if (read.kind === "document") server.reload(read.configuration).catch(ignore);
    else reject(server, read.error);
  });
}

/** Loads the certificates anew when a file of theirs is not what was loaded, without a change of the document. */
export function followCertificates(server: Server): Subscription {
  return server.configuration$
    .pipe(
      map(() => server.certificateFiles),
      distinctUntilChanged<LoadedDigests>(isDeepStrictEqual),
      switchMap((loaded) => fileChanges([...loaded.keys()], { loaded, limits: TEXT_LIMITS })),
    )
    .subscribe(() => server.renew().catch(ignore));
}

/**
 * Puts the document that is read now into force; a document that cannot be read is told of like one of a stream. Waits for
 * the newest where others come meanwhile.
 * @throws ConfigurationError, ReloadError
 */
export async function reloadDocument(server: Server, read: () => Promise<Configuration>): Promise<ReloadReport> {
  let configuration: Configuration;
  try {
    configuration = await read();
  } catch (error) {
    reject(server, error);
    throw error;
  }
  return newest(server.reload(configuration));
}

/** What becomes of the document, or of the one that it gave way to. */
export async function newest(reload: Promise<ReloadReport>): Promise<ReloadReport> {
  try {
    return await reload;
  } catch (error) {
    if (error instanceof ReloadError && error.newer) return newest(error.newer);
    throw error;
  }
}

function reject(server: Server, error: unknown): void {
  server.lifecycle.emit({ type: "reload.rejected", error: error instanceof Error ? error : new Error(String(error)) });
}

function ignore(): void {
  // The reload has told of it: `reload.rejected`.
}
