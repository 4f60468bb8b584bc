/** What is wrong with a string: an error, or a warning where the script does work, and probably not as intended. */
export interface StringFinding {
  readonly severity: "error" | "warning";
  readonly message: string;
}

export const error = (message: string): StringFinding => ({ severity: "error", message });
export const warning = (message: string): StringFinding => ({ severity: "warning", message });

const LONGEST_QUOTE = 64;

/** A string of the script in a message: short, and on one line. */
export function quoted(value: string): string {
  const text = value.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, " ");
  return text.length <= LONGEST_QUOTE ? `"${text}"` : `"${text.slice(0, LONGEST_QUOTE).toWellFormed()}…"`;
}
