import { MailboxError, type MailboxLimits } from "../../protocols/mailbox.ts";

/** In the order in which they are listed; the store keeps them as bits in this order, so that it never changes. */
export const SYSTEM_FLAGS: readonly string[] = ["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"];

const SYSTEM_FLAG_BY_LOWER_CASE = new Map(SYSTEM_FLAGS.map((flag) => [flag.toLowerCase(), flag]));

/**
 * Flags as they are kept: system flags in their own spelling, each flag once. Keywords are as they were given: the
 * spelling that a mailbox met first is the one that it keeps.
 * @throws MailboxError `flag-invalid`
 */
export function parseFlags(flags: readonly string[], limits: MailboxLimits): string[] {
  const byLowerCase = new Map<string, string>();
  for (const flag of flags) {
    const lowerCase = flag.toLowerCase();
    if (!byLowerCase.has(lowerCase)) byLowerCase.set(lowerCase, parseFlag(flag, limits));
  }
  return [...byLowerCase.values()];
}

export function isKeyword(flag: string): boolean {
  return !flag.startsWith("\\");
}

/** System flags before keywords, each in the order of their names. */
export function compareFlags(a: string, b: string): number {
  if (isKeyword(a) !== isKeyword(b)) return isKeyword(a) ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}

function parseFlag(flag: string, limits: MailboxLimits): string {
  if (!isKeyword(flag)) {
    const system = SYSTEM_FLAG_BY_LOWER_CASE.get(flag.toLowerCase());
    if (system) return system;
    throw new MailboxError("flag-invalid", `The flag ${flag.slice(0, 64)} cannot be set.`);
  }
  // An atom (RFC 3501 9).
  if (!/^[\x21-\x7e]+$/.test(flag) || /[(){%*"\\\]]/.test(flag)) {
    throw new MailboxError("flag-invalid", 'A keyword is of ASCII characters, without spaces and ( ) { % * " \\ ].');
  }
  if (flag.length > limits.maxKeywordLength) {
    throw new MailboxError("flag-invalid", `A keyword has at most ${limits.maxKeywordLength} characters.`);
  }
  return flag;
}

export function tooManyKeywords(limits: MailboxLimits): MailboxError {
  return new MailboxError("too-many-keywords", `A mailbox has at most ${limits.maxKeywords} keywords.`);
}
