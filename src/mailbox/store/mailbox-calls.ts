/** What sessions ask of the database's thread. Mailboxes are named by their UIDVALIDITY, which is never given twice. */
import type { Appended, Copied } from "../../protocols/mailbox.ts";
import type { Outline } from "../message/outline.ts";
import type { SummaryColumns } from "./summary-columns.ts";

/** A message's bytes, complete, on their way into a transaction. */
export interface IncomingContent {
  /** Names the content; also the queue id that a reply may give. */
  readonly id: string;
  readonly size: number;
  /** Null when the content waits in the spool. */
  readonly bytes: Uint8Array | null;
  /** Null when it is not known yet. */
  readonly outline: Outline | null;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

interface Named {
  readonly account: string;
  readonly name: string;
}

interface InMailbox {
  readonly mailbox: number;
  /** The session that asks; its own changes are marked as such. */
  readonly view: number | null;
}

export interface MailboxWrites {
  /** Makes the account and its first mailboxes, where they are missing. */
  readonly open: { readonly request: { readonly account: string }; readonly reply: null };
  readonly create: { readonly request: Named & { readonly specialUse: readonly string[] }; readonly reply: null };
  readonly delete: { readonly request: Named; readonly reply: null };
  readonly rename: {
    readonly request: { readonly account: string; readonly from: string; readonly to: string };
    readonly reply: null;
  };
  readonly subscribe: { readonly request: Named; readonly reply: null };
  readonly unsubscribe: { readonly request: Named; readonly reply: null };
  /** `notifiedUntil`: open sessions have been notified of messages below this UID. */
  readonly select: {
    readonly request: { readonly mailbox: number; readonly notifiedUntil: number; readonly readOnly: boolean };
    readonly reply: SelectReply;
  };
  readonly markRecent: {
    readonly request: { readonly mailbox: number; readonly notifiedUntil: number };
    readonly reply: null;
  };
  /** Without content: only whether it would be taken. */
  readonly append: { readonly request: AppendWrite; readonly reply: Appended };
  readonly storeFlags: { readonly request: InMailbox & FlagsWrite; readonly reply: FlagsReply };
  readonly copy: {
    readonly request: InMailbox & CopyWrite;
    readonly reply: Copied;
  };
  /** `uids` null: all. */
  readonly expunge: {
    readonly request: InMailbox & { readonly uids: readonly number[] | null; readonly deletedOnly: boolean };
    readonly reply: readonly number[];
  };
  readonly putScript: { readonly request: Named & { readonly bytes: Uint8Array }; readonly reply: null };
  readonly deleteScript: { readonly request: Named; readonly reply: null };
  readonly renameScript: {
    readonly request: { readonly account: string; readonly from: string; readonly to: string };
    readonly reply: null;
  };
  readonly activateScript: {
    readonly request: { readonly account: string; readonly name: string | null };
    readonly reply: null;
  };
}

export interface SelectReply {
  readonly name: string;
  readonly uidNext: number;
  readonly highestModseq: number;
  readonly recentFrom: number;
  /** By bit. */
  readonly keywords: readonly string[];
}

export interface AppendWrite {
  readonly mailbox: number;
  readonly content: IncomingContent;
  readonly flags: readonly string[];
  readonly internalDate: number;
}

export interface FlagsWrite {
  readonly uids: readonly number[];
  readonly mode: "add" | "remove" | "replace";
  readonly flags: readonly string[];
  /** Null for no condition. */
  readonly unchangedSince: number | null;
}

export interface FlagsReply {
  readonly messages: SummaryColumns;
  readonly modified: readonly number[];
}

export interface CopyWrite {
  readonly uids: readonly number[];
  /** Of the same account. */
  readonly to: string;
  readonly isMove: boolean;
}
