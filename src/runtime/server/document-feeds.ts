/** What brings new documents to a running server: a stream of them, and certificates that change on disk. */
import { isDeepStrictEqual } from "node:util";
import { distinctUntilChanged, map, type Subscription, switchMap } from "rxjs";
import { type Configuration, type ConfigurationSource, fileChanges, type LoadedDigests } from "../../config/index.ts";
import { errorOf } from "../../config/values/thrown.ts";
import { ReloadError, type ReloadReport } from "../reload/reload.ts";
import { TEXT_LIMITS } from "../tls/secret-text.ts";
import type { Server } from "./server.ts";

/** Puts each document into force. A rejected one is reported as `reload.rejected`, and the source goes on. */
export function followDocuments(server: Server, source: ConfigurationSource): Subscription {
  return source.subscribe((read) => {
    const { by = "embedder" } = read;
    if (read.kind === "document") server.reload(read.configuration, by).catch(ignore);
    else reject(server, read.error, by);
  });
}

/** Loads the certificates again when one of their files has changed, without a change of the document. */
export function followCertificates(server: Server): Subscription {
  return server.configuration$
    .pipe(
      map(() => server.certificateFiles),
      distinctUntilChanged<LoadedDigests>(isDeepStrictEqual),
      switchMap((loaded) => fileChanges([...loaded.keys()], { loaded, limits: TEXT_LIMITS })),
    )
    .subscribe(() => server.renew("certificates").catch(ignore));
}

/**
 * Reads a document now; one that cannot be read is reported like one of a stream.
 * @throws ConfigurationError
 */
export async function readDocument(
  server: Server,
  read: () => Configuration | Promise<Configuration>,
  by: string,
): Promise<Configuration> {
  try {
    return await read();
  } catch (error) {
    reject(server, error, by);
    throw error;
  }
}

/** The outcome of the document, or of the one that superseded it. */
export async function newest(reload: Promise<ReloadReport>): Promise<ReloadReport> {
  try {
    return await reload;
  } catch (error) {
    if (error instanceof ReloadError && error.newer) return newest(error.newer);
    throw error;
  }
}

function reject(server: Server, error: unknown, by: string): void {
  server.lifecycle.emit({ type: "reload.rejected", by, error: errorOf(error), plan: null });
}

function ignore(): void {
  // The reload has reported it: `reload.rejected`.
}
