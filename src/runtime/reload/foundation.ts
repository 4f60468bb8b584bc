import type { Configuration } from "../../config/index.ts";
import type { Protocol } from "../../protocols/protocol.ts";

/** What listeners stand on: made before the first bind, given back after the last connection. */
export interface Foundation {
  /** By name. */
  readonly protocols: ReadonlyMap<string, Protocol>;
  /**
   * Makes ready what another document asks of the backend; what it resolves with puts that into force. Once the signal is
   * aborted nobody waits for it, and it opens nothing more.
   */
  stage(configuration: Configuration, signal: AbortSignal): Promise<() => void>;
  release(): Promise<void>;
}
