import { open, readdir, readFile, readlink } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { addressOf } from "../../config/addresses/ip-address.ts";
import { isUnspecified } from "./sockaddr.ts";

/** What holds a port. */
export interface PortOwner {
  /** Null when no process visible to this user has the socket open. */
  readonly pid: number | null;
  /** The process's name, as in `ps`. */
  readonly name: string | null;
  /** The user id the socket belongs to. */
  readonly uid: number;
  /** `connected`: no listener, but connections that are not yet over. */
  readonly state: "listening" | "connected" | "time-wait";
}

/** One line of `/proc/net/tcp` or `/proc/net/tcp6` (proc_pid_net(5)). */
export interface TcpSocketEntry {
  readonly address: string;
  readonly port: number;
  /** The kernel's number of the TCP state; 10 is LISTEN, 6 is TIME_WAIT. */
  readonly state: number;
  readonly uid: number;
  readonly inode: number;
}

const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

const TCP_TIME_WAIT = 6;
const TCP_LISTEN = 10;

const entryPattern =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+ (\d+)/;

/** @returns null for a line that is not a socket entry, such as the heading. */
export function parseSocketEntry(line: string): TcpSocketEntry | null {
  const match = entryPattern.exec(line);
  if (!match) return null;
  const [, address = "", port = "", state = "", uid = "", inode = ""] = match;
  return {
    // The kernel prints each 32-bit word in the host's byte order; every platform served here is little-endian.
    address: addressOf(Buffer.from(address, "hex").swap32()),
    port: Number.parseInt(port, 16),
    state: Number.parseInt(state, 16),
    uid: Number(uid),
    inode: Number(inode),
  };
}

/**
 * Who holds a port of an address, as far as this user may know. Linux only; best effort.
 *
 * @returns null when unknown. Never rejects.
 */
export async function findPortOwner(address: string, port: number): Promise<PortOwner | null> {
  const entries: TcpSocketEntry[] = [];
  for (const table of tables) {
    for await (const entry of socketEntries(table)) {
      if (entry.port === port && overlap(entry.address, address)) entries.push(entry);
    }
  }
  const entry =
    entries.find(({ state }) => state === TCP_LISTEN) ??
    entries.find(({ state }) => state !== TCP_TIME_WAIT) ??
    entries[0];
  return entry ? ownerOf(entry) : null;
}

async function ownerOf({ state, uid, inode }: TcpSocketEntry): Promise<PortOwner> {
  if (state === TCP_TIME_WAIT) return { pid: null, name: null, uid, state: "time-wait" };
  const pid = await findProcess(inode);
  const name = pid === null ? null : await readName(pid);
  return { pid, name, uid, state: state === TCP_LISTEN ? "listening" : "connected" };
}

/** An address on which somebody listens already. */
export interface SharedAddress {
  readonly address: string;
  readonly port: number;
  readonly owner: PortOwner;
}

/**
 * Those of these addresses on which somebody listens already, where SO_REUSEPORT lets more than one. Linux only; best
 * effort. Never rejects.
 */
export async function findShared(
  wanted: readonly { readonly address: string; readonly port: number }[],
): Promise<SharedAddress[]> {
  const fixed = wanted.filter(({ port }) => port !== 0);
  if (fixed.length === 0) return [];
  const listening: TcpSocketEntry[] = [];
  for (const table of tables) listening.push(...(await listeningSockets(socketEntries(table))));
  const byPort = Map.groupBy(listening, ({ port }) => port);
  const shared: SharedAddress[] = [];
  for (const { address, port } of fixed) {
    const entry = byPort.get(port)?.find((other) => overlap(other.address, address));
    if (entry) shared.push({ address, port, owner: await ownerOf(entry) });
  }
  return shared;
}

/**
 * The sockets that listen. The kernel lists them before all others, and there the reading ends: a busy server has
 * hundreds of thousands of the others.
 */
export async function listeningSockets(entries: AsyncIterable<TcpSocketEntry>): Promise<TcpSocketEntry[]> {
  const listening: TcpSocketEntry[] = [];
  for await (const entry of entries) {
    if (entry.state !== TCP_LISTEN) break;
    listening.push(entry);
  }
  return listening;
}

function overlap(held: string, wanted: string): boolean {
  if (held === wanted || held === wanted.split("%", 1)[0]) return true;
  if (isIPv4(held) === isIPv4(wanted)) return isUnspecified(held) || isUnspecified(wanted);
  return held === "::" || wanted === "::";
}

/** Read piece by piece; a table that cannot be read has no entries. */
async function* socketEntries(table: string): AsyncGenerator<TcpSocketEntry> {
  try {
    const file = await open(table);
    for await (const line of file.readLines({ encoding: "latin1" })) {
      const entry = parseSocketEntry(line);
      if (entry) yield entry;
    }
  } catch {
    // No /proc, or no IPv6.
  }
}

async function findProcess(inode: number): Promise<number | null> {
  const wanted = `socket:[${inode}]`;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const directory = `/proc/${pid}/fd`;
    const fds = await readdir(directory).catch(() => []);
    const links = await Promise.all(fds.map((fd) => readlink(`${directory}/${fd}`).catch(() => "")));
    if (links.includes(wanted)) return Number(pid);
  }
  return null;
}

async function readName(pid: number): Promise<string | null> {
  return readFile(`/proc/${pid}/comm`, "utf8").then(
    (text) => text.trim(),
    () => null,
  );
}
