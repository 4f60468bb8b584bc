/** What is answered when a request has failed. */
import { ConfigurationError } from "../config/index.ts";
import { messageOf } from "../config/values/thrown.ts";
import { UpgradeError } from "../runtime/upgrade/upgrade-error.ts";

/** The body of an answer other than 2xx. */
export interface ControlProblem {
  readonly error: {
    /** What a successor that failed wrote to standard error. */
    readonly words?: string;
    /** A code of docs/errors.md; or `invalid-request`, `not-found`, `not-blocked`, `not-connected`, `no-such-node`, `internal`. */
    readonly code: string;
    readonly message: string;
    /** The mistakes of a document, each with its place. */
    readonly issues?: ConfigurationError["issues"];
  };
}

export function problemOf(error: unknown): ControlProblem {
  const message = messageOf(error);
  const code = codeOf(error);
  if (error instanceof UpgradeError) return { error: { code, message, words: error.words } };
  return { error: error instanceof ConfigurationError ? { code, message, issues: error.issues } : { code, message } };
}

/** Codes of mistakes by the caller or in the document; any other is the server's own failure. */
const statuses: ReadonlyMap<string, number> = new Map([
  ["invalid-request", 400],
  ["invalid-blocked-address", 400],
  ["invalid-client", 400],
  ["unknown-listener", 404],
  ["listener-state", 409],
  ["invalid-configuration", 422],
  ["reload-failed", 422],
  ["reload-needs-restart", 422],
  ["not-running", 503],
  ["program-replaced", 503],
  ["reload-stopped", 503],
  ["upgrade-under-way", 409],
  ["upgrade-not-running", 503],
  ["upgrade-impossible", 422],
  ["upgrade-failed", 422],
]);

export function statusOf(error: unknown): number {
  return statuses.get(codeOf(error)) ?? 500;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "internal";
}
