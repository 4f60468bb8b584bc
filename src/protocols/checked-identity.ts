/** What an embedder's backend has answered to a log-in. Only a whole identity lets anybody in: `true` says nobody's name. */
import type { Identity } from "./backend.ts";

/** A backend answered to a log-in with something that is neither an identity nor null. */
export class BackendIdentityError extends TypeError {
  override readonly name = "BackendIdentityError";
  readonly code = "backend-identity-invalid";

  constructor(operation: string) {
    super(
      `${operation}() must answer { username, roles }, with a username that is not empty and an array of roles, or null for a wrong password; nobody was let in.`,
    );
  }
}

/**
 * @param operation for the error: the method that answered
 * @returns null for an answer that refuses
 * @throws BackendIdentityError
 */
export function checkedIdentity(operation: string, answer: unknown): Identity | null {
  if (!answer) return null;
  const { username, roles } = answer as Partial<Record<keyof Identity, unknown>>;
  if (typeof username !== "string" || username === "" || !Array.isArray(roles))
    throw new BackendIdentityError(operation);
  return answer as Identity;
}
