/** Gives a folder and its contents to a user, safely even where others may have put links. */
import { constants, type Stats } from "node:fs";
import { lchown, lstat, mkdir, open, readdir } from "node:fs/promises";
import { errnoOf } from "../tls/secret-text.ts";
import { PrivilegeError } from "./privilege-error.ts";
import { type ProcessUser, processUserText } from "./process-user.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Creates the folder when it is missing, with mode 0700, and changes the owner of it and of everything in it. Of
 * symbolic links the link itself is changed, never its target, and a file with further hard links is refused: the
 * folder may have belonged to that user before, who must not be able to pass other people's files off as its contents.
 * @throws PrivilegeError `folder-unusable`
 */
export async function ownFolder(folder: string, processUser: ProcessUser): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await ownTree(folder, processUser, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (error instanceof PrivilegeError) throw error;
    throw new PrivilegeError(
      "folder-unusable",
      `${folder} cannot be given to the user ${processUserText(processUser)} (${errnoOf(error)}); see its file system and what is in it.`,
    );
  }
}

/**
 * Every step uses the descriptor of the open folder, not a path that could by now be another one. Files are
 * never opened: closing any descriptor of a file drops the process's locks on it (fcntl(2)), including those of SQLite.
 */
async function ownTree(folder: string, processUser: ProcessUser, flags: number): Promise<void> {
  const handle = await open(folder, flags);
  try {
    const { uid, gid } = await handle.stat();
    if (uid !== processUser.uid || gid !== processUser.gid) await handle.chown(processUser.uid, processUser.gid);
    const inside = `/proc/self/fd/${handle.fd}`;
    for (const name of await readdir(inside)) await ownEntry(`${inside}/${name}`, folder, processUser);
  } finally {
    await handle.close();
  }
}

async function ownEntry(path: string, folder: string, processUser: ProcessUser): Promise<void> {
  const stats = await statsIfThere(path);
  if (!stats) return;
  if (stats.isDirectory()) {
    await ownTree(path, processUser, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return;
  }
  if (stats.uid === processUser.uid && stats.gid === processUser.gid) return;
  if (stats.isFile() && stats.nlink > 1) {
    throw new PrivilegeError(
      "folder-unusable",
      `A file in ${folder} has ${stats.nlink} hard links and another owner: it is not given to the user ${processUserText(processUser)}. Find it with "find ${folder} -type f -links +1", and remove it or change its owner.`,
    );
  }
  await lchown(path, processUser.uid, processUser.gid);
}

async function statsIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
