import { INBOX, MailboxError, SPECIAL_USES } from "../../protocols/mailbox.ts";
import type { Row, Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";

/** A mailbox as the database has it. */
export interface MailboxRow {
  readonly id: number;
  readonly account: number;
  readonly name: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly modseq: number;
  readonly recentFrom: number;
  readonly selectable: boolean;
}

const COLUMNS = "id, account, name, uid_validity, uid_next, modseq, recent_from, selectable";

/** The account's row, made when it is missing, with the mailboxes that a new account has. */
export function accountFor({ sql }: WriteContext, address: string): number {
  const row = sql.get("SELECT id, provisioned FROM account WHERE address = ?", address);
  if (row?.["provisioned"] === 1) return Number(row["id"]);
  sql.run("INSERT INTO account (address) VALUES (?) ON CONFLICT DO NOTHING", address);
  const id = accountId(sql, address);
  for (const name of [INBOX, ...SPECIAL_USES.map((use) => use.slice(1))]) {
    if (!mailboxNamed(sql, { account: id, name })) {
      makeMailbox(sql, { account: id, name, specialUse: name === INBOX ? [] : [`\\${name}`] });
    }
    sql.run("INSERT INTO subscription (account, name) VALUES (?, ?) ON CONFLICT DO NOTHING", id, name);
  }
  sql.run("UPDATE account SET provisioned = 1 WHERE id = ?", id);
  return id;
}

/** @throws MailboxError `mailbox-unavailable` for an account that was never opened. */
export function accountId(sql: Statements, address: string): number {
  const row = sql.get("SELECT id FROM account WHERE address = ?", address);
  if (row) return Number(row["id"]);
  throw new MailboxError("mailbox-unavailable", "The account is not there; log in again.");
}

export function mailboxNamed(
  sql: Statements,
  { account, name }: { readonly account: number; readonly name: string },
): MailboxRow | null {
  const row = sql.get(`SELECT ${COLUMNS} FROM mailbox WHERE account = ? AND name = ?`, account, name);
  return row ? toMailboxRow(row) : null;
}

/** @throws MailboxError `mailbox-missing`, `mailbox-not-selectable` */
export function selectableNamed(
  sql: Statements,
  named: { readonly account: number; readonly name: string },
): MailboxRow {
  const mailbox = mailboxNamed(sql, named);
  if (!mailbox) throw missingMailbox();
  if (mailbox.selectable) return mailbox;
  throw new MailboxError("mailbox-not-selectable", "This name holds other mailboxes only; create it first.");
}

/** The mailbox with this UIDVALIDITY. @throws MailboxError `mailbox-missing` */
export function openMailbox(sql: Statements, uidValidity: number): MailboxRow {
  const row = sql.get(`SELECT ${COLUMNS} FROM mailbox WHERE uid_validity = ? AND selectable`, uidValidity);
  if (row) return toMailboxRow(row);
  throw missingMailbox();
}

export function mailboxesOf(sql: Statements, account: number): MailboxRow[] {
  return sql.all(`SELECT ${COLUMNS} FROM mailbox WHERE account = ?`, account).map(toMailboxRow);
}

export function makeMailbox(
  sql: Statements,
  {
    account,
    name,
    specialUse,
  }: { readonly account: number; readonly name: string; readonly specialUse: readonly string[] },
): MailboxRow {
  sql.run(
    "INSERT INTO mailbox (account, name, uid_validity, special_use) VALUES (?, ?, ?, ?)",
    ...[account, name, nextUidValidity(sql), specialUse.join(" ")],
  );
  const made = mailboxNamed(sql, { account, name });
  if (made) return made;
  throw new Error("A mailbox that was just made is not there.");
}

/** The time in seconds, and more than any that was given before. */
export function nextUidValidity(sql: Statements): number {
  const row = sql.get(
    "UPDATE counter SET value = max(unixepoch(), value + 1) WHERE name = 'uid_validity' RETURNING value",
  );
  return Number(row?.["value"]);
}

/** The mailbox's modification sequence, one higher than before. */
export function nextModseq(sql: Statements, mailbox: MailboxRow): number {
  const row = sql.get("UPDATE mailbox SET modseq = modseq + 1 WHERE id = ? RETURNING modseq", mailbox.id);
  return Number(row?.["modseq"]);
}

export function missingMailbox(): MailboxError {
  return new MailboxError("mailbox-missing", "There is no such mailbox.");
}

function toMailboxRow(row: Row): MailboxRow {
  return {
    id: Number(row["id"]),
    account: Number(row["account"]),
    name: String(row["name"]),
    uidValidity: Number(row["uid_validity"]),
    uidNext: Number(row["uid_next"]),
    modseq: Number(row["modseq"]),
    recentFrom: Number(row["recent_from"]),
    selectable: row["selectable"] === 1,
  };
}
