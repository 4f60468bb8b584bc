/** A question to the backend or the mailbox, whose answer the session takes in a later turn. */

/** What became of it. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

export interface Question<T> {
  /** As `session.backendFailed` names it. */
  readonly operation: string;
  ask(): Promise<T>;
  /** Called in the turn after the answer, unless the session is over by then. */
  answered(outcome: Outcome<T>): void;
  /** Whether the error is an answer like any other, and no failure that is told of. Default: none is. */
  isAnswer?(error: Error): boolean;
  /** The session ended before it took the answer: gives back what that brought. */
  late?(value: T): void;
}

export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
