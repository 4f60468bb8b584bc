/** Where the control socket of a data folder is, and how to write its path so that the kernel accepts it. */
import { join, relative, resolve } from "node:path";

/** `sun_path` of `struct sockaddr_un` has 108 octets, the last of which is zero (unix(7)). */
export const longestSocketPath = 107;

export function controlSocketOf(dataDirectory: string): string {
  return join(dataDirectory, "control.sock");
}

/**
 * The absolute path or the one relative to the working directory, whichever is shorter; null when both are too long.
 */
export function bindablePath(path: string): string | null {
  const [shortest = path] = [path, relative(process.cwd(), resolve(path))].sort((a, b) => octetsOf(a) - octetsOf(b));
  return octetsOf(shortest) > longestSocketPath ? null : shortest;
}

function octetsOf(path: string): number {
  return Buffer.byteLength(path);
}
