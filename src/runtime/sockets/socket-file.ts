/** The file of a Unix socket (unix(7)): whoever binds makes it, and has to remove it. */
import { lstatSync, unlinkSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";

/**
 * Removes the file of a server that has ended without doing so. What somebody listens on stays, and so does what is no
 * socket: bind(2) then says that the address is in use.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isSocket() || !(await isRefused(path))) return;
  // Meanwhile somebody else may have done the same.
  await unlink(path).catch(() => {});
}

/** Nobody listens: any other answer, such as that of a full queue, comes from somebody who does. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
  });
}

/** The file that was made by a bind(2) of ours. */
export class SocketFile {
  readonly #path: string;
  readonly #inode: string | null;

  constructor(path: string) {
    this.#path = path;
    this.#inode = inodeOf(path);
  }

  /** Nobody finds the socket any more. A file that another server has put in its place stays. */
  remove(): void {
    if (this.#inode === null || inodeOf(this.#path) !== this.#inode) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // The next server that binds here finds that nobody listens.
    }
  }
}

function inodeOf(path: string): string | null {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
