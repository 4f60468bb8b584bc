import { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import type { InheritedSocket } from "./inherited-sockets.ts";
import type { Libc } from "./libc.ts";
import { localAddress } from "./listening-socket.ts";
import { getInt, IPV6_V6ONLY, SO_ACCEPTCONN } from "./options.ts";

/**
 * Takes a listening socket that this process was started with, and keeps it from processes that this one starts.
 * @param name as its maker calls it; null without one
 * @returns a sentence when the descriptor cannot be used.
 */
export function takeSocket(libc: Libc, fd: number, name: string | null): InheritedSocket | string {
  const label = `Descriptor ${fd}${name === null ? "" : ` (${name})`}, which this process was started with,`;
  const marked = libc.closeOnExec(fd);
  if (marked < 0) return `${label} is not open (${errnoName(marked)}).`;
  const address = localAddress(libc, fd);
  if (typeof address === "number") return `${label} is no TCP or Unix socket; it is left alone.`;
  if (getInt(libc, fd, SO_ACCEPTCONN) !== 1)
    return `${label} does not listen; it is left alone. A socket unit needs ListenStream= and Accept=no.`;
  const ipv6Only = address.family === 6 && getInt(libc, fd, IPV6_V6ONLY) === 1;
  return { address, ipv6Only, name, descriptor: new Descriptor(libc, fd), number: fd };
}
