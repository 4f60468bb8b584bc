/**
 * The contract between the protocols that read mail (IMAP, POP3, ManageSieve) and what keeps it.
 *
 * 1. After login, a session opens its account: `mailboxes.open(identity)`.
 * 2. IMAP lists, makes and selects mailboxes. `select` gives a snapshot of the mailbox and the changes since: nothing is
 *    missed or reported twice in between.
 * 3. POP3 locks the account's maildrop: INBOX as it is at that moment.
 * 4. ManageSieve puts, lists and activates scripts.
 * 5. `close()` gives everything back; it is called however the session ends.
 *
 * What rejects, rejects with a {@link MailboxError}. Whatever changes something resolves when that is durable, happens
 * as a whole or not at all, and is reported to every open {@link Mailbox} concerned before the promise resolves.
 *
 * Names of mailboxes are Unicode (IMAP's modified UTF-7 is the protocol's business), levels are separated by
 * {@link HIERARCHY_DELIMITER}, and `INBOX` as the first level is the same in any case of letters.
 *
 * UIDs (RFC 3501 2.3.1.1) grow strictly in the order in which messages are added and are never used twice in a mailbox;
 * mailboxes that ever bore the same name differ in `uidValidity`. That holds after a crash, too.
 *
 * Modification sequences (RFC 7162) are counted per mailbox; each change gives all that it changes one higher than any before.
 */
import type { Readable } from "node:stream";
import type { Observable } from "rxjs";
import type { Identity } from "./backend.ts";
import type { MailboxLimits } from "./mailbox-limits.ts";
import type { MessageStructure } from "./message-structure.ts";

export { MailboxError, type MailboxErrorCode } from "./mailbox-error.ts";
export { DEFAULT_MAILBOX_LIMITS, type MailboxLimits } from "./mailbox-limits.ts";
export {
  type ByteRange,
  type EnvelopeAddress,
  MAX_PART_DEPTH,
  type MessageEnvelope,
  type MessagePart,
  type MessageStructure,
  type MimeParameters,
} from "./message-structure.ts";

/** Separates the levels of a mailbox's name. */
export const HIERARCHY_DELIMITER = "/";

/** Where mail arrives; every account has it. */
export const INBOX = "INBOX";

/** What keeps the mail of all accounts; embedders may bring their own. */
export interface Mailboxes {
  /** Opens the account of somebody who logged in, and makes it when it is new. */
  open(identity: Identity): Promise<AccountMail>;
}

/** Attributes of RFC 6154 that a mailbox may have. */
export type SpecialUse = "\\Archive" | "\\Drafts" | "\\Junk" | "\\Sent" | "\\Trash";

export const SPECIAL_USES: readonly SpecialUse[] = ["\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash"];

/** A name in the account's hierarchy. */
export interface MailboxEntry {
  readonly name: string;
  /** False: only subscribed, no such mailbox is there (RFC 3501 6.3.9). */
  readonly exists: boolean;
  /** False: holds no messages, only other mailboxes (`\Noselect`). */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly hasChildren: boolean;
  readonly specialUse: readonly SpecialUse[];
}

export interface MailboxStatus {
  readonly messages: number;
  /** Messages that no session has been notified of yet. */
  readonly recent: number;
  readonly unseen: number;
  /** Messages with `\Deleted`. */
  readonly deleted: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  /** Octets of all messages. */
  readonly size: number;
  readonly highestModseq: number;
}

/** The mail of one account, as one session sees it. */
export interface AccountMail {
  readonly limits: MailboxLimits;

  /** All names, INBOX first, then by code units; a name stands before those below it. At most twice `maxMailboxes`. */
  list(): Promise<readonly MailboxEntry[]>;

  /**
   * Makes a mailbox, and those above it that are missing. A delimiter at the end is ignored. A name that was not
   * selectable becomes so.
   * @throws MailboxError `mailbox-exists`, `mailbox-name-invalid`, `too-many-mailboxes`, `special-use-unavailable`
   */
  create(name: string, options?: { readonly specialUse?: readonly string[] }): Promise<void>;

