/** Flags as bits: 0 to 4 are the system flags, the others the mailbox's keywords. */
import type { MailboxLimits } from "../../protocols/mailbox.ts";
import { isKeyword, SYSTEM_FLAGS, tooManyKeywords } from "./flags.ts";
import type { Statements } from "./statements.ts";

export const DELETED_BIT = 2 ** SYSTEM_FLAGS.indexOf("\\Deleted");
export const SEEN_BIT = 2 ** SYSTEM_FLAGS.indexOf("\\Seen");
/** Bits of the system flags. */
export const SYSTEM_BITS = 2 ** SYSTEM_FLAGS.length - 1;
/** How many fit into a double next to the system flags. */
export const MAX_KEYWORDS = 53 - SYSTEM_FLAGS.length;

/** The mailbox's keywords by bit, the first keyword at 0. */
export function keywordsOf(sql: Statements, mailbox: number): string[] {
  return sql.all("SELECT name FROM keyword WHERE mailbox = ? ORDER BY bit", mailbox).map((row) => String(row["name"]));
}

/** A mailbox's keywords, which grow as they are used. */
export class KeywordBits {
  readonly #sql: Statements;
  readonly #mailbox: number;
  readonly #limits: MailboxLimits;
  readonly names: string[];

  constructor(sql: Statements, { mailbox, limits }: { readonly mailbox: number; readonly limits: MailboxLimits }) {
    this.#sql = sql;
    this.#mailbox = mailbox;
    this.#limits = limits;
    this.names = keywordsOf(sql, mailbox);
  }

  /**
   * @param make Keywords that the mailbox does not know are made; else they are left out.
   * @throws MailboxError `too-many-keywords`
   */
  bitsOf(flags: readonly string[], { make }: { readonly make: boolean }): number {
    const bits = flags.map((flag) => {
      if (!isKeyword(flag)) return SYSTEM_FLAGS.indexOf(flag);
      const known = this.names.findIndex((name) => name.toLowerCase() === flag.toLowerCase());
      if (known >= 0) return SYSTEM_FLAGS.length + known;
      return make ? SYSTEM_FLAGS.length + this.#make(flag) : -1;
    });
    return [...new Set(bits)].reduce((sum, bit) => (bit < 0 ? sum : sum + 2 ** bit), 0);
  }

  #make(name: string): number {
    const bit = this.names.length;
    if (bit >= Math.min(this.#limits.maxKeywords, MAX_KEYWORDS)) throw tooManyKeywords(this.#limits);
    this.#sql.run("INSERT INTO keyword (mailbox, bit, name) VALUES (?, ?, ?)", this.#mailbox, bit, name);
    this.names.push(name);
    return bit;
  }
}

/** @param keywords By bit. @returns system flags first, then keywords, each in the order of their names. */
export function flagsOf(bits: number, keywords: readonly string[]): string[] {
  const has = (bit: number) => Math.floor(bits / 2 ** bit) % 2 === 1;
  const system = SYSTEM_FLAGS.filter((_, bit) => has(bit));
  if (bits <= SYSTEM_BITS) return system;
  return [...system, ...keywords.filter((_, index) => has(SYSTEM_FLAGS.length + index)).sort()];
}
