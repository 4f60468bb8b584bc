/** Extensions that scripts may require, each with the commands, tests and arguments that it brings (`vocabulary/`). */
export const sieveExtensions = [
  "body",
  "comparator-i;ascii-numeric",
  "comparator-i;unicode-casemap",
  "convert",
  "copy",
  "date",
  "duplicate",
  "editheader",
  "enclose",
  "encoded-character",
  "enotify",
  "envelope",
  "envelope-deliverby",
  "envelope-dsn",
  "environment",
  "ereject",
  "extlists",
  "extracttext",
  "fcc",
  "fileinto",
  "foreverypart",
  "ihave",
  "imap4flags",
  "imapsieve",
  "include",
  "index",
  "mailbox",
  "mailboxid",
  "mboxmetadata",
  "mime",
  "processcalendar",
  "redirect-deliverby",
  "redirect-dsn",
  "regex",
  "reject",
  "relational",
  "replace",
  "servermetadata",
  "spamtest",
  "spamtestplus",
  "special-use",
  "subaddress",
  "vacation",
  "vacation-seconds",
  "variables",
  "virustest",
] as const;

/**
 * What Pigeonhole's users have in their scripts besides: its own extensions, and drafts that became others. Scripts that
 * move here may require them; they are not announced, so that no client writes new ones.
 */
export const unannouncedExtensions = [
  "imapflags",
  "notify",
  "vnd.dovecot.debug",
  "vnd.dovecot.duplicate",
  "vnd.dovecot.environment",
  "vnd.dovecot.execute",
  "vnd.dovecot.filter",
  "vnd.dovecot.pipe",
  "vnd.dovecot.report",
] as const;

export type SieveExtension = (typeof sieveExtensions)[number] | (typeof unannouncedExtensions)[number];

/** Part of every implementation; a script may require them all the same (RFC 5228 section 2.7.3). */
const builtIn: ReadonlySet<string> = new Set(["comparator-i;octet", "comparator-i;ascii-casemap"]);

const known: ReadonlySet<string> = new Set([...sieveExtensions, ...unannouncedExtensions]);

/** Who requires one has the other, too. */
const implied: ReadonlyMap<string, SieveExtension> = new Map([
  // RFC 6131 section 2.
  ["vacation-seconds", "vacation"],
  // RFC 5235 section 2.2.
  ["spamtestplus", "spamtest"],
  ["vnd.dovecot.duplicate", "duplicate"],
  ["vnd.dovecot.environment", "environment"],
]);

/** Names are compared with regard to case (RFC 5228 section 3.2). */
export function isSieveExtension(name: string): boolean {
  return known.has(name) || builtIn.has(name);
}

/** The extensions that a script has required so far. */
export class Requirements {
  readonly #names = new Set<string>();

  /** @returns false when there is no such extension. */
  add(name: string): boolean {
    if (!isSieveExtension(name)) return false;
    this.#names.add(name);
    const more = implied.get(name);
    if (more) this.#names.add(more);
    return true;
  }

  has(extension: SieveExtension): boolean {
    return this.#names.has(extension);
  }
}
