/** What was thrown, which may be anything: `null`, a string, an object without a prototype. */

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** The message of an error; anything else as text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : textOf(thrown);
}

/**
 * The results of what was settled, in its order.
 * @throws AggregateError with every error, when anything was rejected
 */
export function resultsOf<Result>(outcomes: readonly PromiseSettledResult<Result>[]): Result[] {
  const errors = errorsOf(outcomes);
  if (errors.length > 0) throw new AggregateError(errors, errors.map(messageOf).join("\n"));
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

/** What was rejected, in its order. */
export function errorsOf(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that is no error and has no text";
  }
}
