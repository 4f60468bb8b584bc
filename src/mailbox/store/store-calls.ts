/** What the store and its threads say to one another. */
import type { MessagePort } from "node:worker_threads";
import type { MailboxLimits, MailboxStatus, TextQuery } from "../../protocols/mailbox.ts";
import type { Outline } from "../message/outline.ts";
import type { Failure } from "./failure.ts";
import type { IncomingContent, MailboxWrites } from "./mailbox-calls.ts";
import type { SummaryColumns } from "./summary-columns.ts";

/** One message by way of SMTP or LMTP. */
export interface Delivery {
  readonly content: IncomingContent;
  readonly sender: string;
  readonly recipients: readonly DeliveryRecipient[];
  readonly trace: Trace;
}

export interface DeliveryRecipient {
  /** Address of the account. */
  readonly account: string;
  /** As the client gave it. */
  readonly address: string;
}

/** How a message came: what a Received header is made of (RFC 5321 4.4). */
export interface Trace {
  /** As given in EHLO, HELO or LHLO. */
  readonly helo?: string | null;
  /** The client's IP address. */
  readonly receivedFrom?: string | null;
  readonly authenticatedAs?: string | null;
  /** TLS version and cipher suite; null in clear. */
  readonly tls?: string | null;
}

/** A message in a mailbox. */
export interface StoredMessage {
  /** Names the content; recipients of one message share it. */
  readonly id: string;
  readonly account: string;
  readonly mailbox: string;
  readonly uid: number;
  /** Octets. */
  readonly size: number;
  /** Reverse-path; empty for the null sender. */
  readonly sender: string;
  /** Forward-path as the client gave it; empty for what a mail reader added. */
  readonly recipient: string;
  readonly receivedAt: Date;
  readonly helo: string | null;
  readonly receivedFrom: string | null;
  readonly authenticatedAs: string | null;
  readonly tls: string | null;
}

export interface OpenRequest {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Bytes that the database may have; null for no limit. */
  readonly maxDatabaseSize: number | null;
  /** Milliseconds to wait for another program's lock. */
  readonly busyTimeout: number;
  /** What each account may have; the defaults where it is left out. */
  readonly limits?: MailboxLimits;
  /** The process has just started: what is in the spool was left behind by another. */
  readonly first: boolean;
  /** Another server may have the folder as well: the one that this one succeeds, or its successor. */
  readonly joins: boolean;
}

export interface Opened {
  /** An earlier version kept messages here, and not all have their outlines. */
  readonly lacksOutlines: boolean;
}

/** What changes the database, with what each answers. */
export interface Writes extends MailboxWrites {
  /** Accounts that have no room for it are answered; nothing is kept when all of them have none. */
  readonly deliver: { readonly request: Delivery; readonly reply: readonly string[] };
  /** Outlines of messages that had none. `due`: contents up to this key are the next to get theirs; null leaves that. */
  readonly keepOutlines: {
    readonly request: { readonly outlines: readonly KeptOutline[]; readonly due: number | null };
    readonly reply: null;
  };
}

/** The outline of a content, named by its key. */
export interface KeptOutline {
  readonly key: number;
  readonly outline: Outline;
}

export type WriteName = keyof Writes;

export type Write = {
  [Name in WriteName]: { readonly name: Name; readonly request: Writes[Name]["request"] };
}[WriteName];

/** The content that a write brings, if it does. */
export function contentOfWrite(write: Write): IncomingContent | null {
  return write.name === "deliver" || write.name === "append" ? write.request.content : null;
}

export type WriteResult = { readonly reply: Writes[WriteName]["reply"] } | { readonly failure: Failure };

export interface CommitReply {
  /** Transactions that it took. */
  readonly commits: number;
  /** One for each write. */
  readonly results: readonly WriteResult[];
}

/** What a transaction did to a mailbox, for those who have it open. */
export type ChangeSet = {
  /** UIDVALIDITY, which names a mailbox for good. */
  readonly mailbox: number;
  /** The view that it was done by; null for others. */
  readonly view: number | null;
} & (
  | {
      readonly type: "appended" | "flagsChanged";
      readonly messages: SummaryColumns;
      readonly keywords: readonly string[];
    }
  | { readonly type: "expunged"; readonly uids: readonly number[]; readonly modseq: number }
  | { readonly type: "renamed"; readonly name: string }
  | { readonly type: "deleted" }
);

