/** What can go wrong in the store, and what each means to whoever called. */
export type StoreErrorCode =
  /** No room: disk, quota, or the size that the database may have. Room may come back. */
  | "store-full"
  /** Another program holds the database locked. */
  | "store-busy"
  /** The operating system or SQLite reported another error: read-only, I/O, permissions, damage. */
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
const SQLITE_FULL = 13;
const SQLITE_IOERR_SHMSIZE = 4874;

/** Puts an error of SQLite or of the file system into the store's own terms. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  switch (kindOf(error)) {
    case "store-full":
      return new StoreError("store-full", `No room to store mail (${detail}); free space on the data folder's disk.`, {
        cause: error,
      });
    case "store-busy":
      return new StoreError(
        "store-busy",
        `Another program holds the mail database locked (${detail}); end its transaction.`,
        { cause: error },
      );
    default:
      return new StoreError(
        "store-failed",
        `The mail store failed (${detail}); see the data folder's disk, owner and modes.`,
        { cause: error },
      );
  }
}

function kindOf(error: unknown): "store-full" | "store-busy" | "store-failed" {
  if (!(error instanceof Error)) return "store-failed";
  if ("errcode" in error && typeof error.errcode === "number") {
    const primary = error.errcode & 0xff;
    if (primary === SQLITE_FULL || error.errcode === SQLITE_IOERR_SHMSIZE) return "store-full";
    if (primary === SQLITE_BUSY || primary === SQLITE_LOCKED) return "store-busy";
    return "store-failed";
  }
  const errno = "code" in error ? error.code : undefined;
  return errno === "ENOSPC" || errno === "EDQUOT" ? "store-full" : "store-failed";
}
