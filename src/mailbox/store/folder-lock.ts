import { DatabaseSync } from "node:sqlite";
import { lockFile } from "./data-folder.ts";
import { StoreError, toStoreError } from "./store-error.ts";

/**
 * Takes the folder for this process: two servers would remove each other's spool files, and clients would see one
 * server's mail under the other's name.
 *
 * The lock is an exclusive transaction that never ends, on a SQLite file of its own: the kernel gives it back however
 * the process ends, and the database itself stays readable for others.
 * @throws StoreError `store-in-use`
 */
export function lockFolder(directory: string): DatabaseSync {
  const file = lockFile(directory);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const reason = toStoreError(error, directory);
    if (reason.code !== "store-busy") throw reason;
    throw new StoreError(
      "store-in-use",
      `Another server uses the data folder ${directory} (it holds ${file}); stop it, or choose another folder with --data.`,
    );
  }
}
