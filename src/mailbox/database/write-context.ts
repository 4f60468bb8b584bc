import type { MailboxLimits } from "../../protocols/mailbox.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import type { Statements } from "./statements.ts";

/** What a write works with: the transaction that it is part of, and what is to be told and done when that is durable. */
export interface WriteContext {
  readonly sql: Statements;
  readonly limits: MailboxLimits;
  readonly changes: ChangeSet[];
  /** Ids of contents that no message refers to any more and that have a file. */
  readonly unreferenced: string[];
}
