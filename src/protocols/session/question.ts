/** A question to the backend or the mailbox, whose answer the session takes at once or in a later turn. */

import { errorOf } from "../../config/values/thrown.ts";

/** What became of it. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

export interface Question<T> {
  /** As `session.backendFailed` names it. */
  readonly operation: string;
  /** An answer that is no promise is acted on before `SessionDialogue.ask` returns; to throw is to reject. */
  ask(): T | Promise<T>;
  /** Called in the turn of the question or in the one after the answer, unless the session is over by then. */
  answered(outcome: Outcome<T>): void;
  /** Whether the error is an answer like any other, and no failure to report. Default: none is. */
  isAnswer?(error: Error): boolean;
  /** The session ended before it took the answer: gives back what that brought. Never throws. */
  late?(value: T): void;
}

/** Whether the answer is still to come. Any thenable counts, as for `await`. */
export function isPending<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** Called with an answer: within the call that asks, or after it. */
interface AnswerHandlers<T> {
  atOnce(outcome: Outcome<T>): void;
  later(outcome: Outcome<T>): void;
}

/** Asks. An answer that is no promise is there at once; to throw is to reject. */
export function ask<T>(question: () => T | Promise<T>, handlers: AnswerHandlers<T>): void {
  let answer: T | Promise<T>;
  try {
    answer = question();
  } catch (error) {
    handlers.atOnce({ error: errorOf(error) });
    return;
  }
  if (isPending(answer)) {
    Promise.resolve(answer).then(
      (value) => handlers.later({ value }),
      (error: unknown) => handlers.later({ error: errorOf(error) }),
    );
  } else {
    handlers.atOnce({ value: answer });
  }
}

/** Calls what nobody awaits. @param failed gets what it throws, and what its promise rejects with. */
export function settle(call: () => unknown, failed: (reason: unknown) => void): void {
  try {
    const done = call();
    if (isPending(done)) Promise.resolve(done).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** For a promise in the place of an answer: a rejection that nobody hears ends the process. */
export function ignoreRejection(answer: unknown): void {
  if (isPending(answer)) Promise.resolve(answer).catch(() => {});
}

/** What is made of an answer, once it is there. */
export function afterwards<T, U>(answer: T | Promise<T>, make: (value: T) => U): U | Promise<U> {
  return isPending(answer) ? Promise.resolve(answer).then(make) : make(answer);
}
