/** Reads messages on the store's reading thread: sessions take turns. */
import { MailboxError } from "../../protocols/mailbox.ts";
import { COMMON_FIELDS } from "../message/common-fields.ts";
import { type Outline, outlineOf, readHeader } from "../message/outline.ts";
import type { ReadRange } from "../message/parse-structure.ts";
import { structureFromText } from "../message/structure-text.ts";
import { contentFile, spoolFile } from "../store/data-folder.ts";
import type { AnalyseRequest, Calls, KeptOutline, MessageContentRow } from "../store/store-calls.ts";
import { openMailbox } from "./account-rows.ts";
import { fileRange, isGone, slices } from "./content-ranges.ts";
import { FairTurns, type Turn } from "./fair-turns.ts";
import { ASKED, bytesOf, type ContentRow, contentOfMessage, contentWithoutOutline } from "./message-rows.ts";
import { MessageSearch } from "./message-search.ts";
import { keptInOutlines, outlinesDue } from "./outline-rows.ts";
import type { Statements } from "./statements.ts";

/** Characters or octets from which on an answer has enough of them. */
const ANSWER = 262_144;
/** Outlines that are found for one answer. */
const OUTLINES_AT_ONCE = 100;

export class MessageReads {
  readonly #sql: Statements;
  readonly #directory: string;
  readonly #turns = new FairTurns();

  constructor(sql: Statements, directory: string) {
    this.#sql = sql;
    this.#directory = directory;
  }

