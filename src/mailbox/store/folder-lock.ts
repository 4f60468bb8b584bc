import { DatabaseSync } from "node:sqlite";
import { lockFile } from "./data-folder.ts";
import { StoreError, toStoreError } from "./store-error.ts";

/** How long another server may take to see that the folder is taken, in milliseconds. */
const joinTimeout = 2_000;

/**
 * Holds the folder for this process: two servers would remove each other's spool files, and clients would see one
 * server's mail under the other's name.
 *
 * The lock is on a SQLite file of its own: the kernel gives it back however the process ends, and the database itself stays
 * readable for others. Whoever takes the folder has it alone at first (`isAlone`), and may tidy it up; then it is shared,
 * so that a successor can join (an upgrade in place), and nobody else: to take it, one has to be alone.
 */
export class FolderLock {
  readonly #file: DatabaseSync;
  /** A read that never ends keeps SQLite's shared lock. */
  #read: Iterator<unknown> | null = null;

  /** @throws StoreError `store-in-use` */
  static take(directory: string): FolderLock {
    return new FolderLock(directory, { timeout: 0, begin: "BEGIN EXCLUSIVE" });
  }

  /** Beside the server that this process is to succeed. @throws StoreError */
  static join(directory: string): FolderLock {
    const lock = new FolderLock(directory, { timeout: joinTimeout, begin: "BEGIN" });
    lock.share();
    return lock;
  }

  private constructor(directory: string, { timeout, begin }: { readonly timeout: number; readonly begin: string }) {
    const file = lockFile(directory);
    this.#file = new DatabaseSync(file, { timeout });
    try {
      this.#file.exec(`PRAGMA journal_mode = MEMORY; ${begin}`);
    } catch (error) {
      this.#file.close();
      const reason = toStoreError(error, directory);
      if (reason.code !== "store-busy") throw reason;
      throw new StoreError(
        "store-in-use",
        `Another server uses the data folder ${directory} (it holds ${file}); stop it, or choose another folder with --data.`,
      );
    }
  }

  get isAlone(): boolean {
    return this.#read === null;
  }

  /** From here on a successor can join. */
  share(): void {
    // Two rows, so that the first one does not end it.
    const rows = this.#file.prepare("SELECT count(*) FROM sqlite_schema UNION ALL SELECT 0").iterate();
    rows.next();
    this.#file.exec("COMMIT");
    this.#read = rows;
  }

  close(): void {
    this.#read = null;
    this.#file.close();
  }
}
