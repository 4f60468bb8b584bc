/** Makes, removes and renames mailboxes. */
import { INBOX, MailboxError, SPECIAL_USES } from "../../protocols/mailbox.ts";
import type { MailboxWrites } from "../store/mailbox-calls.ts";
import {
  accountId,
  type MailboxRow,
  mailboxesOf,
  mailboxNamed,
  makeMailbox,
  missingMailbox,
  nextUidValidity,
} from "./account-rows.ts";
import { canonicalName, isBelow, newName, superiorsOf } from "./mailbox-names.ts";
import { moveAll, removeMessages } from "./message-writes.ts";
import type { Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";

export function createMailbox(context: WriteContext, request: MailboxWrites["create"]["request"]): null {
  const { sql, limits } = context;
  const account = accountId(sql, request.account);
  const name = newName(request.name, limits);
  const present = mailboxNamed(sql, { account, name });
  if (present?.selectable) throw new MailboxError("mailbox-exists", "There is a mailbox of this name.");
  const specialUse = request.specialUse.map((use) => freeSpecialUse(sql, { account, use }));
  if (present) {
    sql.run("DELETE FROM keyword WHERE mailbox = ?", present.id);
    sql.run(
      `UPDATE mailbox SET selectable = 1, uid_validity = ?, uid_next = 1, modseq = 1, recent_from = 1, special_use = ?
       WHERE id = ?`,
      ...[nextUidValidity(sql), specialUse.join(" "), present.id],
    );
    return null;
  }
  makeSuperiors(context, { account, name, besides: 1 });
  makeMailbox(sql, { account, name, specialUse });
  return null;
}

export function deleteMailbox(context: WriteContext, request: MailboxWrites["delete"]["request"]): null {
  const { sql, changes } = context;
  const mailbox = presentMailbox(sql, request);
  if (mailbox.name === INBOX) throw new MailboxError("mailbox-protected", "INBOX cannot be deleted.");
  const hasChildren = mailboxesOf(sql, mailbox.account).some(({ name }) => isBelow(name, mailbox.name));
  if (!mailbox.selectable) {
    if (hasChildren) throw new MailboxError("mailbox-has-children", "Delete the mailboxes below this one first.");
    sql.run("DELETE FROM mailbox WHERE id = ?", mailbox.id);
    return null;
  }
  // That the mailbox is gone says that of its messages.
  removeMessages({ ...context, changes: [] }, { mailbox, uids: null, deletedOnly: false });
  if (hasChildren) sql.run("UPDATE mailbox SET selectable = 0, special_use = '' WHERE id = ?", mailbox.id);
  else sql.run("DELETE FROM mailbox WHERE id = ?", mailbox.id);
  changes.push({ type: "deleted", mailbox: mailbox.uidValidity, view: null });
  return null;
}

export function renameMailbox(context: WriteContext, request: MailboxWrites["rename"]["request"]): null {
  const { sql, limits } = context;
  const mailbox = presentMailbox(sql, { account: request.account, name: request.from });
  const { account } = mailbox;
  const name = newName(request.to, limits);
  if (mailboxNamed(sql, { account, name })) {
    throw new MailboxError("mailbox-exists", "There is a mailbox of this name.");
  }
  if (mailbox.name === INBOX) {
    makeSuperiors(context, { account, name, besides: 1 });
    moveAll(context, { from: mailbox, to: makeMailbox(sql, { account, name, specialUse: [] }) });
    return null;
  }
  if (isBelow(name, mailbox.name)) {
    throw new MailboxError("mailbox-protected", "A mailbox cannot be moved below itself.");
  }
  const moved = mailboxesOf(sql, account).filter((other) => {
    return other.id === mailbox.id || isBelow(other.name, mailbox.name);
  });
  const renamed = moved.map((other) => ({
    other,
    name: newName(name + other.name.slice(mailbox.name.length), limits),
  }));
  makeSuperiors(context, { account, name, besides: 0 });
  for (const { other, name } of renamed) {
    sql.run("UPDATE mailbox SET name = ? WHERE id = ?", name, other.id);
    context.changes.push({ type: "renamed", mailbox: other.uidValidity, view: null, name });
  }
  return null;
}

export function subscribe({ sql, limits }: WriteContext, request: MailboxWrites["subscribe"]["request"]): null {
  const { account, name } = presentMailbox(sql, request);
  sql.run("INSERT INTO subscription (account, name) VALUES (?, ?) ON CONFLICT DO NOTHING", account, name);
  const count = Number(sql.get("SELECT count(*) AS count FROM subscription WHERE account = ?", account)?.["count"]);
  if (count > limits.maxMailboxes) throw tooMany("subscriptions", limits.maxMailboxes);
  return null;
}

export function unsubscribe({ sql }: WriteContext, request: MailboxWrites["unsubscribe"]["request"]): null {
  const account = accountId(sql, request.account);
  sql.run("DELETE FROM subscription WHERE account = ? AND name = ?", account, canonicalName(request.name));
  return null;
}

function presentMailbox(sql: Statements, named: { readonly account: string; readonly name: string }): MailboxRow {
  const account = accountId(sql, named.account);
  const mailbox = mailboxNamed(sql, { account, name: canonicalName(named.name) });
  if (mailbox) return mailbox;
  throw missingMailbox();
}

/** @param wanted `besides`: mailboxes that are to be made after these. */
function makeSuperiors(
  { sql, limits }: WriteContext,
  wanted: { readonly account: number; readonly name: string; readonly besides: number },
): void {
  const { account } = wanted;
  const present = new Set(mailboxesOf(sql, account).map(({ name }) => name));
  const missing = superiorsOf(wanted.name).filter((name) => !present.has(name));
  if (present.size + missing.length + wanted.besides > limits.maxMailboxes) {
    throw tooMany("mailboxes", limits.maxMailboxes);
  }
  for (const name of missing) makeMailbox(sql, { account, name, specialUse: [] });
}

function freeSpecialUse(sql: Statements, { account, use }: { readonly account: number; readonly use: string }): string {
  const known = SPECIAL_USES.find((name) => name.toLowerCase() === use.toLowerCase());
  const taken = sql
    .all("SELECT special_use FROM mailbox WHERE account = ? AND special_use <> ''", account)
    .some((row) => String(row["special_use"]).split(" ").includes(String(known)));
  if (known && !taken) return known;
  throw new MailboxError("special-use-unavailable", "This special use is not supported, or another mailbox has it.");
}

function tooMany(what: string, limit: number): MailboxError {
  return new MailboxError("too-many-mailboxes", `An account has at most ${limit} ${what}.`);
}
