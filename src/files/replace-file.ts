import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { boundedCall } from "./bounded-calls.ts";
import { digestOf } from "./digest.ts";
import { FileError, toFileError, unwritable } from "./file-error.ts";
import { syncFolder } from "./synced-folder.ts";

export interface ReplaceOptions {
  /** Of what is replaced; where the file holds something else by then, it stays. By default whatever is there is replaced. */
  readonly expected?: string;
  /** Of a file that is not there yet, whose folder is made, too. By default a file that is not there is an error. */
  readonly mode?: number;
}

/**
 * Replaces what a file holds. Whoever opens it meanwhile, and whoever looks after a crash, finds the old or the new, whole: it
 * is written beside it, and on disk, before it takes its place. Its mode and owner stay; a symbolic link goes on leading to it.
 * @returns the digest of what it holds now.
 * @throws FileError `file-unwritable`, `file-changed`: then it holds what it held.
 */
export function replaceFile(path: string, text: string, options: ReplaceOptions = {}): Promise<string> {
  const bytes = Buffer.from(text);
  return boundedCall(path, async (signal) => {
    try {
      if (options.mode !== undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replace(path, bytes, { ...options, signal });
      return digestOf(bytes);
    } catch (error) {
      throw unwritable(path, error);
    }
  });
}

async function replace(
  path: string,
  bytes: Uint8Array,
  { expected, mode, signal }: ReplaceOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const present = await presentFile(path, mode !== undefined);
  const target = present?.target ?? path;
  const folder = dirname(target);
  await removeLeftovers(folder, basename(target));
  const beside = join(folder, `.${basename(target)}.${process.pid}.${randomUUID()}.new`);
  const handle = await open(beside, "wx", 0o600);
  try {
    await written(handle, bytes, { owner: present?.stats ?? null, mode: present ? present.stats.mode & 0o7777 : mode });
    if (expected !== undefined && digestOf(await readFile(target)) !== expected)
      throw new FileError("file-changed", path, { problem: "it was changed meanwhile; look at it, and try again" });
    // Nobody waits for it any more.
    signal.throwIfAborted();
    await rename(beside, target);
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

async function written(
  handle: FileHandle,
  bytes: Uint8Array,
  { owner, mode }: { readonly owner: Stats | null; readonly mode: number | undefined },
): Promise<void> {
  try {
    await handle.writeFile(bytes);
    const { uid, gid } = await handle.stat();
    if (owner && (owner.uid !== uid || owner.gid !== gid)) await handle.chown(owner.uid, owner.gid);
    if (mode !== undefined) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function presentFile(
  path: string,
  mayBeMissing: boolean,
): Promise<{ readonly target: string; readonly stats: Stats } | null> {
  try {
    const target = await realpath(path);
    // A file that nobody may write to is not to be replaced either, though its folder, or being root, would allow it.
    await (await open(target, "r+")).close();
    const stats = await stat(target);
    if ((stats.mode & 0o222) !== 0) return { target, stats };
    const problem = "its mode lets nobody write it; change that, or the document by hand";
    throw new FileError("file-unwritable", path, { problem, errno: "EACCES" });
  } catch (error) {
    if (mayBeMissing && toFileError(path, error).errno === "ENOENT") return null;
    throw error;
  }
}

/** What a process that was killed has left beside the file. */
async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith(".new")) continue;
    const pid = Number(entry.slice(name.length + 2).split(".")[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) await unlink(join(folder, entry)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return toFileError("", error).errno !== "ESRCH";
  }
}
