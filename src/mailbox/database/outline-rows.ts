/** Outlines in their tables. */
import type { KeptOutline, Writes } from "../store/store-calls.ts";
import { ASKED } from "./message-rows.ts";
import type { Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";

export function putOutline(sql: Statements, { key, outline }: KeptOutline): void {
  const { structure, fields, texts } = outline;
  sql.run("INSERT INTO outline (content, structure, fields) VALUES (?, ?, ?)", key, structure, fields);
  sql.run(
    "INSERT INTO search_text (content, subject, sender, recipient, cc, bcc) VALUES (?, ?, ?, ?, ?, ?)",
    ...[key, texts.subject, texts.from, texts.to, texts.cc, texts.bcc],
  );
}

/** A message that has been removed meanwhile has none, and one that somebody asked about has it already. */
export function keepOutlines({ sql }: WriteContext, { outlines, due }: Writes["keepOutlines"]["request"]): null {
  const lacks = "SELECT 1 FROM content WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM outline WHERE content = ?1)";
  for (const kept of outlines) if (sql.get(lacks, kept.key)) putOutline(sql, kept);
  if (due !== null) sql.run("UPDATE counter SET value = ? WHERE name = 'outlines_due' AND value > ?", due, due);
  return null;
}

/** Contents up to this key are to get their outlines; 0 when all have them. */
export function outlinesDue(sql: Statements): number {
  return Number(sql.get("SELECT value FROM counter WHERE name = 'outlines_due'")?.["value"] ?? 0);
}

/** What is asked of the outlines of messages in a mailbox's row. */
interface AskedOutlines {
  readonly mailbox: number;
  /** Ascending, each once. */
  readonly uids: readonly number[];
  readonly column: "structure" | "fields";
  /** Characters or octets from which on it is enough. */
  readonly most: number;
}

/**
 * A column of the outlines of the first of these messages, in their order; null where no outline is kept. One statement for
 * many messages: a transaction for each would cost several times what it reads.
 */
export function keptInOutlines(
  sql: Statements,
  { mailbox, uids, column, most }: AskedOutlines,
): { readonly rows: readonly KeptValue[]; readonly asked: number } {
  const rows: KeptValue[] = [];
  let size = 0;
  const found = sql.iterate(
    `SELECT message.uid, outline.${column} AS value FROM ${ASKED} LEFT JOIN outline ON outline.content = message.content`,
    { mailbox, uids: JSON.stringify(uids) },
  );
  for (const { uid, value } of found) {
    const kept = typeof value === "string" || value instanceof Uint8Array ? value : null;
    rows.push({ uid: Number(uid), value: kept });
    size += kept?.length ?? 0;
    if (size >= most) return { rows, asked: uids.indexOf(Number(uid)) + 1 };
  }
  return { rows, asked: uids.length };
}

interface KeptValue {
  readonly uid: number;
  readonly value: string | Uint8Array | null;
}