  message({ mailbox, uid }: Calls["message"]["request"]): MessageContentRow {
    const row = contentOfMessage(this.#sql, { mailbox: openMailbox(this.#sql, mailbox).id, uid });
    if (!row) throw new MailboxError("message-missing", "The message was expunged.");
    return { id: row.id, size: row.size, bytes: row.bytes };
  }

  contents({ mailbox, uids }: Calls["contents"]["request"]): Calls["contents"]["reply"] {
    const contents: Calls["contents"]["reply"]["contents"][number][] = [];
    const octets = new Pieces();
    const rows = this.#sql.iterate(
      `SELECT message.uid, content.id, content.size, bytes
       FROM ${ASKED} JOIN content ON content.key = message.content`,
      { mailbox: openMailbox(this.#sql, mailbox).id, uids: JSON.stringify(uids) },
    );
    for (const row of rows) {
      const [uid, size, bytes] = [Number(row["uid"]), Number(row["size"]), bytesOf(row)];
      contents.push({ uid, id: String(row["id"]), size, end: bytes && octets.add(bytes) });
      if (octets.size >= ANSWER) return { contents, octets: octets.together(), asked: uids.indexOf(uid) + 1 };
    }
    return { contents, octets: octets.together(), asked: uids.length };
  }

  structures({ session, ...request }: Calls["structures"]["request"]): Promise<Calls["structures"]["reply"]> {
    return this.#turns.run(session, (turn) => this.#structures(request, turn));
  }

  async #structures({ mailbox, uids }: InMailbox, turn: Turn): Promise<Calls["structures"]["reply"]> {
    const found: KeptOutline[] = [];
    const { id: box } = openMailbox(this.#sql, mailbox);
    const kept = keptInOutlines(this.#sql, { mailbox: box, uids, column: "structure", most: ANSWER });
    const [described, texts]: [number[], string[]] = [[], []];
    let size = 0;
    for (const { uid, value } of kept.rows) {
      const text = typeof value === "string" ? value : await this.#foundStructure({ mailbox: box, uid }, found, turn);
      if (text === null) continue;
      described.push(uid);
      texts.push(text);
      size += text.length;
      if (size >= ANSWER) return { uids: described, texts: `[${texts}]`, found, asked: uids.indexOf(uid) + 1 };
    }
    return { uids: described, texts: `[${texts}]`, found, asked: kept.asked };
  }

  /** Of a message without an outline; null when it is gone. */
  async #foundStructure(
    message: { readonly mailbox: number; readonly uid: number },
    found: KeptOutline[],
    turn: Turn,
  ): Promise<string | null> {
    const row = contentOfMessage(this.#sql, message, "without structure");
    if (!row || row.structure !== null) return row?.structure ?? null;
    const outline = await this.#outlineOf(row, turn);
    if (outline) found.push({ key: row.key, outline });
    return outline?.structure ?? null;
  }

  headers({ session, ...request }: Calls["headers"]["request"]): Promise<Calls["headers"]["reply"]> {
    return this.#turns.run(session, (turn) => this.#headers(request, turn));
  }

  async #headers(
    { mailbox, uids, fields }: Omit<Calls["headers"]["request"], "session">,
    turn: Turn,
  ): Promise<Calls["headers"]["reply"]> {
    const { id: box } = openMailbox(this.#sql, mailbox);
    const kept = fields.every((name) => COMMON_FIELDS.has(name))
      ? keptInOutlines(this.#sql, { mailbox: box, uids, column: "fields", most: ANSWER })
      : { rows: uids.map((uid) => ({ uid, value: null })), asked: uids.length };
    const [found, ends]: [number[], number[]] = [[], []];
    const octets = new Pieces();
    for (const { uid, value } of kept.rows) {
      const header = value instanceof Uint8Array ? value : await this.#restedHeader(box, uid, turn);
      if (!header) continue;
      found.push(uid);
      ends.push(octets.add(header));
      if (octets.size >= ANSWER) {
        return { uids: found, ends, octets: octets.together(), asked: uids.indexOf(uid) + 1 };
      }
    }
    return { uids: found, ends, octets: octets.together(), asked: kept.asked };
  }

  async #restedHeader(mailbox: number, uid: number, turn: Turn): Promise<Uint8Array | null> {
    const rest = turn.rest();
    if (rest) await rest;
    return this.#header(mailbox, uid, turn);
  }

  async #header(mailbox: number, uid: number, turn: Turn): Promise<Uint8Array | null> {
    const row = contentOfMessage(this.#sql, { mailbox, uid });
    const structure = row && (row.structure ?? (await this.#outlineOf(row, turn))?.structure);
    if (!row || !structure) return null;
    return whileThere(() => readHeader(structureFromText(structure).root.header, this.#rangesOf(row, turn)));
  }

  analyse({ id, size, bytes }: AnalyseRequest): Promise<Outline> {
    return this.#turns.run(null, (turn) => {
      return outlineOf(bytes ? slices(bytes, turn) : fileRange(spoolFile(this.#directory, id), turn), size);
    });
  }

  outlinesDue(): Promise<Calls["outlinesDue"]["reply"]> {
    return this.#turns.run(null, async (turn) => {
      const outlines: KeptOutline[] = [];
      let due = outlinesDue(this.#sql);
      while (due > 0 && outlines.length < OUTLINES_AT_ONCE) {
        const row = contentWithoutOutline(this.#sql, due);
        due = row ? row.key - 1 : 0;
        // One that cannot be read now is left for when somebody asks.
        const outline = row && (await this.#outlineOf(row, turn).catch(() => null));
        if (outline) outlines.push({ key: row.key, outline });
      }
      return { outlines, due };
    });
  }

  matching({ mailbox, session, uids, query }: Calls["matching"]["request"]): Promise<number[]> {
    return this.#turns.run(session, (turn) => {
      const { id: box } = openMailbox(this.#sql, mailbox);
      return new MessageSearch(this.#sql, {
        mailbox: box,
        query,
        turn,
        rangesOf: (row) => this.#rangesOf(row, turn),
        structureOf: async (row) => row.structure ?? (await this.#outlineOf(row, turn))?.structure ?? null,
      }).matching(uids);
    });
  }

  /** Null when the message has been expunged meanwhile. */
  #outlineOf(row: ContentRow, turn: Turn): Promise<Outline | null> {
    return whileThere(() => outlineOf(this.#rangesOf(row, turn), row.size, row.structure));
  }

  #rangesOf({ id, bytes }: MessageContentRow, turn: Turn): ReadRange {
    return bytes ? slices(bytes, turn) : fileRange(contentFile(this.#directory, id), turn);
  }
}

interface InMailbox {
  readonly mailbox: number;
  readonly uids: readonly number[];
}

/** Octets of several messages, on their way in one piece. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  size = 0;

  /** @returns where the piece ends. */
  add(piece: Uint8Array): number {
    this.#pieces.push(piece);
    this.size += piece.length;
    return this.size;
  }

  /** In memory of its own, which a pool is not. */
  together(): Uint8Array {
    const all = Buffer.allocUnsafeSlow(this.size);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** Null when the message was removed while it was read. */
async function whileThere<Result>(read: () => Promise<Result>): Promise<Result | null> {
  try {
    return await read();
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}
