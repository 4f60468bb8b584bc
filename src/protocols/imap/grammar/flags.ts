/**
 * A flag of a message: a system flag in its usual spelling (`\Seen`), or a keyword as the client spelled it. Keywords are
 * compared without regard to case.
 */
export type Flag = string;

/** The flags of RFC 3501 section 2.3.2 that a client may set; \Recent it may not. */
export const systemFlags = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"] as const;

/** Not settable by clients, and gone in RFC 9051. */
export const RECENT = "\\Recent";

const spelling = new Map<string, Flag>([...systemFlags, RECENT].map((flag) => [flag.toLowerCase(), flag]));

/** @returns a system flag in its usual spelling, \Recent included; undefined for what is none. */
export function systemFlag(text: string): Flag | undefined {
  return spelling.get(text.toLowerCase());
}

/** A list in parentheses: `(\Seen $Forwarded)`. */
export function formatFlags(flags: Iterable<Flag>): string {
  return `(${[...flags].join(" ")})`;
}
