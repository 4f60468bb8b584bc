/** Several workers, as an embedder asks for them. */
export interface WorkersOptions {
  /** Takes precedence over `workers` of SystemSettings. */
  readonly count?: number | "auto";
  /**
   * Your own file, which the main thread and each worker import; it exports what the options of the same names take:
   * `protocols`, `backend`, `mailboxes`, `authenticate`, `authenticateCertificate`, `takeOver`, `admission`. Functions
   * cannot be handed to a thread. A path, or a `file:` URL. Without top-level `await`.
   */
  readonly module?: string | URL;
}