  /**
   * Removes a mailbox and its messages. With others below it, the name stays and is no longer selectable (RFC 3501 6.3.4).
   * The subscription stays.
   * @throws MailboxError `mailbox-missing`, `mailbox-protected`, `mailbox-has-children`
   */
  delete(name: string): Promise<void>;

  /**
   * Renames a mailbox with all below it, and makes those above the new name that are missing. Renaming INBOX moves its
   * messages to a new mailbox and leaves INBOX empty, and what is below INBOX as it is (RFC 3501 6.3.5). Subscriptions stay.
   * @throws MailboxError `mailbox-missing`, `mailbox-exists`, `mailbox-protected`, `mailbox-name-invalid`, `too-many-mailboxes`
   */
  rename(from: string, to: string): Promise<void>;

  /** Subscribing again is fine. @throws MailboxError `mailbox-missing`, `too-many-mailboxes` */
  subscribe(name: string): Promise<void>;

  /** Of a mailbox that is gone, too; unsubscribing what is not subscribed is fine. */
  unsubscribe(name: string): Promise<void>;

  /** @throws MailboxError `mailbox-missing`, `mailbox-not-selectable` */
  status(name: string): Promise<MailboxStatus>;

  /**
   * Opens a mailbox. Any number of sessions may have the same one open.
   * @param options `readOnly`: EXAMINE; nothing can be changed, and `\Recent` stays for others.
   * @throws MailboxError `mailbox-missing`, `mailbox-not-selectable`
   */
  select(name: string, options: { readonly readOnly: boolean }): Promise<Mailbox>;

  /**
   * Adds a message. The mailbox, the flags and the quota are looked at before the body is read; a body that will not be
   * kept is read to its end and dropped, so that who feeds it never stalls.
   * @throws MailboxError `mailbox-missing`, `mailbox-not-selectable`, `flag-invalid`, `too-many-keywords`, `over-quota`, `message-incomplete`, `storage-full`
   */
  append(name: string, message: AppendRequest): Promise<Appended>;

  /**
   * Takes INBOX for a POP3 session. Only one session has it at a time; IMAP sessions and deliveries go on beside it, and
   * what they add is not in this maildrop.
   * @throws MailboxError `maildrop-locked`
   */
  lockMaildrop(): Promise<Maildrop>;

  quota(): Promise<Quota>;

  readonly scripts: Scripts;

  /** Closes every Mailbox and Maildrop that was opened by way of it. Safe to call again. */
  close(): void;
}

export interface AppendRequest {
  /** Read to its end. One that is destroyed before leaves nothing behind. */
  readonly body: Readable;
  /** Octets that the client announced, where it did: too large a message is refused before it is read. */
  readonly size?: number;
  /** As in {@link MessageSummary}; none by default. */
  readonly flags?: readonly string[];
  /** Milliseconds since 1970; now by default. */
  readonly internalDate?: number;
}

/** For APPENDUID (RFC 4315). */
export interface Appended {
  readonly uidValidity: number;
  readonly uid: number;
}

/** For COPYUID (RFC 4315): the message `from[i]` is `to[i]` in the other mailbox. Ascending. */
export interface Copied {
  readonly uidValidity: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export interface Quota {
  /** Octets of all messages. */
  readonly used: number;
  /** `limits.maxStorage`. */
  readonly limit: number | null;
  readonly messages: number;
}

/** What a mailbox knows of a message at any time. Never changes: a change makes another summary. */
export interface MessageSummary {
  readonly uid: number;
  /** `\Answered \Deleted \Draft \Flagged \Seen` in this spelling, then keywords, sorted. `\Recent` is not among them. */
  readonly flags: readonly string[];
  /** Octets (RFC822.SIZE). */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  readonly modseq: number;
}

/**
 * What happened to a mailbox, in the order in which it became durable. `own`: by way of this very Mailbox. What a change
 * names, `Mailbox.messages` never does: that is the snapshot.
 */
export type MailboxChange =
  /** Messages were added; their UIDs are higher than any before. */
  | { readonly type: "mailbox.appended"; readonly messages: readonly MessageSummary[]; readonly own: boolean }
  /** The summaries as they are now. */
  | { readonly type: "mailbox.flagsChanged"; readonly messages: readonly MessageSummary[]; readonly own: boolean }
  /** Ascending; from expunge, move and POP3. */
  | {
      readonly type: "mailbox.expunged";
      readonly uids: readonly number[];
      readonly modseq: number;
      readonly own: boolean;
    }
  | { readonly type: "mailbox.renamed"; readonly name: string }
  /** The last change: the mailbox is gone. Every call but `close` rejects with `mailbox-missing`. */
  | { readonly type: "mailbox.deleted" };

/** A selected mailbox. What concerns messages that are gone leaves them out, where it does not say otherwise. */
export interface Mailbox {
  /** As it was selected; `mailbox.renamed` gives a new name. */
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;

