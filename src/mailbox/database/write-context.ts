import type { MailboxLimits } from "../../protocols/mailbox.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import type { Statements } from "./statements.ts";

/** What a write works with: the transaction that it is part of, and what to report and do once it is durable. */
export interface WriteContext {
  readonly sql: Statements;
  readonly limits: MailboxLimits;
  readonly changes: ChangeSet[];
  /** Ids of contents that have a file and that no message refers to any longer. */
  readonly unreferenced: string[];
}
