/** Finds messages by their texts: in what is kept for that where it can tell, else in the messages themselves. */
import type { TextQuery } from "../../protocols/mailbox.ts";
import { COMMON_FIELDS } from "../message/common-fields.ts";
import type { ReadRange } from "../message/parse-structure.ts";
import type { SearchTextName } from "../message/search-texts.ts";
import { structureFromText } from "../message/structure-text.ts";
import { fold } from "../message/text-finder.ts";
import { type FieldQuery, headerMatches, isFieldQuery, matches, nameOf } from "../message/text-search.ts";
import { isGone } from "./content-ranges.ts";
import type { Turn } from "./fair-turns.ts";
import { bytesOf, type ContentRow, contentOfMessage } from "./message-rows.ts";
import type { Statements } from "./statements.ts";

export interface SearchedMailbox {
  /** Its row. */
  readonly mailbox: number;
  readonly query: TextQuery;
  readonly turn: Turn;
  readonly rangesOf: (row: ContentRow) => ReadRange;
  /** As text; null when the message is gone. */
  readonly structureOf: (row: ContentRow) => Promise<string | null>;
}

/** Messages that SQLite is asked about at once: a millisecond at worst, together with the lengths below. */
const ASKED_AT_ONCE = 250;
/** Octets of a text that SQLite looks for: it compares all of it at each place of what it looks into. */
const LONGEST = 256;

const COLUMNS: Readonly<Record<SearchTextName, string>> = {
  subject: "subject",
  from: "sender",
  to: "recipient",
  cc: "cc",
  bcc: "bcc",
};

export class MessageSearch {
  readonly #sql: Statements;
  readonly #in: SearchedMailbox;

  constructor(sql: Statements, searched: SearchedMailbox) {
    this.#sql = sql;
    this.#in = searched;
  }

  /** Which of these messages fit; in their order. */
  async matching(uids: readonly number[]): Promise<number[]> {
    const { query, turn } = this.#in;
    const texts = isFieldQuery(query) ? keptTexts(query) : null;
    const found: number[] = [];
    const asked = texts ? ASKED_AT_ONCE : 1;
    for (let from = 0; from < uids.length; from += asked) {
      const rest = turn.rest();
      if (rest) await rest;
      const some = uids.slice(from, from + asked);
      const open = texts ? this.#ofKept(texts, some) : some.map((uid) => ({ uid, isFound: false }));
      for (const { uid, isFound } of open) if (isFound || (await this.#matches(uid))) found.push(uid);
    }
    return found;
  }

  /** Those that have the text, and those of which it cannot be said. */
  #ofKept({ column, text }: KeptTexts, uids: readonly number[]): { readonly uid: number; readonly isFound: boolean }[] {
    const rows = this.#sql.all(
      `SELECT message.uid, search_text.${column} IS NOT NULL AS found
       FROM json_each(:uids) AS asked CROSS JOIN message ON message.mailbox = :mailbox AND message.uid = asked.value
         LEFT JOIN search_text ON search_text.content = message.content
       WHERE search_text.${column} IS NULL OR instr(search_text.${column}, :text)`,
      { uids: JSON.stringify(uids), mailbox: this.#in.mailbox, text },
    );
    return rows.map((row) => ({ uid: Number(row["uid"]), isFound: row["found"] === 1 }));
  }

  /** One at a time: messages may be large together. */
  async #matches(uid: number): Promise<boolean> {
    const { query, turn, mailbox } = this.#in;
    const fields = isFieldQuery(query) && COMMON_FIELDS.has(nameOf(query)) ? this.#fieldsOf(uid) : null;
    if (fields && isFieldQuery(query)) return headerMatches(query, fields, () => turn.rest());
    const row = contentOfMessage(this.#sql, { mailbox, uid });
    const structure = row && (await this.#in.structureOf(row));
    if (!structure) return false;
    try {
      const read = this.#in.rangesOf(row);
      const message = { structure: structureFromText(structure), read, bytes: row.bytes };
      return await matches(query, { ...message, rest: () => turn.rest() });
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  #fieldsOf(uid: number): Buffer | null {
    const row = this.#sql.get(
      "SELECT fields FROM message JOIN outline ON outline.content = message.content WHERE mailbox = ? AND uid = ?",
      ...[this.#in.mailbox, uid],
    );
    const fields = bytesOf(row, "fields");
    return fields && Buffer.from(fields.buffer, fields.byteOffset, fields.byteLength);
  }
}

interface KeptTexts {
  readonly column: string;
  /** Folded as they are. */
  readonly text: string;
}

/** Null where the texts that are kept cannot answer: an empty one is in any field, and they are empty where there is none. */
function keptTexts(query: FieldQuery): KeptTexts | null {
  const name = nameOf(query);
  const isKept =
    query.in === "header" ? name === "subject" : name === "from" || name === "to" || name === "cc" || name === "bcc";
  const text = fold(query.text);
  if (!isKept || text === "" || Buffer.byteLength(text) > LONGEST || !text.isWellFormed()) return null;
  return { column: COLUMNS[name as SearchTextName], text };
}
