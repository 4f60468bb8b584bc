/** The command's exit statuses. */
export const exitCodes = {
  /** Done; for `serve`: stopped in order, after SIGTERM or SIGINT, even in mid-start. */
  ok: 0,
  /**
   * The configuration document is invalid, or something named by it or by the command cannot be used; a running server
   * refused; a replay found a difference.
   */
  configuration: 1,
  /** The command line is not understood. */
  usage: 2,
  /**
   * The server could not start: an address could not be bound, or the store could not be opened. Nothing was left open.
   */
  start: 3,
  /** No server that runs with this data folder could be reached. */
  unreachable: 4,
  /**
   * The output could not be written: standard output is full, or broken for another reason than a reader that left.
   */
  output: 74,
  /** A bug in Gatehouse. Please report it. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
