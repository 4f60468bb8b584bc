export type FileErrorCode =
  /** A folder, a pipe, a device or a socket: only regular files are read. */
  | "not-a-regular-file"
  /** More octets than such a file may have. */
  | "file-too-large"
  /** The file system did not answer in time. */
  | "file-timeout"
  /** Missing, forbidden, or another error of the system. */
  | "file-unreadable"
  /** The same for writing. What it held before is there. */
  | "file-unwritable"
  /** It does not hold what was to be replaced. */
  | "file-changed";

/** A file cannot be read, or not written. The message names it and says what is wrong and what to do; it never quotes its content. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;
  readonly path: string;
  /** What is wrong and what to do, without the path. */
  readonly problem: string;
  /** What the operating system said, e.g. `ENOENT`; null when it said nothing. */
  readonly errno: string | null;

  constructor(
    code: FileErrorCode,
    path: string,
    { problem, errno = null, cause }: { readonly problem: string; readonly errno?: string | null; cause?: unknown },
  ) {
    super(`${path} cannot be ${WRITING.has(code) ? "written" : "read"}: ${problem}`, { cause });
    this.code = code;
    this.path = path;
    this.problem = problem;
    this.errno = errno;
  }
}

const WRITING: ReadonlySet<FileErrorCode> = new Set(["file-unwritable", "file-changed"]);

const ADVICE: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file; check its path"],
  ["ENOTDIR", "there is no such file; check its path"],
  ["ELOOP", "its symbolic links lead in a circle; mend them"],
  ["EACCES", "this user may not read it; check its owner and mode, and those of its folders"],
  ["EPERM", "this user may not read it; check its owner and mode"],
  ["EMFILE", "too many files are open; raise the limit on open files"],
  ["ENFILE", "too many files are open on this host; raise its limit (fs.file-max)"],
  ["EROFS", "its file system is mounted read-only; mount it for writing, or choose another folder"],
  ["ENOSPC", "no space is left on its disk; free some"],
  ["EDQUOT", "the quota of this user is used up; free some space"],
  ["EIO", "the disk or the network behind it failed; see the system's log"],
  ["ESTALE", "the mount that it was on is gone; mount it again"],
  ["ERR_INVALID_ARG_VALUE", "its name is not one that a file can have"],
]);

/** Turns whatever a file call was rejected with into a FileError. */
export function toFileError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const errno = error instanceof Error && "code" in error ? String(error.code) : null;
  const advice = ADVICE.get(errno ?? "") ?? "the system refused; see its log";
  const problem = errno === null ? advice : `${advice} (${errno})`;
  return new FileError("file-unreadable", path, { problem, errno, cause: error });
}

/** The same for whatever a call that writes was rejected with. */
export function unwritable(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const { problem, errno } = toFileError(path, error);
  return new FileError("file-unwritable", path, { problem, errno, cause: error });
}
