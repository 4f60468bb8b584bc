/** Several workers, as an embedder asks for them. */
import type { ResourceLimits } from "node:worker_threads";

export interface WorkersOptions {
  /** Takes precedence over `workers` of SystemSettings. */
  readonly count?: number | "auto";
  /**
   * Your own file, which the main thread and each worker import; it exports what the options of the same names take:
   * `protocols`, `backend`, `mailboxes`, `authenticate`, `authenticateCertificate`, `takeOver`, `admission`; and
   * `sanitize`, what inspectors may see of your charts. Functions cannot be handed to a thread. A path, or a `file:` URL. Without top-level `await`.
   */
  readonly module?: string | URL;
  /**
   * Memory that each worker may use, as `node:worker_threads` has it; Node's own by default. A worker that needs more
   * ends, with its connections, and is replaced.
   */
  readonly resourceLimits?: ResourceLimits;
}