  /** The snapshot: all messages, by UID. The array is the caller's own; the summaries are shared. */
  readonly messages: readonly MessageSummary[];
  /** Of the snapshot. */
  readonly uidNext: number;
  /** Of the snapshot. */
  readonly highestModseq: number;
  /**
   * Messages with this UID or a higher one are `\Recent` in this session, those that arrive while it is open included.
   * A session that selects for reading and writing takes this from the ones that select after it; between sessions that
   * have the mailbox open together, all see what arrives as recent (RFC 3501 2.3.2).
   */
  readonly recentFrom: number;
  /** Keywords that messages of this mailbox have or have had, as of now, sorted. */
  readonly keywords: readonly string[];
  /** New keywords may be made (`\*` in PERMANENTFLAGS). */
  readonly acceptsKeywords: boolean;

  /**
   * Changes since the snapshot, each exactly once, also those made by way of this Mailbox. They are kept until the first
   * subscription, which gets them at once; only one subscription at a time. Completes at `mailbox.deleted` and `close()`.
   */
  readonly changes$: Observable<MailboxChange>;

  /** Resolves when changes that were made before this call have been reported: for NOOP, where a store has to be asked. */
  refresh(): Promise<void>;

  /**
   * Envelopes and MIME structures, in the order of the UIDs. They are read as they are asked for: however large they are
   * together, a few are in memory at once.
   */
  describe(uids: readonly number[]): AsyncIterable<DescribedMessage>;

  /**
   * Headers with at least the fields of these names, in their order and as they stand: fields of other names may be left
   * out, so that no message has to be read. In the order of the UIDs. Left out: the content is read instead.
   */
  headers?(uids: readonly number[], fields: readonly string[]): AsyncIterable<MessageHeader>;

  /** A message's bytes. @throws MailboxError `message-missing` */
  content(uid: number): Promise<MessageContent>;

  /**
   * The same of many messages, in the order of the UIDs, each to be closed by the caller. They are read as they are asked
   * for. Left out: each is asked for on its own.
   */
  contents?(uids: readonly number[]): AsyncIterable<OpenedMessage>;

  /**
   * Which of these messages fit, by UID. Memory does not grow with the size of messages; ask for some hundred at a time,
   * so that a search can be stopped.
   */
  matching(query: TextQuery, uids: readonly number[]): Promise<readonly number[]>;

  /**
   * Changes flags. The result is reported by `changes$`, for the messages whose flags did change.
   * @returns the messages as they are now, those that did not have to change included, and those that
   * `unchangedSince` kept from being changed.
   * @throws MailboxError `mailbox-read-only`, `flag-invalid`, `too-many-keywords`
   */
  store(uids: readonly number[], change: FlagChange): Promise<StoreResult>;

  /**
   * Adds copies with the same flags and internal date to a mailbox, which may be this one. All of them or none; those who look
   * meanwhile may see some of many.
   * @throws MailboxError `mailbox-missing`, `mailbox-not-selectable`, `message-missing` when any is gone, `over-quota`
   */
  copy(uids: readonly number[], to: string): Promise<Copied>;

  /**
   * As copy, and expunges here: each message in one step (RFC 6851). Ask for some hundred at a time, so that others may write
   * in between. @throws MailboxError also `mailbox-read-only`
   */
  move(uids: readonly number[], to: string): Promise<Copied>;

