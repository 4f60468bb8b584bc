/** What the command's exit status means. */
export const exitCodes = {
  /** Done; for `serve`: stopped in order, after SIGTERM or SIGINT, in mid-start, too. */
  ok: 0,
  /** The configuration document is invalid, or something that it or the command names cannot be used; a running server refused; a replay found a difference. */
  configuration: 1,
  /** The command line is not understood. */
  usage: 2,
  /** The server could not start: an address could not be bound, what is kept could not be opened. Nothing was left open. */
  start: 3,
  /** No server that runs with this data folder could be asked. */
  unreachable: 4,
  /** What it printed could not be written: standard output is full, or broken otherwise than by a reader that left. */
  output: 74,
  /** An error that is Gatehouse's own. Please report it. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
