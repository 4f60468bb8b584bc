export type PrivilegeErrorCode =
  /** There is no such user, or no group can be found for it. */
  | "unknown-user"
  /** There is no such group. */
  | "unknown-group"
  /** Only root may become another user. */
  | "not-root"
  /** The kernel refused, or the privileges are still there afterwards. */
  | "privileges-kept"
  /** A folder cannot be given to the user, or the user cannot reach it. */
  | "folder-unusable"
  /** This platform's C library cannot look up users. */
  | "users-unavailable";

/** The process cannot become the requested user. The message says why, and what to do. */
export class PrivilegeError extends Error {
  override readonly name = "PrivilegeError";
  readonly code: PrivilegeErrorCode;

  constructor(code: PrivilegeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
