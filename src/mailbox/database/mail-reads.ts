/** Reads accounts and mailboxes on the store's reading thread. */
import type { MailboxStatus } from "../../protocols/mailbox.ts";
import type { Calls, ListRow, MailboxName, ScriptRow } from "../store/store-calls.ts";
import { SUMMARY_COLUMNS, type SummaryColumns, toColumns } from "../store/summary-columns.ts";
import { accountId, openMailbox, selectableNamed } from "./account-rows.ts";
import { DELETED_BIT, SEEN_BIT } from "./flag-bits.ts";
import { canonicalName } from "./mailbox-names.ts";
import { bytesOf } from "./message-rows.ts";
import type { Statements } from "./statements.ts";

export class MailReads {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  resolve({ account, name }: MailboxName): number {
    const id = accountId(this.#sql, account);
    return selectableNamed(this.#sql, { account: id, name: canonicalName(name) }).uidValidity;
  }

  list(account: string): ListRow[] {
    const id = accountId(this.#sql, account);
    const rows = this.#sql.all(
      `SELECT name, 1 AS present, selectable, special_use,
         EXISTS (SELECT 1 FROM subscription WHERE account = mailbox.account AND name = mailbox.name) AS subscribed
       FROM mailbox WHERE account = ?1
       UNION ALL
       SELECT name, 0, 0, '', 1 FROM subscription
       WHERE account = ?1 AND NOT EXISTS (SELECT 1 FROM mailbox WHERE account = ?1 AND name = subscription.name)`,
      id,
    );
    return rows.map((row) => ({
      name: String(row["name"]),
      exists: row["present"] === 1,
      selectable: row["selectable"] === 1,
      subscribed: row["subscribed"] === 1,
      specialUse: String(row["special_use"]),
    }));
  }

  status({ mailbox, notifiedUntil }: Calls["status"]["request"]): MailboxStatus {
    const { id, uidNext, uidValidity, modseq, recentFrom } = openMailbox(this.#sql, mailbox);
    const row = this.#sql.get(
      `SELECT count(*) AS messages, count(*) FILTER (WHERE uid >= ?) AS recent,
         count(*) FILTER (WHERE flags & ${SEEN_BIT} = 0) AS unseen,
         count(*) FILTER (WHERE flags & ${DELETED_BIT}) AS deleted, coalesce(sum(size), 0) AS size
       FROM message WHERE mailbox = ?`,
      ...[Math.max(recentFrom, notifiedUntil), id],
    );
    return {
      messages: Number(row?.["messages"]),
      recent: Number(row?.["recent"]),
      unseen: Number(row?.["unseen"]),
      deleted: Number(row?.["deleted"]),
      size: Number(row?.["size"]),
      ...{ uidNext, uidValidity, highestModseq: modseq },
    };
  }

  summaries({ mailbox, after, limit }: Calls["summaries"]["request"]): SummaryColumns {
    const { id } = openMailbox(this.#sql, mailbox);
    return toColumns(
      this.#sql.all(
        `SELECT ${SUMMARY_COLUMNS} FROM message WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?`,
        ...[id, after, limit],
      ),
    );
  }

  quota(account: string): Calls["quota"]["reply"] {
    const row = this.#sql.get(
      `SELECT used, (SELECT count(*) FROM message JOIN mailbox ON mailbox.id = message.mailbox
         WHERE mailbox.account = account.id) AS messages
       FROM account WHERE address = ?`,
      account,
    );
    return { used: Number(row?.["used"] ?? 0), messages: Number(row?.["messages"] ?? 0) };
  }

  scripts(account: string): ScriptRow[] {
    const id = accountId(this.#sql, account);
    const rows = this.#sql.all("SELECT name, active, length(bytes) AS size FROM script WHERE account = ?", id);
    return rows.map((row) => {
      return { name: String(row["name"]), active: row["active"] === 1, size: Number(row["size"]) };
    });
  }

  script({ account, name }: Calls["script"]["request"]): Uint8Array | null {
    const id = accountId(this.#sql, account);
    return bytesOf(this.#sql.get("SELECT bytes FROM script WHERE account = ? AND name = ?", id, name));
  }
}
