/** Errors of one method call (RFC 8620 sections 3.6.2, 5.1, 5.3 and 5.5). */

export type MethodErrorType =
  | "unknownMethod"
  | "invalidArguments"
  | "invalidResultReference"
  | "forbidden"
  | "accountNotFound"
  | "accountReadOnly"
  | "serverFail"
  | "serverUnavailable"
  | "requestTooLarge"
  | "stateMismatch"
  | "unsupportedFilter"
  | "unsupportedSort"
  | "anchorNotFound"
  | "cannotCalculateChanges";

/** The call changed nothing; the calls behind it are carried out all the same. */
export class MethodError extends Error {
  readonly code = "jmap-method-failed";
  readonly type: MethodErrorType;

  constructor(type: MethodErrorType, description: string) {
    super(description);
    this.name = "MethodError";
    this.type = type;
  }

  /** The arguments of the response named `error`. */
  toJSON(): object {
    return { type: this.type, description: this.message };
  }
}
