/**
 * One end of a connection. IPv4-mapped IPv6 addresses appear as IPv4. Of a Unix socket, our end is `unix:` and its path
 * or name, and the client's is `unix`, since it has none; the port is 0.
 */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A client on a Unix socket. */
export const UNIX_CLIENT: Endpoint = Object.freeze({ address: "unix", port: 0 });

/** Whether this is an end of a connection on a Unix socket. */
export function isUnix(address: string): boolean {
  return address === UNIX_CLIENT.address || address.startsWith("unix:");
}
