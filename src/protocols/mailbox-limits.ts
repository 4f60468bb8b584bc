/** What one account may have. Crossing a limit is a `MailboxError` of the code that is named here. */
export interface MailboxLimits {
  /** Mailboxes, names without messages included; and as many subscriptions (`too-many-mailboxes`). */
  readonly maxMailboxes: number;
  /** Octets of a mailbox's whole name in UTF-8 (`mailbox-name-invalid`). */
  readonly maxMailboxName: number;
  /** Levels of a mailbox's name (`mailbox-name-invalid`). */
  readonly maxMailboxDepth: number;
  /** Keywords that one mailbox has ever known (`too-many-keywords`); the default mailbox has 48 at most. */
  readonly maxKeywords: number;
  /** Octets of a keyword (`flag-invalid`). */
  readonly maxKeywordLength: number;
  /** Sieve scripts (`too-many-scripts`). */
  readonly maxScripts: number;
  /** Octets of a script (`script-too-large`). */
  readonly maxScriptSize: number;
  /** Octets of a script's name in UTF-8 (`script-name-invalid`); RFC 5804 1.6 asks for 128 characters at least. */
  readonly maxScriptName: number;
  /** Octets of all messages together, each mailbox's copy counted (`over-quota`); null for no limit. */
  readonly maxStorage: number | null;
}

export const DEFAULT_MAILBOX_LIMITS: MailboxLimits = Object.freeze({
  maxMailboxes: 1000,
  maxMailboxName: 512,
  maxMailboxDepth: 16,
  maxKeywords: 48,
  maxKeywordLength: 64,
  maxScripts: 32,
  maxScriptSize: 131_072,
  maxScriptName: 512,
  maxStorage: null,
});
