import type { Readable } from "node:stream";
import type { IncomingContent } from "./mailbox-calls.ts";
import type { CallName, Calls, WriteName, Writes } from "./store-calls.ts";

/** A body, and the write that keeps it. */
export interface Incoming<Name extends WriteName> {
  readonly body: Readable;
  /** Goes before the body. */
  readonly header: ((id: string) => string) | undefined;
  readonly request: (content: IncomingContent) => Writes[Name]["request"];
}

/** What open mailboxes ask of the store. */
export interface StorePort {
  /** The data folder. */
  readonly directory: string;
  /** @throws StoreError or MailboxError */
  read<Name extends CallName>(name: Name, request: Calls[Name]["request"]): Promise<Calls[Name]["reply"]>;
  /** @throws StoreError or MailboxError */
  write<Name extends WriteName>(name: Name, request: Writes[Name]["request"]): Promise<Writes[Name]["reply"]>;
  /**
   * Takes a body in and keeps it by a write.
   * @throws StoreError or MailboxError; nothing is kept then.
   */
  takeIn<Name extends WriteName>(name: Name, incoming: Incoming<Name>): Promise<Writes[Name]["reply"]>;
}
