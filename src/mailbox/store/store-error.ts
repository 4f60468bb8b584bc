/** What can go wrong in the store, and what each means to the caller. */
export type StoreErrorCode =
  /** No room: disk, quota, or the size that the database may have. Room may come back. */
  | "store-full"
  /** Another program holds the database locked. */
  | "store-busy"
  /** The folder, or the database in it, cannot be written to: a read-only disk, or another owner. */
  | "store-unwritable"
  /** The database is none, or a damaged one. */
  | "store-damaged"
  /** The operating system or SQLite reported another error. */
  | "store-failed"
  /** Another server keeps its mail in this folder. */
  | "store-in-use"
  /** Opened for reading where nothing has been stored yet. */
  | "store-missing"
  /** A newer version made the database. */
  | "store-version"
  /** Called after `close()`. */
  | "store-closed"
  /** `content()` of an id that is not there. */
  | "message-missing"
  /** The body ended with an error or was destroyed before its end; nothing is kept of it. */
  | "body-incomplete";

/** An error of the store; the message says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}

/** Result codes of SQLite (https://www.sqlite.org/rescode.html). The low byte is the primary code. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_SHMSIZE = 4874;

type Kind = "store-full" | "store-busy" | "store-unwritable" | "store-damaged" | "store-failed";

/** What is wrong, and what to do about it. */
const WORDS: Readonly<Record<Kind, readonly [problem: string, advice: string]>> = {
  "store-full": ["No room to store mail", "free space on the data folder's disk"],
  "store-busy": ["Another program holds the mail database locked", "end its transaction"],
  "store-unwritable": [
    "The mail store cannot be written to",
    "mount its file system for writing, give the folder and what is in it to this user, or choose another folder with --data",
  ],
  "store-damaged": [
    "The mail database is damaged",
    "restore a backup of the data folder, or choose another with --data",
  ],
  "store-failed": ["The mail store failed", "see the data folder's disk, owner and modes"],
};

/** Puts an error of SQLite or of the file system into the store's own terms. @param directory the data folder */
export function toStoreError(error: unknown, directory?: string): StoreError {
  if (error instanceof StoreError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const kind = kindOf(error);
  const [problem, advice] = WORDS[kind];
  const where = directory === undefined ? "" : ` in ${directory}`;
  return new StoreError(kind, `${problem}${where} (${detail}); ${advice}.`, { cause: error });
}

const KINDS_OF_SQLITE: ReadonlyMap<number, Kind> = new Map([
  [SQLITE_FULL, "store-full"],
  [SQLITE_BUSY, "store-busy"],
  [SQLITE_LOCKED, "store-busy"],
  [SQLITE_READONLY, "store-unwritable"],
  [SQLITE_CORRUPT, "store-damaged"],
  [SQLITE_NOTADB, "store-damaged"],
]);

const KINDS_OF_SYSTEM: ReadonlyMap<unknown, Kind> = new Map([
  ["ENOSPC", "store-full"],
  ["EDQUOT", "store-full"],
  ["EROFS", "store-unwritable"],
  ["EACCES", "store-unwritable"],
  ["EPERM", "store-unwritable"],
]);

function kindOf(error: unknown): Kind {
  if (!(error instanceof Error)) return "store-failed";
  if ("errcode" in error && typeof error.errcode === "number") {
    if (error.errcode === SQLITE_IOERR_SHMSIZE) return "store-full";
    return KINDS_OF_SQLITE.get(error.errcode & 0xff) ?? "store-failed";
  }
  return KINDS_OF_SYSTEM.get("code" in error ? error.code : undefined) ?? "store-failed";
}
