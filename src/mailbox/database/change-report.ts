/** What a transaction changed, put together for those who have its mailboxes open. */
import type { ChangeSet } from "../store/store-calls.ts";
import { toColumns } from "../store/summary-columns.ts";
import { keywordsOf } from "./flag-bits.ts";
import type { Row } from "./statements.ts";
import type { AppendedRows, WriteContext } from "./write-context.ts";

/**
 * Before the transaction is committed. Messages that came to a mailbox one after the other are one change: a group of
 * deliveries would else pass as many small tables to the other threads.
 */
export function reportOf({ sql, changes }: WriteContext): ChangeSet[] {
  const report: (ChangeSet | Arrivals)[] = [];
  const last = new Map<number, ChangeSet | Arrivals>();
  for (const change of changes) {
    if (change.type !== "arrived") {
      report.push(change);
      last.set(change.mailbox, change);
      continue;
    }
    const before = last.get(change.mailbox);
    if (before?.type === "arrived" && before.view === change.view) before.rows.push(...change.rows);
    else {
      const arrivals = { ...change, rows: [...change.rows] };
      report.push(arrivals);
      last.set(change.mailbox, arrivals);
    }
  }
  return report.map((change): ChangeSet => {
    if (change.type !== "arrived") return change;
    const { mailbox, view, rows, row } = change;
    return { type: "appended", mailbox, view, messages: toColumns(rows), keywords: keywordsOf(sql, row) };
  });
}

/** Of one mailbox, with nothing else in between. */
type Arrivals = Omit<AppendedRows, "rows"> & { readonly rows: Row[] };
