/** Why the mailbox refused. Protocols put each code into their own words (RFC 5530, 2449, 3206, 5804). */
export type MailboxErrorCode =
  /** No mailbox has this name, or it has been deleted (IMAP `NONEXISTENT`, `TRYCREATE`). */
  | "mailbox-missing"
  /** The name is taken (`ALREADYEXISTS`). */
  | "mailbox-exists"
  /** The name cannot be one: empty, too long, too deep, with control characters (`CANNOT`). */
  | "mailbox-name-invalid"
  /** INBOX cannot be deleted, nor a mailbox moved below itself (`CANNOT`). */
  | "mailbox-protected"
  /** The name holds other mailboxes only, and no messages (`\Noselect`). */
  | "mailbox-not-selectable"
  /** The name holds no messages itself, and others lie below it: these go first (`HASCHILDREN`). */
  | "mailbox-has-children"
  /** The account has as many mailboxes or subscriptions as it may (`LIMIT`). */
  | "too-many-mailboxes"
  /** This special use is not supported, or another mailbox has it (`USEATTR`). */
  | "special-use-unavailable"
  /** The mailbox was selected for reading only (`READ-ONLY`). */
  | "mailbox-read-only"
  /** Not a flag, or one that cannot be kept (`\Recent`, an unknown `\…`) (`CANNOT`). */
  | "flag-invalid"
  /** The mailbox has as many keywords as it may (`LIMIT`). */
  | "too-many-keywords"
  /** The message was expunged (`EXPUNGEISSUED`). */
  | "message-missing"
  /** The body broke off; nothing of it is kept. */
  | "message-incomplete"
  /** Another POP3 session holds the maildrop (`IN-USE`). */
  | "maildrop-locked"
  /** No script has this name (`NONEXISTENT`). */
  | "script-missing"
  /** Another script has this name (`ALREADYEXISTS`). */
  | "script-exists"
  /** The name cannot be one: empty, too long, with characters that RFC 5804 1.6 forbids. */
  | "script-name-invalid"
  /** The active script cannot be deleted (`ACTIVE`). */
  | "script-active"
  /** `QUOTA/MAXSIZE` */
  | "script-too-large"
  /** `QUOTA/MAXSCRIPTS` */
  | "too-many-scripts"
  /** The account has no room left (`OVERQUOTA`). */
  | "over-quota"
  /** The server has no room left; it may come back (`UNAVAILABLE`, `SYS/TEMP`). */
  | "storage-full"
  /** The mailbox cannot be reached or failed; it may work later (`UNAVAILABLE`, `SYS/TEMP`, `TRYLATER`). */
  | "mailbox-unavailable";

/** What a mailbox rejects with. The message may be shown to the client: it names no path and no secret. */
export class MailboxError extends Error {
  readonly code: MailboxErrorCode;

  constructor(code: MailboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MailboxError";
    this.code = code;
  }
}
