/** The file that an output writes to, opened so that neither a reader nor a disk can block the process. */
import { constants, fstatSync, openSync, type Stats } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";

/** A descriptor, and whether write(2) on it may block: on a disk it may, so a thread of the pool does it. */
export interface OutputFile {
  readonly fd: number;
  readonly mayWait: boolean;
}

const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Opens a path for appending, or uses an open descriptor.
 * @throws the error of open(2), e.g. ENXIO for a FIFO without a reader
 */
export function openOutput(file: string | number): OutputFile {
  if (typeof file === "number") return neverWaiting(file, fstatSync(file));
  const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY);
  return { fd, mayWait: isOnDisk(fstatSync(fd)) };
}

/** Whether both descriptors refer to one file, pipe or terminal. */
export function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/** A descriptor of the same pipe, socket or terminal on which write(2) answers EAGAIN instead of blocking. */
function neverWaiting(fd: number, stats: Stats): OutputFile {
  if (isOnDisk(stats)) return { fd, mayWait: true };
  if (stats.isSocket()) return shareNonBlocking(fd);
  const terminal = isatty(fd);
  // Devices such as /dev/null answer at once.
  if (!stats.isFIFO() && !terminal) return { fd, mayWait: false };
  try {
    // An open file description of our own: O_NONBLOCK on the given one would affect all who share it, even a shell.
    return { fd: openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY), mayWait: false };
  } catch {
    return terminal ? { fd, mayWait: true } : shareNonBlocking(fd);
  }
}

function isOnDisk(stats: Stats): boolean {
  return stats.isFile() || stats.isBlockDevice();
}

/** Sockets close their descriptors when they are garbage-collected. */
const kept = new Map<number, unknown>();

/** A socket cannot be opened again; but Node makes the sockets it wraps non-blocking, which is all that is needed. */
function shareNonBlocking(fd: number): OutputFile {
  if (!kept.has(fd)) kept.set(fd, nodeStreamOf(fd));
  return { fd, mayWait: false };
}

function nodeStreamOf(fd: number): unknown {
  if (fd === 1) return process.stdout;
  return fd === 2 ? process.stderr : new Socket({ fd, readable: false, writable: true });
}
