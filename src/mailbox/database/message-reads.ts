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
import { bytesOf, type ContentRow, contentOfMessage, contentWithoutOutline } from "./message-rows.ts";
import { MessageSearch } from "./message-search.ts";
import { outlinesDue } from "./outline-rows.ts";
import type { Statements } from "./statements.ts";

/** Characters or octets from which on an answer has enough of them. */
const ANSWER = 262_144;
/** Outlines that are found for one answer. */
const OUTLINES_AT_ONCE = 100;

type Structure = Calls["structures"]["reply"]["structures"][number];

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
    const { id: box } = openMailbox(this.#sql, mailbox);
    const contents: Calls["contents"]["reply"]["contents"][number][] = [];
    const octets = new Pieces();
    let asked = 0;
    for (const uid of uids) {
      if (octets.size >= ANSWER) break;
      asked += 1;
      const row = this.#sql.get(
        `SELECT content.id, content.size, bytes FROM message JOIN content ON content.key = message.content
         WHERE mailbox = ? AND uid = ?`,
        ...[box, uid],
      );
      if (!row) continue;
      const bytes = bytesOf(row);
      contents.push({ uid, id: String(row["id"]), size: Number(row["size"]), end: bytes && octets.add(bytes) });
    }
    return { contents, octets: octets.together(), asked };
  }

  structures({ session, ...request }: Calls["structures"]["request"]): Promise<Calls["structures"]["reply"]> {
    return this.#turns.run(session, (turn) => this.#structures(request, turn));
  }

  async #structures({ mailbox, uids }: InMailbox, turn: Turn): Promise<Calls["structures"]["reply"]> {
    const structures: Structure[] = [];
    const found: KeptOutline[] = [];
    const { id: box } = openMailbox(this.#sql, mailbox);
    let size = 0;
    let asked = 0;
    for (const uid of uids) {
      if (size >= ANSWER) break;
      asked += 1;
      const row = contentOfMessage(this.#sql, { mailbox: box, uid }, "without structure");
      const outline = row?.structure === null ? await this.#outlineOf(row, turn) : null;
      const text = row?.structure ?? outline?.structure;
      if (!row || text === undefined) continue;
      if (outline) found.push({ key: row.key, outline });
      structures.push({ uid, text });
      size += text.length;
    }
    return { structures, found, asked };
  }

  headers({ session, ...request }: Calls["headers"]["request"]): Promise<Calls["headers"]["reply"]> {
    return this.#turns.run(session, (turn) => this.#headers(request, turn));
  }

  async #headers(
    { mailbox, uids, fields }: Omit<Calls["headers"]["request"], "session">,
    turn: Turn,
  ): Promise<Calls["headers"]["reply"]> {
    const areCommon = fields.every((name) => COMMON_FIELDS.has(name));
    const { id: box } = openMailbox(this.#sql, mailbox);
    const [found, ends]: [number[], number[]] = [[], []];
    const octets = new Pieces();
    let asked = 0;
    for (const uid of uids) {
      if (octets.size >= ANSWER) break;
      const rest = turn.rest();
      if (rest) await rest;
      asked += 1;
      const header = (areCommon && this.#commonFields(box, uid)) || (await this.#header(box, uid, turn));
      if (!header) continue;
      found.push(uid);
      ends.push(octets.add(header));
    }
    return { uids: found, ends, octets: octets.together(), asked };
  }

  #commonFields(mailbox: number, uid: number): Uint8Array | null {
    return bytesOf(
      this.#sql.get(
        `SELECT fields FROM message JOIN outline ON outline.content = message.content WHERE mailbox = ? AND uid = ?`,
        ...[mailbox, uid],
      ),
      "fields",
    );
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
