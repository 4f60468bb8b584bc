/** Where the control socket of a data folder is, and how its path is written so that the kernel takes it. */
import { join, relative, resolve } from "node:path";

/** `sun_path` of `struct sockaddr_un` has 108 octets, the last of which is zero (unix(7)). */
export const longestSocketPath = 107;

export function controlSocketOf(dataDirectory: string): string {
  return join(dataDirectory, "control.sock");
}

/** The path as it is or from the working directory, whichever is shorter; null when both are too long for a socket. */
export function bindablePath(path: string): string | null {
  const [shortest = path] = [path, relative(process.cwd(), resolve(path))].sort((a, b) => octetsOf(a) - octetsOf(b));
  return octetsOf(shortest) > longestSocketPath ? null : shortest;
}

function octetsOf(path: string): number {
  return Buffer.byteLength(path);
}
