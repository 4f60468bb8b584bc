import type { Configuration } from "../../config/index.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";

/** What all listeners depend on: created before the first bind, released after the last connection. */
export interface Foundation {
  /** By name: those at least that a document names, as far as they are there. */
  protocolsOf(configuration: Configuration): Promise<ReadonlyMap<string, Protocol>>;
  /** Those that were made so far. */
  readonly protocols: ReadonlyMap<string, Protocol>;
  /**
   * Prepares what another document needs from the backend; the returned function puts that into force. Once the signal
   * is aborted nobody waits for it, and it must open nothing more.
   */
  stage(configuration: Configuration, signal: AbortSignal): Promise<() => void>;
  /** The certificates of the document that comes next, where another thread has read them. */
  readonly certificates?: () => ServerCertificates;
  release(): Promise<void>;
}
