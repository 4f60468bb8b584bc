/** Adds, changes and removes messages of mailboxes. */
import { type Appended, type Copied, MailboxError } from "../../protocols/mailbox.ts";
import type { FlagsReply, IncomingContent, MailboxWrites, SelectReply } from "../store/mailbox-calls.ts";
import type { Trace } from "../store/store-calls.ts";
import { SUMMARY_COLUMNS, toColumns } from "../store/summary-columns.ts";
import { type MailboxRow, nextModseq, openMailbox, selectableNamed } from "./account-rows.ts";
import { DELETED_BIT, flagsOf, KeywordBits, keywordsOf, SYSTEM_BITS } from "./flag-bits.ts";
import { parseFlags } from "./flags.ts";
import { canonicalName } from "./mailbox-names.ts";
import { putOutline } from "./outline-rows.ts";
import type { Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";

type Requests = { readonly [Name in keyof MailboxWrites]: MailboxWrites[Name]["request"] };

export function selectMailbox({ sql }: WriteContext, request: Requests["select"]): SelectReply {
  const mailbox = openMailbox(sql, request.mailbox);
  const recentFrom = Math.max(mailbox.recentFrom, request.notifiedUntil);
  if (!request.readOnly && mailbox.uidNext > mailbox.recentFrom) {
    sql.run("UPDATE mailbox SET recent_from = uid_next WHERE id = ?", mailbox.id);
  }
  const { name, uidNext, modseq } = mailbox;
  return { name, uidNext, highestModseq: modseq, recentFrom, keywords: keywordsOf(sql, mailbox.id) };
}

export function markRecent({ sql }: WriteContext, { mailbox, notifiedUntil }: Requests["markRecent"]): null {
  sql.run("UPDATE mailbox SET recent_from = ?1 WHERE uid_validity = ?2 AND recent_from < ?1", notifiedUntil, mailbox);
  return null;
}

/** @returns the content's key. */
export function insertContent(
  { sql }: WriteContext,
  { content, sender, trace }: { readonly content: IncomingContent; readonly sender: string; readonly trace: Trace },
): number {
  const { id, size, receivedAt, outline, bytes } = content;
  const key = sql.run(
    `INSERT INTO content (id, size, received_at, sender, helo, received_from, authenticated_as, tls, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, size, receivedAt, sender, trace.helo ?? null, trace.receivedFrom ?? null],
    ...[trace.authenticatedAs ?? null, trace.tls ?? null, bytes],
  ).lastInsertRowid;
  if (outline) putOutline(sql, { key, outline });
  return key;
}

export interface NewMessage {
  readonly mailbox: MailboxRow;
  readonly content: number;
  readonly size: number;
  readonly flags: number;
  readonly internalDate: number;
  readonly recipient: string;
}

/** @returns the message's UID. */
export function addMessage(context: WriteContext, message: NewMessage): number {
  const { sql } = context;
  const { mailbox, content, size, flags, internalDate, recipient } = message;
  takeRoom(context, { account: mailbox.account, size });
  const { uid, modseq } = takeUids(sql, { mailbox, count: 1 });
  sql.run(
    `INSERT INTO message (mailbox, uid, content, recipient, internal_date, flags, size, modseq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[mailbox.id, uid, content, recipient, internalDate, flags, size, modseq],
  );
  const summary = { uid, flags, size, internal_date: internalDate, modseq };
  const { id, uidValidity } = mailbox;
  context.changes.push({ type: "arrived", mailbox: uidValidity, row: id, view: null, rows: [summary] });
  return uid;
}

export function append(context: WriteContext, request: Requests["append"]): Appended {
  const { sql, limits } = context;
  const mailbox = openMailbox(sql, request.mailbox);
  const keywords = new KeywordBits(sql, { mailbox: mailbox.id, limits });
  const flags = keywords.bitsOf(parseFlags(request.flags, limits), { make: true });
  const { content, internalDate } = request;
  const key = insertContent(context, { content, sender: "", trace: {} });
  const uid = addMessage(context, { mailbox, content: key, size: content.size, flags, internalDate, recipient: "" });
  return { uidValidity: mailbox.uidValidity, uid };
}

export function storeFlags(context: WriteContext, request: Requests["storeFlags"]): FlagsReply {
  const { sql, limits, changes } = context;
  const mailbox = openMailbox(sql, request.mailbox);
  const keywords = new KeywordBits(sql, { mailbox: mailbox.id, limits });
  const mask = keywords.bitsOf(parseFlags(request.flags, limits), { make: request.mode !== "remove" });
  const uids = JSON.stringify(request.uids);
  const until = request.unchangedSince ?? Number.MAX_SAFE_INTEGER;
  const inScope = "mailbox = :mailbox AND uid IN (SELECT value FROM json_each(:uids))";
  const scope = { mailbox: mailbox.id, uids };
  const modified = sql
    .all(`SELECT uid FROM message WHERE ${inScope} AND modseq > :until ORDER BY uid`, { ...scope, until })
    .map((row) => Number(row["uid"]));
  const after = AFTER[request.mode];
  const values = { ...scope, until, mask };
  const condition = `${inScope} AND modseq <= :until`;
  if (sql.get(`SELECT 1 FROM message WHERE ${condition} AND flags <> ${after} LIMIT 1`, values)) {
    const modseq = nextModseq(sql, mailbox);
    const changed = sql.all(
      `UPDATE message SET flags = ${after}, modseq = :modseq WHERE ${condition} AND flags <> ${after}
       RETURNING ${SUMMARY_COLUMNS}`,
      { ...values, modseq },
    );
    changed.sort((a, b) => Number(a["uid"]) - Number(b["uid"]));
    const changedFlags = { messages: toColumns(changed), keywords: keywords.names };
    changes.push({ type: "flagsChanged", mailbox: mailbox.uidValidity, view: request.view, ...changedFlags });
  }
  const held = JSON.stringify(modified);
  const now = sql.all(
    `SELECT ${SUMMARY_COLUMNS} FROM message
     WHERE ${inScope} AND uid NOT IN (SELECT value FROM json_each(:held)) ORDER BY uid`,
    { ...scope, held },
  );
  return { messages: toColumns(now), modified };
}

/** A message's flags after a change, as SQL. */
const AFTER = {
  add: "(flags | :mask)",
  remove: "(flags & ~ :mask)",
  replace: "CAST(:mask AS INTEGER)",
} as const;

export function copy(context: WriteContext, request: Requests["copy"]): Copied {
  const { sql } = context;
  const from = openMailbox(sql, request.mailbox);
  const to = selectableNamed(sql, { account: from.account, name: canonicalName(request.to) });
  const uids = [...new Set(request.uids)].sort((a, b) => a - b);
  const copied = copyMessages(context, { from, to, uids, view: request.view, isMove: request.isMove });
  if (copied.from.length < uids.length) throw new MailboxError("message-missing", "A message was expunged.");
  if (request.isMove) removeMessages(context, { mailbox: from, uids, deletedOnly: false, view: request.view });
  return copied;
}

/** Renaming INBOX moves all that is in it (RFC 3501 6.3.5). */
export function moveAll(
  context: WriteContext,
  { from, to }: { readonly from: MailboxRow; readonly to: MailboxRow },
): void {
  const uids = context.sql
    .all("SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", from.id)
    .map((row) => Number(row["uid"]));
  if (uids.length === 0) return;
  copyMessages(context, { from, to, uids, view: null, isMove: true });
  removeMessages(context, { mailbox: from, uids, deletedOnly: false });
}

/** @param removal `uids` null: all. @returns UIDs of what was removed, ascending. */
export function removeMessages(
  { sql, changes, unreferenced }: WriteContext,
  removal: {
    readonly mailbox: MailboxRow;
    readonly uids: readonly number[] | null;
    readonly deletedOnly: boolean;
    readonly view?: number | null;
  },
): number[] {
  const { mailbox, uids, deletedOnly } = removal;
  const conditions = [
    "mailbox = :mailbox",
    ...(uids ? ["uid IN (SELECT value FROM json_each(:uids))"] : []),
    ...(deletedOnly ? [`flags & ${DELETED_BIT}`] : []),
  ];
  const rows = sql.all(`DELETE FROM message WHERE ${conditions.join(" AND ")} RETURNING uid, content, size`, {
    mailbox: mailbox.id,
    ...(uids ? { uids: JSON.stringify(uids) } : {}),
  });
  if (rows.length === 0) return [];
  const size = rows.reduce((sum, row) => sum + Number(row["size"]), 0);
  sql.run("UPDATE account SET used = used - ? WHERE id = ?", size, mailbox.account);
  const contents = JSON.stringify(rows.map((row) => Number(row["content"])));
  const dropped = sql.all(
    `DELETE FROM content WHERE key IN (SELECT value FROM json_each(?))
       AND NOT EXISTS (SELECT 1 FROM message WHERE message.content = content.key)
     RETURNING id, bytes IS NULL AS in_file`,
    contents,
  );
  unreferenced.push(...dropped.filter((row) => row["in_file"] === 1).map((row) => String(row["id"])));
  const removed = rows.map((row) => Number(row["uid"])).sort((a, b) => a - b);
  const modseq = nextModseq(sql, mailbox);
  changes.push({ type: "expunged", mailbox: mailbox.uidValidity, view: removal.view ?? null, uids: removed, modseq });
  return removed;
}

export function expunge(context: WriteContext, request: Requests["expunge"]): number[] {
  const mailbox = openMailbox(context.sql, request.mailbox);
  return removeMessages(context, { ...request, mailbox });
}

interface CopyRequest {
  readonly from: MailboxRow;
  readonly to: MailboxRow;
  /** Ascending, each once. */
  readonly uids: readonly number[];
  readonly view: number | null;
  readonly isMove: boolean;
}

function copyMessages(context: WriteContext, { from, to, uids, view, isMove }: CopyRequest): Copied {
  const { sql } = context;
  const source = { mailbox: from.id, uids: JSON.stringify(uids) };
  const chosen = "mailbox = :mailbox AND uid IN (SELECT value FROM json_each(:uids))";
  const rows = sql.all(`SELECT uid, size FROM message WHERE ${chosen} ORDER BY uid`, source);
  const present = rows.map((row) => Number(row["uid"]));
  if (present.length === 0) return { uidValidity: to.uidValidity, from: [], to: [] };
  const size = rows.reduce((sum, row) => sum + Number(row["size"]), 0);
  if (isMove) sql.run("UPDATE account SET used = used + ? WHERE id = ?", size, from.account);
  else takeRoom(context, { account: from.account, size });
  const flags = translateFlags(context, { from, to, source, chosen });
  const { uid, modseq } = takeUids(sql, { mailbox: to, count: present.length });
  sql.run(
    `INSERT INTO message (mailbox, uid, content, recipient, internal_date, flags, size, modseq)
     SELECT :to, :uid - 1 + row_number() OVER (ORDER BY uid), content, recipient, internal_date,
       (SELECT value FROM json_each(:flags) WHERE key = CAST(message.flags AS TEXT)), size, :modseq
     FROM message WHERE ${chosen} ORDER BY uid`,
    { ...source, to: to.id, uid, modseq, flags: JSON.stringify(flags) },
  );
  notifyAppended(context, { mailbox: to, from: uid, view: to.id === from.id ? view : null });
  return { uidValidity: to.uidValidity, from: present, to: present.map((_, index) => uid + index) };
}

/** The flags that occur, as bits of one mailbox, by those of another. */
function translateFlags(
  { sql, limits }: WriteContext,
  copied: { from: MailboxRow; to: MailboxRow; source: { mailbox: number; uids: string }; chosen: string },
): Record<string, number> {
  const known = keywordsOf(sql, copied.from.id);
  const target = new KeywordBits(sql, { mailbox: copied.to.id, limits });
  const rows = sql.all(`SELECT DISTINCT flags FROM message WHERE ${copied.chosen}`, copied.source);
  return Object.fromEntries(
    rows.map((row) => {
      const flags = Number(row["flags"]);
      return [flags, flags <= SYSTEM_BITS ? flags : target.bitsOf(flagsOf(flags, known), { make: true })];
    }),
  );
}

/** The first of some new UIDs, and the modification sequence that their messages get. */
function takeUids(sql: Statements, { mailbox, count }: { readonly mailbox: MailboxRow; readonly count: number }) {
  const row = sql.get(
    "UPDATE mailbox SET uid_next = uid_next + ?, modseq = modseq + 1 WHERE id = ? RETURNING uid_next, modseq",
    ...[count, mailbox.id],
  );
  return { uid: Number(row?.["uid_next"]) - count, modseq: Number(row?.["modseq"]) };
}

/** Whether the account has room for this many more octets. */
export function hasRoom(
  { sql, limits }: WriteContext,
  { account, size }: { readonly account: number; readonly size: number },
): boolean {
  if (limits.maxStorage === null) return true;
  return Number(sql.get("SELECT used FROM account WHERE id = ?", account)?.["used"]) + size <= limits.maxStorage;
}

/** @throws MailboxError `over-quota` */
function takeRoom(context: WriteContext, more: { readonly account: number; readonly size: number }): void {
  if (!hasRoom(context, more)) {
    throw new MailboxError("over-quota", `The account has ${context.limits.maxStorage} octets, and not so much left.`);
  }
  context.sql.run("UPDATE account SET used = used + ? WHERE id = ?", more.size, more.account);
}

function notifyAppended(
  { sql, changes }: WriteContext,
  appended: { readonly mailbox: MailboxRow; readonly from: number; readonly view: number | null },
): void {
  const { id, uidValidity } = appended.mailbox;
  const rows = sql.all(
    `SELECT ${SUMMARY_COLUMNS} FROM message WHERE mailbox = ? AND uid >= ? ORDER BY uid`,
    ...[id, appended.from],
  );
  changes.push({ type: "arrived", mailbox: uidValidity, row: id, view: appended.view, rows });
}
