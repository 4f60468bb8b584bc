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

/** The file of a Unix socket that this process has to remove. */
export class SocketFile {
  readonly #path: string;
  /** Which file it is, in words that another process understands; null where there was none. */
  readonly identity: string | null;
  #owned: boolean;

  /** Made by a bind(2) of ours. */
  static made(path: string): SocketFile {
    return new SocketFile(path, inodeOf(path), true);
  }

  /** Another server's, who removes it unless this process succeeds. @param identity as that server has it */
  static handed(path: string, identity: string | null): SocketFile {
    return new SocketFile(path, identity, false);
  }

  private constructor(path: string, identity: string | null, owned: boolean) {
    this.#path = path;
    this.identity = identity;
    this.#owned = owned;
  }

  /** The server that made it is still in charge. */
  get isOfAnother(): boolean {
    return !this.#owned;
  }

  /** This process has succeeded the server that made it. */
  own(): void {
    this.#owned = true;
  }

  /**
   * Nobody finds the socket any more. A file that another server has put in its place stays, and so does another server's.
   * @returns whether it was this process's to remove
   */
  remove(): boolean {
    if (!this.#owned) return false;
    if (this.identity === null || inodeOf(this.#path) !== this.identity) return true;
    try {
      unlinkSync(this.#path);
    } catch {
      // The next server that binds here finds that nobody listens.
    }
    return true;
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
