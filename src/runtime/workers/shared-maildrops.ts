import { type MaildropLocks, maildropKey } from "../../protocols/maildrop-locks.ts";
import { SharedTable, type TableMemory, tableMemory } from "../shared/shared-table.ts";

/** Maildrops that sessions have at once, over all threads. Memory that was never written to takes no room. */
const mostMaildrops = 65_536;

export function maildropsMemory(): TableMemory {
  return tableMemory({ rows: mostMaildrops, width: 1 });
}

/** Maildrops that sessions of all threads have; each knows which thread's it is, so that a dead thread keeps none. */
export class SharedMaildrops implements MaildropLocks {
  readonly #table: SharedTable;
  /** What a row holds while it is this thread's. */
  readonly #own: number;

  constructor(memory: TableMemory, thread: number) {
    this.#table = new SharedTable(memory, thread);
    this.#own = thread + 1;
  }

  take(account: string): boolean {
    const key = maildropKey(account);
    const table = this.#table;
    return table.alone(() => {
      // A thread may have ended right after it had made the row.
      if (table.find(key)?.[0]) return false;
      const row = table.makeUnlessFull(key);
      if (row) row[0] = this.#own;
      return row !== null;
    });
  }

  release(account: string): void {
    const key = maildropKey(account);
    this.#table.alone(() => {
      if (this.#table.find(key)?.[0] === this.#own) this.#table.remove(key);
    });
  }

  has(account: string): boolean {
    return this.#table.alone(() => Boolean(this.#table.find(maildropKey(account))?.[0]));
  }

  entries(): Iterable<string> {
    const accounts: string[] = [];
    this.#table.alone(() =>
      this.#table.forEach((row, key) => {
        if (row[0]) accounts.push(key);
      }),
    );
    return accounts;
  }

  /** Gives back all that a thread had taken, which has ended. */
  giveBackAllOf(thread: number): void {
    this.#table.releaseOf(thread);
    this.#table.alone(() => {
      const left: string[] = [];
      this.#table.forEach((row, key) => {
        if (row[0] === thread + 1) left.push(key);
      });
      for (const key of left) this.#table.remove(key);
    });
  }
}
