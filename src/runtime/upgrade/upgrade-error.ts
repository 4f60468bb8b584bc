export type UpgradeErrorCode =
  /** An upgrade is under way. */
  | "upgrade-under-way"
  /** The server does not run: it starts, it drains, or a successor has taken over. */
  | "upgrade-not-running"
  /** This process cannot have a successor. */
  | "upgrade-impossible"
  /** The successor did not take over; the server goes on as if nothing had been. */
  | "upgrade-failed";

/** There is no successor. The message says why, and what to do; nothing has changed. */
export class UpgradeError extends Error {
  override readonly name = "UpgradeError";
  readonly code: UpgradeErrorCode;
  /** What the successor wrote to standard error; empty where nothing. */
  readonly words: string;

  constructor(code: UpgradeErrorCode, message: string, words = "") {
    super(message);
    this.code = code;
    this.words = words;
  }
}
