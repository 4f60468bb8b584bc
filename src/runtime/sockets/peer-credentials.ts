/** Which process has connected to a Unix socket: SO_PEERCRED of socket(7) and unix(7). */
import type { Socket } from "node:net";
import type { PeerProcess } from "../../protocols/endpoint.ts";
import type { Libc, OptionName } from "./libc.ts";

const SO_PEERCRED: OptionName = { level: 1, option: 17 };
/** Octets of `struct ucred`. */
const UCRED = 12;

/** As the kernel noted it when the client connected. Null where it does not tell, and after the socket has closed. */
export function peerProcess(libc: Libc, socket: Socket): PeerProcess | null {
  // Node tells the descriptor of no accepted socket in another way.
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  if (typeof fd !== "number" || fd < 0) return null;
  const credentials = Buffer.alloc(UCRED);
  if (libc.getsockopt(fd, SO_PEERCRED, credentials) !== UCRED) return null;
  return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4), gid: credentials.readUInt32LE(8) };
}
