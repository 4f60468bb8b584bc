/**
 * The data folder:
 *
 * | name | holds |
 * |---|---|
 * | `mail.sqlite` (and `-wal`, `-shm`) | accounts, mailboxes, messages, content of up to 64 KiB |
 * | `messages/<id>.eml` | larger content, one file each |
 * | `spool/` | larger content on its way in; whatever is here when a server starts was never acknowledged |
 * | `lock` | held by the one process that writes, as long as it lives |
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncDirectory } from "./sync-directory.ts";

export const databaseFile = (directory: string): string => join(directory, "mail.sqlite");
export const lockFile = (directory: string): string => join(directory, "lock");
export const spoolFile = (directory: string, id: string): string => join(directory, "spool", `${id}.part`);
export const contentFile = (directory: string, id: string): string => join(directory, "messages", `${id}.eml`);

const { R_OK, W_OK, X_OK } = constants;

/** Makes what is missing of the folder, for its owner only. @throws the system's error for what cannot be written to */
export function prepareFolder(directory: string): void {
  for (const path of [directory, join(directory, "spool"), join(directory, "messages")]) makeFolder(path);
  for (const file of [databaseFile(directory), lockFile(directory)]) {
    createPrivate(file);
    // SQLite would open it for reading alone, and fail at the first message.
    accessSync(file, R_OK | W_OK);
  }
  syncDirectory(directory);
  syncDirectory(dirname(directory));
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a read-only file system mkdir with `recursive` says ENOENT.
    let folder = path;
    while (!existsSync(folder)) folder = dirname(folder);
    accessSync(folder, R_OK | W_OK | X_OK);
    throw error;
  }
  accessSync(path, R_OK | W_OK | X_OK);
}

/** Removes content that was on its way in when the last server ended. */
export function emptySpool(directory: string): void {
  const spool = join(directory, "spool");
  for (const name of readdirSync(spool)) rmSync(join(spool, name), { force: true, recursive: true });
}

/** Removes files of content whose transaction never came to be. @param isKept says whether the database knows an id. */
export function removeOrphans(directory: string, isKept: (id: string) => boolean): void {
  const messages = join(directory, "messages");
  for (const name of readdirSync(messages)) {
    if (name.endsWith(".eml") && !isKept(name.slice(0, -".eml".length))) rmSync(join(messages, name), { force: true });
  }
}

/** SQLite makes its files by the umask; one that is there already keeps its mode, and `-wal` and `-shm` take it over. */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    // Never opened when it is there: closing any descriptor of a file drops the process's locks on it (fcntl(2)).
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
