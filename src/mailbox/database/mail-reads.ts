/** Reads mailboxes on the store's reading thread. */
import { closeSync, openSync, readSync } from "node:fs";
import { MailboxError, type MailboxStatus, type TextQuery } from "../../protocols/mailbox.ts";
import { parseStructure, type ReadRange } from "../message/parse-structure.ts";
import { structureFromText, structureToText } from "../message/structure-text.ts";
import { matches } from "../message/text-search.ts";
import { contentFile, spoolFile } from "../store/data-folder.ts";
import type {
  AnalyseRequest,
  Calls,
  ListRow,
  MailboxName,
  MessageContentRow,
  ScriptRow,
} from "../store/store-calls.ts";
import { SUMMARY_COLUMNS, type SummaryColumns, toColumns } from "../store/summary-columns.ts";
import { accountId, openMailbox, selectableNamed } from "./account-rows.ts";
import { FairTurns, type Turn } from "./fair-turns.ts";
import { DELETED_BIT, SEEN_BIT } from "./flag-bits.ts";
import { canonicalName } from "./mailbox-names.ts";
import type { Row, Statements } from "./statements.ts";

/** Octets of a message that are taken at once. */
const PIECE = 65_536;
/** Characters of structures from which on an answer has enough of them. */
const STRUCTURES_AT_ONCE = 262_144;

type StructureRow = Calls["structures"]["reply"]["structures"][number];

interface ContentRow extends MessageContentRow {
  /** Null when it is not known yet. */
  readonly structure: string | null;
}

export class MailReads {
  readonly #sql: Statements;
  readonly #directory: string;
  /** Messages are read in turns. */
  readonly #turns = new FairTurns();

  constructor(sql: Statements, directory: string) {
    this.#sql = sql;
    this.#directory = directory;
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

  message({ mailbox, uid }: Calls["message"]["request"]): MessageContentRow {
    const row = this.#contentOf({ mailbox, uid });
    if (!row) throw new MailboxError("message-missing", "The message was expunged.");
    return { id: row.id, size: row.size, bytes: row.bytes };
  }

  structures({ session, ...request }: Calls["structures"]["request"]): Promise<Calls["structures"]["reply"]> {
    return this.#turns.run(session, (turn) => this.#structures(request, turn));
  }

  async #structures({ mailbox, uids }: InMailbox, turn: Turn): Promise<Calls["structures"]["reply"]> {
    const structures: StructureRow[] = [];
    let size = 0;
    let asked = 0;
    for (const uid of uids) {
      if (size >= STRUCTURES_AT_ONCE) break;
      asked += 1;
      const row = this.#contentOf({ mailbox, uid }, "iif(structure IS NULL, bytes, NULL) AS bytes");
      const structure = row && (await this.#structureOf(row, turn));
      if (!structure) continue;
      structures.push({ uid, id: row.id, ...structure });
      size += structure.text.length;
    }
    return { structures, asked };
  }

  analyse({ id, size, bytes }: AnalyseRequest): Promise<string> {
    return this.#turns.run(null, async (turn) => {
      const read = bytes ? slices(bytes, turn) : fileRange(spoolFile(this.#directory, id), turn);
      return structureToText(await parseStructure(read, size));
    });
  }

  matching({ mailbox, session, uids, query }: Calls["matching"]["request"]): Promise<number[]> {
    return this.#turns.run(session, async (turn) => {
      const found: number[] = [];
      // One at a time: contents may be large together.
      for (const uid of uids) {
        const row = this.#contentOf({ mailbox, uid });
        if (row && (await this.#matches(query, row, turn))) found.push(uid);
      }
      return found;
    });
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

  #contentOf({ mailbox, uid }: { readonly mailbox: number; readonly uid: number }, bytes = "bytes"): ContentRow | null {
    const { id } = openMailbox(this.#sql, mailbox);
    const row = this.#sql.get(
      `SELECT content.id, content.size, structure, ${bytes} FROM message JOIN content ON content.key = message.content
       WHERE mailbox = ? AND uid = ?`,
      ...[id, uid],
    );
    if (!row) return null;
    const structure = typeof row["structure"] === "string" ? row["structure"] : null;
    return { id: String(row["id"]), size: Number(row["size"]), bytes: bytesOf(row), structure };
  }

  /** Null when the message has been expunged meanwhile. */
  async #structureOf(row: ContentRow, turn: Turn): Promise<{ readonly text: string; readonly found: boolean } | null> {
    if (row.structure !== null) return { text: row.structure, found: false };
    try {
      return { text: structureToText(await parseStructure(this.#rangesOf(row, turn), row.size)), found: true };
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  async #matches(query: TextQuery, row: ContentRow, turn: Turn): Promise<boolean> {
    const structure = await this.#structureOf(row, turn);
    if (!structure) return false;
    try {
      const message = { structure: structureFromText(structure.text), read: this.#rangesOf(row, turn) };
      return await matches(query, { ...message, rest: () => turn.rest() });
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  #rangesOf({ id, bytes }: MessageContentRow, turn: Turn): ReadRange {
    return bytes ? slices(bytes, turn) : fileRange(contentFile(this.#directory, id), turn);
  }
}

interface InMailbox {
  readonly mailbox: number;
  readonly uids: readonly number[];
}

function slices(bytes: Uint8Array, turn: Turn): ReadRange {
  return async function* (start, end) {
    for (let at = start; at < end; at += PIECE) {
      const rest = turn.rest();
      if (rest) await rest;
      yield bytes.subarray(at, Math.min(at + PIECE, end));
    }
  };
}

/** The file is read when its turn is, and by this thread: that is what it is for. */
function fileRange(file: string, turn: Turn): ReadRange {
  return async function* (start, end) {
    const descriptor = openSync(file, "r");
    try {
      for (let at = start; at < end; at += PIECE) {
        const rest = turn.rest();
        if (rest) await rest;
        const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, end - at));
        const length = readSync(descriptor, piece, 0, piece.length, at);
        if (length === 0) return;
        yield piece.subarray(0, length);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

function bytesOf(row: Row | undefined): Uint8Array | null {
  return row?.["bytes"] instanceof Uint8Array ? row["bytes"] : null;
}

/** Expunged, and its file removed, since the row was read. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
