import { readdir, readFile, readlink } from "node:fs/promises";
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

const TCP_TIME_WAIT = 6;
const TCP_LISTEN = 10;

const entryPattern =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+ (\d+)/;

/** Lines that are not socket entries, such as the heading, are skipped. */
export function parseProcNetTcp(text: string): TcpSocketEntry[] {
  const entries: TcpSocketEntry[] = [];
  for (const line of text.split("\n")) {
    const match = entryPattern.exec(line);
    if (!match) continue;
    const [, address = "", port = "", state = "", uid = "", inode = ""] = match;
    entries.push({
      // The kernel prints each 32-bit word in the host's byte order; every platform served here is little-endian.
      address: addressOf(Buffer.from(address, "hex").swap32()),
      port: Number.parseInt(port, 16),
      state: Number.parseInt(state, 16),
      uid: Number(uid),
      inode: Number(inode),
    });
  }
  return entries;
}

/**
 * Who holds a port of an address, as far as this user may know. Linux only; best effort.
 *
 * @returns null when unknown. Never rejects.
 */
export async function findPortOwner(address: string, port: number): Promise<PortOwner | null> {
  const entries = [...(await readEntries("/proc/net/tcp")), ...(await readEntries("/proc/net/tcp6"))].filter(
    (entry) => entry.port === port && overlap(entry.address, address),
  );
  const entry =
    entries.find(({ state }) => state === TCP_LISTEN) ??
    entries.find(({ state }) => state !== TCP_TIME_WAIT) ??
    entries[0];
  if (!entry) return null;
  if (entry.state === TCP_TIME_WAIT) return { pid: null, name: null, uid: entry.uid, state: "time-wait" };
  const pid = await findProcess(entry.inode);
  const name = pid === null ? null : await readName(pid);
  return { pid, name, uid: entry.uid, state: entry.state === TCP_LISTEN ? "listening" : "connected" };
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
  if (wanted.length === 0) return [];
  const entries = [...(await readEntries("/proc/net/tcp")), ...(await readEntries("/proc/net/tcp6"))];
  const ports = new Set(entries.filter(({ state }) => state === TCP_LISTEN).map(({ port }) => port));
  const shared: SharedAddress[] = [];
  for (const { address, port } of wanted) {
    const owner = ports.has(port) ? await findPortOwner(address, port) : null;
    if (owner?.state === "listening") shared.push({ address, port, owner });
  }
  return shared;
}

function overlap(held: string, wanted: string): boolean {
  if (held === wanted || held === wanted.split("%", 1)[0]) return true;
  if (isIPv4(held) === isIPv4(wanted)) return isUnspecified(held) || isUnspecified(wanted);
  return held === "::" || wanted === "::";
}

async function readEntries(path: string): Promise<TcpSocketEntry[]> {
  return parseProcNetTcp(await readFile(path, "latin1").catch(() => ""));
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
