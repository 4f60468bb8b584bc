import { randomUUID } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { boundedCall } from "./bounded-calls.ts";
import { toFileError, unwritable } from "./file-error.ts";
import { syncFolder } from "./synced-folder.ts";

/**
 * Makes a file that only its owner can read, and its folder. It appears whole or not at all, is on disk when this returns,
 * and takes nobody's place.
 * @returns false when there was one already: then nothing has changed.
 * @throws FileError `file-unwritable`, `file-timeout`
 */
export function createFile(path: string, text: string): Promise<boolean> {
  return boundedCall(path, async (signal) => {
    const folder = dirname(path);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (!(await writtenOnce(path, text, signal))) return false;
      await syncFolder(folder);
      return true;
    } catch (error) {
      throw unwritable(path, error);
    }
  });
}

async function writtenOnce(path: string, text: string, signal: AbortSignal): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // Nobody waits for it any more.
    signal.throwIfAborted();
    await link(draft, path);
    return true;
  } catch (error) {
    const { errno } = toFileError(path, error);
    if (errno === "EEXIST") return false;
    if (!withoutHardLinks.has(errno ?? "")) throw error;
    // A rename is as atomic, and only loses the check for another process.
    await rename(draft, path);
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What link(2) says on a file system that has none. */
const withoutHardLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"]);