export interface Calls {
  readonly open: { readonly request: OpenRequest; readonly reply: Opened };
  /** Carries out all, in one transaction where that works. */
  readonly commit: { readonly request: readonly Write[]; readonly reply: CommitReply };
  /** A page of messages after a position, in the order of arrival. */
  readonly page: {
    readonly request: { readonly account: string | null; readonly after: number; readonly limit: number };
    readonly reply: Page;
  };
  readonly content: { readonly request: string; readonly reply: Content | null };
  /** What is to be kept of a message, its bytes given or in the spool. */
  readonly analyse: { readonly request: AnalyseRequest; readonly reply: Outline };
  /** Some of the contents that are to get their outlines, those of the highest keys; `due` as in `keepOutlines`. */
  readonly outlinesDue: {
    readonly request: null;
    readonly reply: { readonly outlines: readonly KeptOutline[]; readonly due: number };
  };
  /** UIDVALIDITY of a mailbox that can be selected. */
  readonly resolve: { readonly request: MailboxName; readonly reply: number };
  readonly list: { readonly request: string; readonly reply: readonly ListRow[] };
  /** `notifiedUntil`: sessions that have it open have been notified of messages below this UID. */
  readonly status: {
    readonly request: { readonly mailbox: number; readonly notifiedUntil: number };
    readonly reply: MailboxStatus;
  };
  /** Messages of a mailbox after a UID; fewer than asked for at the end. */
  readonly summaries: {
    readonly request: { readonly mailbox: number; readonly after: number; readonly limit: number };
    readonly reply: SummaryColumns;
  };
  readonly message: {
    readonly request: { readonly mailbox: number; readonly uid: number };
    readonly reply: MessageContentRow;
  };
  /** Of the first messages, as many as fill an answer. `session` is who asks: sessions take turns. */
  readonly structures: {
    readonly request: { readonly mailbox: number; readonly session: number; readonly uids: readonly number[] };
    readonly reply: {
      readonly uids: readonly number[];
      /** A JSON array of what `structureToText` gives of each: one long text passes between threads as fast as a short one. */
      readonly texts: string;
      /** Those that are not in the database yet. */
      readonly found: readonly KeptOutline[];
      /** How many of the UIDs have been looked at. */
      readonly asked: number;
    };
  };
  /**
   * Of the first messages, as many headers as fill an answer, with at least the fields of these names, in lower case. Each
   * begins in the octets where the one before it ends.
   */
  readonly headers: {
    readonly request: {
      readonly mailbox: number;
      readonly session: number;
      readonly uids: readonly number[];
      readonly fields: readonly string[];
    };
    readonly reply: {
      readonly uids: readonly number[];
      readonly ends: readonly number[];
      readonly octets: Uint8Array;
      readonly asked: number;
    };
  };
  /** Of the first messages, as many as fill an answer. What is in a file stays there, and has no octets. */
  readonly contents: {
    readonly request: { readonly mailbox: number; readonly uids: readonly number[] };
    readonly reply: {
      readonly contents: readonly {
        readonly uid: number;
        readonly id: string;
        readonly size: number;
        readonly end: number | null;
      }[];
      readonly octets: Uint8Array;
      readonly asked: number;
    };
  };
  readonly matching: {
    readonly request: {
      readonly mailbox: number;
      readonly session: number;
      readonly uids: readonly number[];
      readonly query: TextQuery;
    };
    readonly reply: readonly number[];
  };
  readonly quota: { readonly request: string; readonly reply: { readonly used: number; readonly messages: number } };
  readonly scripts: { readonly request: string; readonly reply: readonly ScriptRow[] };
  readonly script: {
    readonly request: { readonly account: string; readonly name: string };
    readonly reply: Uint8Array | null;
  };
  /** Milliseconds to wait for another process's lock from here on. */
  readonly patience: { readonly request: number; readonly reply: null };
  /** Another thread makes calls by this port from here on. */
  readonly join: { readonly request: MessagePort; readonly reply: null };
  readonly close: { readonly request: null; readonly reply: null };
}

export interface AnalyseRequest {
  readonly id: string;
  readonly size: number;
  readonly bytes: Uint8Array | null;
}

export interface ListRow {
  readonly name: string;
  readonly exists: boolean;
  readonly selectable: boolean;
  readonly subscribed: boolean;
  /** Separated by spaces. */
  readonly specialUse: string;
}

export interface MailboxName {
  readonly account: string;
  readonly name: string;
}

export interface MessageContentRow {
  readonly id: string;
  readonly size: number;
  readonly bytes: Uint8Array | null;
}

export interface ScriptRow {
  readonly name: string;
  readonly active: boolean;
  readonly size: number;
}

export interface Page {
  readonly messages: readonly StoredMessage[];
  /** Position after the last message; null at the end. */
  readonly next: number | null;
}

/** Inline bytes, or null when the content is in its file. */
export interface Content {
  readonly bytes: Uint8Array | null;
}

export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: { readonly number: number; readonly name: Name; readonly request: Calls[Name]["request"] };
}[CallName];

/** Which mailboxes a thread hears of, besides those that its own commits change. It has no answer. */
export type Following = { readonly follow: number } | { readonly unfollow: number } | { readonly followAll: boolean };

/** Another server has committed these; null for something that was never reported. */
export interface Passed {
  readonly passed: readonly ChangeSet[] | null;
}

export type Response =
  /** Another server may have committed something that was never reported. */
  | { readonly lost: true }
  /** What another thread's commit changed, in mailboxes that this one follows. */
  | { readonly reported: readonly ChangeSet[] }
  | {
      readonly number: number;
      readonly reply: Calls[CallName]["reply"];
      /** In the order in which they became durable. */
      readonly changes?: readonly ChangeSet[];
    }
  | { readonly number: number; readonly failure: Failure };
