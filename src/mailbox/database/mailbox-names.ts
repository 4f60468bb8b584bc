import { HIERARCHY_DELIMITER, INBOX, MailboxError, type MailboxLimits } from "../../protocols/mailbox.ts";

/** The form in which names are compared and kept: NFC, and INBOX in capitals as the first level (RFC 3501 5.1). */
export function canonicalName(name: string): string {
  const [first = "", ...below] = name.normalize("NFC").split(HIERARCHY_DELIMITER);
  return [first.toUpperCase() === INBOX ? INBOX : first, ...below].join(HIERARCHY_DELIMITER);
}

/**
 * The name for a mailbox that is to be made; one delimiter at the end only says what is planned (RFC 3501 6.3.3).
 * @throws MailboxError `mailbox-name-invalid`
 */
export function newName(name: string, limits: MailboxLimits): string {
  const canonical = canonicalName(name.endsWith(HIERARCHY_DELIMITER) ? name.slice(0, -1) : name);
  const levels = canonical.split(HIERARCHY_DELIMITER);
  if (levels.includes("")) throw invalid("A mailbox's name, and each level of it, needs at least one character.");
  // `%` and `*` would be wildcards in LIST.
  if (/[\x00-\x1f\x7f%*]/.test(canonical) || !canonical.isWellFormed()) {
    throw invalid("A mailbox's name cannot have control characters, % or *.");
  }
  if (Buffer.byteLength(canonical) > limits.maxMailboxName) {
    throw invalid(`A mailbox's name has at most ${limits.maxMailboxName} octets.`);
  }
  if (levels.length > limits.maxMailboxDepth) {
    throw invalid(`A mailbox's name has at most ${limits.maxMailboxDepth} levels.`);
  }
  return canonical;
}

/** Names above this one, the highest first. */
export function superiorsOf(name: string): string[] {
  const levels = name.split(HIERARCHY_DELIMITER);
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join(HIERARCHY_DELIMITER));
}

export function isBelow(name: string, superior: string): boolean {
  return name.startsWith(`${superior}${HIERARCHY_DELIMITER}`);
}

/** INBOX first, each name before those below it. */
export function compareNames(a: string, b: string): number {
  const [first, second] = [sortKey(a), sortKey(b)];
  return first < second ? -1 : Number(first > second);
}

function sortKey(name: string): string {
  const levels = name.replaceAll(HIERARCHY_DELIMITER, "\0");
  return name === INBOX || isBelow(name, INBOX) ? `\0${levels}` : levels;
}

function invalid(message: string): MailboxError {
  return new MailboxError("mailbox-name-invalid", message);
}
