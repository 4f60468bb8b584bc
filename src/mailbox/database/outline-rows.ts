/** Outlines in their tables. */
import type { KeptOutline, Writes } from "../store/store-calls.ts";
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
