import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { ipv6AddressOf, isIPv6, octetsOf } from "../../config/addresses/ip-address.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "./libc.ts";

/** A bound address, as the kernel has it. */
export interface BoundAddress {
  /** Of a Unix socket: `unix:` and its path or name. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly family: 4 | 6 | "unix";
}

/** Large enough for each family. */
export const SOCKADDR_MAX = 110;
const SOCKADDR_IN6 = 28;
/** What the addresses of Unix sockets begin with, as in the document. */
export const UNIX = "unix:";

/** Octets of `sun_path`. */
const LONGEST_UNIX_PATH = 108;

/** The host is not an IP address, the path is not valid for a UNIX socket, or the network interface does not exist. */
export class SockaddrError extends Error {
  readonly code = "invalid-address";
  /** The result that bind(2) would give. */
  readonly errno: "EINVAL" | "ENODEV";
  constructor(errno: "EINVAL" | "ENODEV", message: string) {
    super(message);
    this.name = "SockaddrError";
    this.errno = errno;
  }
}

/**
 * A `struct sockaddr_in` (ip(7)) or `sockaddr_in6` (ipv6(7)).
 *
 * @param address.address numeric; an IPv6 address may carry `%` and a network interface's name or index (RFC 4007 11).
 * @throws SockaddrError
 */
export function encodeSockaddr({ address, port, family }: BoundAddress): Buffer {
  if (family === "unix") return encodeUnixSockaddr(address.replace(UNIX, ""));
  if (family === 4) {
    if (!isIPv4(address)) throw new SockaddrError("EINVAL", `"${address}" is not an IPv4 address.`);
    const bytes = Buffer.alloc(16);
    bytes.writeUInt16LE(AF_INET, 0);
    bytes.writeUInt16BE(port, 2);
    bytes.set(octetsOf(address), 4);
    return bytes;
  }
  if (!isIPv6(address)) throw new SockaddrError("EINVAL", `"${address}" is not an IPv6 address.`);
  const [text = "", zone] = address.split("%", 2);
  const bytes = Buffer.alloc(SOCKADDR_IN6);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(octetsOf(text), 8);
  bytes.writeUInt32LE(zone === undefined ? 0 : scopeId(zone), 24);
  return bytes;
}

/** A `struct sockaddr_un` (unix(7)); a path that begins with `@` is a name in the abstract namespace. */
export function encodeUnixSockaddr(path: string): Buffer {
  const abstract = path.startsWith("@");
  const name = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > LONGEST_UNIX_PATH || (!abstract && name.indexOf(0) !== name.length - 1))
    throw new SockaddrError("EINVAL", `"${path}" is not the path of a UNIX socket.`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}

/** @returns null for any other family, and for a Unix socket without a name. */
export function decodeSockaddr(bytes: Buffer): BoundAddress | null {
  const family = bytes.readUInt16LE(0);
  if (family === AF_UNIX) return decodeUnixSockaddr(bytes.subarray(2));
  const port = bytes.readUInt16BE(2);
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join("."), port, family: 4 };
  if (family !== AF_INET6) return null;
  const scope = bytes.readUInt32LE(24);
  return {
    address: ipv6AddressOf(bytes.subarray(8, 24)) + (scope === 0 ? "" : `%${zoneName(scope)}`),
    port,
    family: 6,
  };
}

function decodeUnixSockaddr(name: Buffer): BoundAddress | null {
  if (name.length === 0) return null;
  const text =
    name[0] === 0
      ? `@${name.subarray(1)}`
      : name.subarray(0, name.indexOf(0) < 0 ? undefined : name.indexOf(0)).toString();
  return { address: UNIX + text, port: 0, family: "unix" };
}

/** Whether it is the wildcard address: `0.0.0.0`, `::`, however written. */
export function isUnspecified(address: string): boolean {
  if (!isIPv4(address) && (!isIPv6(address) || address.includes("%"))) return false;
  return octetsOf(address).every((octet) => octet === 0);
}

function scopeId(zone: string): number {
  if (/^[0-9]+$/.test(zone)) return Number(zone);
  for (const entry of networkInterfaces()[zone] ?? []) {
    if (entry.family === "IPv6" && entry.scopeid) return entry.scopeid;
  }
  throw new SockaddrError("ENODEV", `There is no network interface "${zone}" with a link-local IPv6 address.`);
}

function zoneName(scope: number): string {
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    if (entries?.some((entry) => entry.family === "IPv6" && entry.scopeid === scope)) return name;
  }
  return String(scope);
}
