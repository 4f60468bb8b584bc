/** What was thrown, which may be anything: `null`, a string, an object without a prototype. */

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** The message of an error; anything else as text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : textOf(thrown);
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that is no error and has no text";
  }
}