  /**
   * Removes messages with `\Deleted` for good.
   * @param uids Only these of them (UID EXPUNGE); left out, all. Ask for some hundred at a time, as with `move`.
   * @returns what was removed, ascending.
   * @throws MailboxError `mailbox-read-only`
   */
  expunge(uids?: readonly number[]): Promise<readonly number[]>;

  /** Safe to call again. */
  close(): void;
}

/** A message's bytes for as long as they are read, also when the message is expunged meanwhile. */
export interface MessageContent {
  /** Octets. */
  readonly size: number;
  /**
   * The octets from `start` up to `end` (not included), less where the message ends before: none when it ends before
   * `start`. Ask for no more than you want to hold: 64 KiB is a good measure.
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Safe to call again. */
  close(): void;
}

/**
 * Substrings without regard to case (RFC 3501 6.4.4), after transfer encodings, encoded words and charsets were decoded.
 * `header`: in fields of this name; an empty text fits when there is one. `address`: the same, but in the addresses as
 * ENVELOPE has them, `Name <mailbox@host>`, without comments and quotation marks. `body`: in text parts. `text`: in any
 * field or text part.
 */
export type TextQuery =
  | { readonly in: "header" | "address"; readonly field: string; readonly text: string }
  | { readonly in: "body"; readonly text: string }
  | { readonly in: "text"; readonly text: string };

export interface MessageHeader {
  readonly uid: number;
  readonly octets: Uint8Array;
}

/** A message whose octets can be read. */
export interface OpenedMessage {
  readonly uid: number;
  readonly content: MessageContent;
}

export interface DescribedMessage {
  readonly uid: number;
  readonly structure: MessageStructure;
}

export interface FlagChange {
  readonly mode: "add" | "remove" | "replace";
  /** As in {@link MessageSummary}, in any order and case. */
  readonly flags: readonly string[];
  /** Leaves messages alone whose `modseq` is higher (RFC 7162 3.1.3). */
  readonly unchangedSince?: number;
}

export interface StoreResult {
  readonly messages: readonly MessageSummary[];
  /** UIDs that `unchangedSince` held back. */
  readonly modified: readonly number[];
}

/** A POP3 session's view: the messages of INBOX when it was locked. */
export interface Maildrop {
  /** In the order of UIDs. */
  readonly messages: readonly MaildropMessage[];
  /** A message's bytes. @throws MailboxError `message-missing` when an IMAP session expunged it meanwhile */
  content(uid: number): Promise<MessageContent>;
  /** Expunges these, flags or not, in one step: the update state (RFC 1939 6). Those that are gone already are fine. */
  remove(uids: readonly number[]): Promise<void>;
  /** Gives the lock back. Safe to call again. */
  release(): void;
}

export interface MaildropMessage {
  readonly uid: number;
  /** Octets. POP3 sends lines with CRLF; mail that came by SMTP, LMTP and IMAP has no other line ends. */
  readonly size: number;
  /** For UIDL: 1 to 70 printable characters, the same in every session, never that of another message (RFC 1939 7). */
  readonly uniqueId: string;
}

export interface ScriptEntry {
  readonly name: string;
  readonly active: boolean;
  /** Octets. */
  readonly size: number;
}

/** Sieve scripts of one account (RFC 5804). They are kept as they are given; whether one is valid is the protocol's business. */
export interface Scripts {
  /** By name. */
  list(): Promise<readonly ScriptEntry[]>;
  /** @throws MailboxError `script-missing` */
  get(name: string): Promise<Uint8Array>;
  /** Whether `put` of a script of this size would do. @throws MailboxError as `put` */
  haveSpace(name: string, size: number): Promise<void>;
  /** Makes or replaces a script; the active one stays active. @throws MailboxError `script-name-invalid`, `script-too-large`, `too-many-scripts` */
  put(name: string, script: Uint8Array): Promise<void>;
  /** @throws MailboxError `script-missing`, `script-active` */
  delete(name: string): Promise<void>;
  /** The active one stays active. @throws MailboxError `script-missing`, `script-exists`, `script-name-invalid` */
  rename(from: string, to: string): Promise<void>;
  /** @param name null: none is active. @throws MailboxError `script-missing` */
  activate(name: string | null): Promise<void>;
}
