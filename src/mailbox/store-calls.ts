/** What the store and its thread say to one another. */
import type { StoreFailure } from "./store-error.ts";

/** One message, its body complete, on its way into a transaction. */
export interface Delivery {
  /** Names the content; also the queue id that a client may be told. */
  readonly id: string;
  readonly size: number;
  /** Null when the content waits in the spool. */
  readonly bytes: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
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
  /** Forward-path as the client gave it. */
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
  /** The process has just started: what is in the spool was left behind by another. */
  readonly first: boolean;
}

export interface Calls {
  readonly open: { readonly request: OpenRequest; readonly reply: null };
  /** Stores all, in one transaction where that works. */
  readonly commit: { readonly request: readonly Delivery[]; readonly reply: CommitReply };
  /** A page of messages after a position, in the order of arrival. */
  readonly page: {
    readonly request: { readonly account: string | null; readonly after: number; readonly limit: number };
    readonly reply: Page;
  };
  readonly content: { readonly request: string; readonly reply: Content | null };
  readonly close: { readonly request: null; readonly reply: null };
}

export interface CommitReply {
  /** Transactions that it took. */
  readonly commits: number;
  /** One for each delivery; null where it is kept. */
  readonly failures: readonly (StoreFailure | null)[];
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

export type Response =
  | { readonly number: number; readonly reply: Calls[CallName]["reply"] }
  | { readonly number: number; readonly failure: StoreFailure };
