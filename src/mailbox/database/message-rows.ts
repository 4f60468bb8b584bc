import type { Row, Statements } from "./statements.ts";

/** What the database has of a message's content. */
export interface ContentRow {
  readonly key: number;
  readonly id: string;
  readonly size: number;
  /** Null when they are in a file, or were not asked for. */
  readonly bytes: Uint8Array | null;
  /** As text; null when it is not known yet. */
  readonly structure: string | null;
  /** Its outline is kept. */
  readonly isOutlined: boolean;
}

/** As SQL. The structure stood with the content before there were outlines. */
const STRUCTURE = "coalesce(outline.structure, content.structure)";

/** The messages of a mailbox's row `:mailbox` that `:uids` names, a JSON array, in its order; to be joined with others. */
export const ASKED = `json_each(:uids) AS asked
  CROSS JOIN message ON message.mailbox = :mailbox AND message.uid = asked.value`;

/** @param bytes As SQL: where a structure is known, its message may not be needed. */
export function contentOfMessage(
  sql: Statements,
  { mailbox, uid }: { readonly mailbox: number; readonly uid: number },
  bytes: "always" | "without structure" = "always",
): ContentRow | null {
  const row = sql.get(
    `SELECT content.key, content.id, content.size, ${STRUCTURE} AS structure, outline.content IS NOT NULL AS outlined,
       ${bytes === "always" ? "bytes" : `iif(${STRUCTURE} IS NULL, bytes, NULL) AS bytes`}
     FROM message JOIN content ON content.key = message.content LEFT JOIN outline ON outline.content = message.content
     WHERE mailbox = ? AND uid = ?`,
    ...[mailbox, uid],
  );
  return row ? toContentRow(row) : null;
}

/** The content of the highest key up to this one, whose outline is not kept; null when there is none. */
export function contentWithoutOutline(sql: Statements, upTo: number): ContentRow | null {
  const row = sql.get(
    `SELECT key, id, size, structure, 0 AS outlined, bytes FROM content
     WHERE key <= ? AND NOT EXISTS (SELECT 1 FROM outline WHERE outline.content = content.key) ORDER BY key DESC LIMIT 1`,
    upTo,
  );
  return row ? toContentRow(row) : null;
}

function toContentRow(row: Row): ContentRow {
  return {
    key: Number(row["key"]),
    id: String(row["id"]),
    size: Number(row["size"]),
    bytes: bytesOf(row),
    structure: typeof row["structure"] === "string" ? row["structure"] : null,
    isOutlined: row["outlined"] === 1,
  };
}

export function bytesOf(row: Row | undefined, column = "bytes"): Uint8Array | null {
  const value = row?.[column];
  return value instanceof Uint8Array ? value : null;
}
