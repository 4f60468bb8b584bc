/** What V8 has made of the program's files is kept in the data folder: later starts take a tenth less of CPU time. */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { constants, enableCompileCache, getCompileCacheDir } from "node:module";
import { basename, join } from "node:path";

/**
 * Keeps, when the process ends, what is loaded from here on. Does nothing until there is a data folder of this user's
 * own, and nothing for root: whoever can write to that folder decides what runs.
 * @param data the data folder
 */
export function keepCompiledCode(data: string): void {
  const uid = process.getuid?.();
  const folder = join(data, "compiled");
  if (uid === undefined || uid === 0 || !isOwn(data, uid) || isOwn(folder, uid) === false) return;
  // With NODE_COMPILE_CACHE it is kept elsewhere.
  if (enableCompileCache(folder).status !== constants.compileCacheStatus.ENABLED) return;
  removeOthers(folder, basename(getCompileCacheDir() ?? ""));
}

/** Undefined if it does not exist. */
function isOwn(folder: string, uid: number): boolean | undefined {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0;
}

/** Each version of Node has its own. */
function removeOthers(folder: string, kept: string): void {
  try {
    for (const entry of readdirSync(folder)) if (entry !== kept) rmSync(join(folder, entry), { recursive: true });
  } catch {
    // A server that runs is worth more than a folder that is tidy.
  }
}
