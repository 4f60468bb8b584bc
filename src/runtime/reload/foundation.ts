import type { Configuration } from "../../config/index.ts";
import type { Protocol } from "../../protocols/protocol.ts";

/** What all listeners depend on: created before the first bind, released after the last connection. */
export interface Foundation {
  /** By name. */
  readonly protocols: ReadonlyMap<string, Protocol>;
  /**
   * Prepares what another document needs from the backend; the returned function puts that into force. Once the signal
   * is aborted nobody waits for it, and it must open nothing more.
   */
  stage(configuration: Configuration, signal: AbortSignal): Promise<() => void>;
  release(): Promise<void>;
}
