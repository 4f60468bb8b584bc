/**
 * One end of a connection. IPv4-mapped IPv6 addresses appear as IPv4. Of a Unix socket, our end is `unix:` and its path
 * or name, and the client's is `unix`, since it has none; the port is 0.
 */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Of a client on a Unix socket: which process connected. Left out where the platform does not tell. */
  readonly process?: PeerProcess;
}

/** A process of this machine, as it was when it connected (SO_PEERCRED, unix(7)). */
export interface PeerProcess {
  /** 0 for one that this process cannot see, such as that of another container. */
  readonly pid: number;
  /** Its effective user id. */
  readonly uid: number;
  /** Its effective group id. */
  readonly gid: number;
}

/** A client on a Unix socket, of which nothing more is known. */
export const UNIX_CLIENT: Endpoint = Object.freeze({ address: "unix", port: 0 });

/** Whether this is an end of a connection on a Unix socket. */
export function isUnix(address: string): boolean {
  return address === UNIX_CLIENT.address || address.startsWith("unix:");
}
