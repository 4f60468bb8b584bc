import type { MailboxLimits } from "../../protocols/mailbox.ts";
import type { ChangeSet } from "../store/store-calls.ts";
import type { Row, Statements } from "./statements.ts";

/** What a write works with: the transaction that it is part of, and what to report and do once it is durable. */
export interface WriteContext {
  readonly sql: Statements;
  readonly limits: MailboxLimits;
  readonly changes: (ChangeSet | AppendedRows)[];
  /** Ids of contents that have a file and that no message refers to any longer. */
  readonly unreferenced: string[];
}

/** Messages that a write has added to a mailbox. */
export interface AppendedRows {
  readonly type: "arrived";
  /** UIDVALIDITY. */
  readonly mailbox: number;
  /** Id of the mailbox's row. */
  readonly row: number;
  readonly view: number | null;
  /** With the columns of summaries, by UID. */
  readonly rows: readonly Row[];
}
