import { readFileSync } from "node:fs";
import { errnoName } from "./errno.ts";
import { AF_INET6, type Libc, type OptionName, SOCK_CLOEXEC, SOCK_STREAM } from "./libc.ts";

/** The fields of a listener that set socket options. Null leaves a value to the kernel. */
export interface SocketSettings {
  /** SO_REUSEADDR, socket(7). */
  readonly socketReuseAddress: boolean;
  /** SO_REUSEPORT, socket(7). */
  readonly socketReusePort: boolean;
  /** listen(2); null is 1024. The kernel's limit is sysctl net.core.somaxconn. */
  readonly socketBacklog: number | null;
  /** IP_TTL, ip(7), and IPV6_UNICAST_HOPS, ipv6(7). */
  readonly socketTtl: number | null;
  /** SO_SNDBUF, socket(7), bytes. The kernel reserves twice as much, and its limit is sysctl net.core.wmem_max. */
  readonly socketSendBufferSize: number | null;
  /** SO_RCVBUF, socket(7), bytes. The kernel reserves twice as much, and its limit is sysctl net.core.rmem_max. */
  readonly socketReceiveBufferSize: number | null;
  /** IP_TOS, ip(7). TCP keeps the low two bits (ECN) for itself. */
  readonly socketTosV4: number | null;
  /** TCP_NODELAY, tcp(7). */
  readonly socketNoDelay: boolean;
}

export type SocketField = keyof SocketSettings;

/** A deviation of a socket from its settings. */
export interface SocketWarning {
  /** A field of `SocketSettings`, or `bind`. */
  readonly field: SocketField | "bind" | "socketMode" | "socketOwner";
  /** One or two sentences that make sense without the field's name. */
  readonly text: string;
}

/** The outcome for one field. */
export interface OptionOutcome {
  /** The kernel accepted it, perhaps with another value. */
  readonly inForce: boolean;
  /** The deviation. */
  readonly warnings: SocketWarning[];
}

/** The socket whose options are set. */
export interface OptionTarget {
  readonly family: 4 | 6 | "unix";
  readonly ipv6Only: boolean;
}

interface KernelOption extends OptionName {
  readonly name: string;
  readonly field: SocketField;
  /** Whose traffic it concerns; an IPv6 socket that is not IPv6-only carries both. */
  readonly traffic: "any" | "ipv4" | "ipv6";
  /** What to set for null; `pristine` is the value that a new socket has. */
  readonly unset: number | "pristine";
  /** Why the kernel may use another value. */
  readonly limit: string | null;
}

const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_TCP = 6;
const SOL_IPV6 = 41;

const kernelOptions: readonly KernelOption[] = [
  {
    field: "socketReuseAddress",
    name: "SO_REUSEADDR",
    level: SOL_SOCKET,
    option: 2,
    traffic: "any",
    unset: 0,
    limit: null,
  },
  {
    field: "socketReusePort",
    name: "SO_REUSEPORT",
    level: SOL_SOCKET,
    option: 15,
    traffic: "any",
    unset: 0,
    limit: null,
  },
  { field: "socketTtl", name: "IP_TTL", level: SOL_IP, option: 2, traffic: "ipv4", unset: -1, limit: null },
  {
    field: "socketTtl",
    name: "IPV6_UNICAST_HOPS",
    level: SOL_IPV6,
    option: 16,
    traffic: "ipv6",
    unset: -1,
    limit: null,
  },
  {
    field: "socketSendBufferSize",
    name: "SO_SNDBUF",
    level: SOL_SOCKET,
    option: 7,
    traffic: "any",
    unset: "pristine",
    limit: "the kernel's smallest size and sysctl net.core.wmem_max are its limits",
  },
  {
    field: "socketReceiveBufferSize",
    name: "SO_RCVBUF",
    level: SOL_SOCKET,
    option: 8,
    traffic: "any",
    unset: "pristine",
    limit: "the kernel's smallest size and sysctl net.core.rmem_max are its limits",
  },
  {
    field: "socketTosV4",
    name: "IP_TOS",
    level: SOL_IP,
    option: 1,
    traffic: "ipv4",
    unset: 0,
    limit: "TCP keeps the low two bits (ECN) for itself",
  },
  { field: "socketNoDelay", name: "TCP_NODELAY", level: SOL_TCP, option: 1, traffic: "any", unset: 0, limit: null },
];

/** IPV6_V6ONLY, ipv6(7). */
export const IPV6_V6ONLY: OptionName = { level: SOL_IPV6, option: 26 };
const SO_DOMAIN: OptionName = { level: SOL_SOCKET, option: 39 };
/** Whether the socket listens, socket(7). */
export const SO_ACCEPTCONN: OptionName = { level: SOL_SOCKET, option: 30 };
/** Which buffer sizes are fixed (bit 0 send, bit 1 receive), since Linux 5.14; others grow as needed. */
const SO_BUF_LOCK: OptionName = { level: SOL_SOCKET, option: 72 };
const TCP_INFO: OptionName = { level: SOL_TCP, option: 11 };
const TCP_LISTEN = 10;
const LARGEST_INT = 0x7fffffff;

export const DEFAULT_BACKLOG = 1024;

const socketFields: readonly SocketField[] = [
  "socketReuseAddress",
  "socketReusePort",
  "socketBacklog",
  "socketTtl",
  "socketSendBufferSize",
  "socketReceiveBufferSize",
  "socketTosV4",
  "socketNoDelay",
];

/** Those that a socket which is bound can still be given. */
export const changeableFields: readonly SocketField[] = socketFields.filter(
  (field) => field !== "socketReuseAddress" && field !== "socketReusePort",
);

/** The fields in which two settings differ. */
export function changedFields(before: SocketSettings, after: SocketSettings): SocketField[] {
  return socketFields.filter((field) => before[field] !== after[field]);
}

/** The number for listen(2). */
export function backlogOf(settings: SocketSettings): number {
  return Math.min(settings.socketBacklog ?? DEFAULT_BACKLOG, LARGEST_INT);
}

/** A warning if the kernel will cut the backlog short. */
export function backlogWarnings(settings: SocketSettings): SocketWarning[] {
  const limit = somaxconn();
  const asked = backlogOf(settings);
  if (limit === null || asked <= limit) return [];
  return [
    {
      field: "socketBacklog",
      text: `The backlog is ${limit} instead of ${asked}: sysctl net.core.somaxconn is its limit.`,
    },
  ];
}

/**
 * Sets every option that the settings give a value; a null leaves the socket's own. Call it before bind(2): the
 * reuse options take effect there, and window scaling requires a receive buffer set before listen(2).
 */
export function applySocketOptions(
  libc: Libc,
  fd: number,
  { settings, ...target }: OptionTarget & { readonly settings: SocketSettings },
): SocketWarning[] {
  const warnings: SocketWarning[] = [];
  for (const option of kernelOptions) {
    const value = settings[option.field];
    if (value !== null && carries(target, option)) warnings.push(...setOption(libc, fd, { option, value }).warnings);
  }
  return warnings;
}

/** Sets one field on a socket that may already listen; null restores the kernel's own value. */
export function changeSocketOption(
  libc: Libc,
  fd: number,
  change: OptionTarget & { readonly field: SocketField; readonly settings: SocketSettings },
): OptionOutcome {
  const { field, settings } = change;
  if (field === "socketReusePort" && !settings.socketReusePort && change.family !== "unix") {
    // The kernel remembers for the port, not for the socket, that it was bound for sharing.
    const text = "A port that was bound with SO_REUSEPORT stays shared until the server is restarted.";
    return { inForce: false, warnings: [{ field, text }] };
  }
  const outcomes = kernelOptions
    .filter((option) => option.field === field && carries(change, option))
    .map((option) => setOption(libc, fd, { option, value: settings[field] }));
  return {
    inForce: outcomes.every(({ inForce }) => inForce),
    warnings: outcomes.flatMap(({ warnings }) => warnings),
  };
}

/**
 * Reads the options of a listening or an accepted socket, by field. Sizes are as the kernel reserves them, twice what
 * was set. `ipv6UnicastHops` and `ipv6Only` are null on IPv4, `socketBacklog` unless the socket listens.
 */
export function readSocketOptions(libc: Libc, fd: number): Record<string, number | boolean | null> {
  const isIPv6 = getInt(libc, fd, SO_DOMAIN) === AF_INET6;
  const read = (name: string): number | null => {
    const option = kernelOptions.find((candidate) => candidate.name === name);
    return option ? readInt(libc, fd, option) : null;
  };
  const flag = (value: number | null): boolean | null => (value === null ? null : value !== 0);
  return {
    socketReuseAddress: flag(read("SO_REUSEADDR")),
    socketReusePort: flag(read("SO_REUSEPORT")),
    socketBacklog: readAcceptQueue(libc, fd)?.backlog ?? null,
    socketTtl: read("IP_TTL"),
    socketSendBufferSize: read("SO_SNDBUF"),
    socketReceiveBufferSize: read("SO_RCVBUF"),
    socketTosV4: read("IP_TOS"),
    socketNoDelay: flag(read("TCP_NODELAY")),
    ipv6UnicastHops: isIPv6 ? read("IPV6_UNICAST_HOPS") : null,
    ipv6Only: isIPv6 ? flag(readInt(libc, fd, IPV6_V6ONLY)) : null,
  };
}

/** The queue of a listening socket, from two fields of TCP_INFO that mean something else on a connection. */
export function readAcceptQueue(libc: Libc, fd: number): { readonly queued: number; readonly backlog: number } | null {
  const info = Buffer.alloc(32);
  if (libc.getsockopt(fd, TCP_INFO, info) < info.length || info[0] !== TCP_LISTEN) return null;
  return { queued: info.readUInt32LE(24), backlog: info.readUInt32LE(28) };
}

function carries(target: OptionTarget, { traffic, unset }: KernelOption): boolean {
  // A Unix socket has no packets, and no port to share.
  if (target.family === "unix") return unset === "pristine";
  if (traffic === "any") return true;
  return traffic === "ipv6" ? target.family === 6 : target.family === 4 || !target.ipv6Only;
}

function setOption(
  libc: Libc,
  fd: number,
  { option, value }: { readonly option: KernelOption; readonly value: number | boolean | null },
): OptionOutcome {
  if (value === null) return unsetOption(libc, fd, option);
  const asked = Math.min(Number(value), LARGEST_INT);
  const result = libc.setsockopt(fd, option, asked);
  if (result < 0) return refused(option, result);
  const doubled = option.unset === "pristine";
  const held = getInt(libc, fd, option);
  if (held < 0 || held === (doubled ? asked * 2 : asked)) return { inForce: true, warnings: [] };
  const text = `The kernel made ${option.name} ${doubled ? held / 2 : held} instead of ${asked}${option.limit ? `: ${option.limit}` : ""}.`;
  return { inForce: true, warnings: [{ field: option.field, text }] };
}

function unsetOption(libc: Libc, fd: number, option: KernelOption): OptionOutcome {
  if (option.unset !== "pristine") {
    const result = libc.setsockopt(fd, option, option.unset);
    return result < 0 ? refused(option, result) : { inForce: true, warnings: [] };
  }
  const domain = getInt(libc, fd, SO_DOMAIN);
  const fresh = libc.socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fresh < 0) return refused(option, fresh);
  const size = getInt(libc, fresh, option);
  libc.close(fresh);
  const result = libc.setsockopt(fd, option, Math.floor(size / 2));
  if (result < 0) return refused(option, result);
  const pinned = getInt(libc, fd, SO_BUF_LOCK);
  const others = pinned & (option.name === "SO_SNDBUF" ? ~1 : ~2);
  if (pinned >= 0 && libc.setsockopt(fd, SO_BUF_LOCK, others) === 0) return { inForce: true, warnings: [] };
  const text = `${option.name} is back at its first size, but this kernel will not let it grow by itself until the socket is replaced.`;
  return { inForce: true, warnings: [{ field: option.field, text }] };
}

function refused(option: KernelOption, result: number): OptionOutcome {
  const text = `The kernel refused ${option.name}: ${errnoName(result)}.`;
  return { inForce: false, warnings: [{ field: option.field, text }] };
}

function readInt(libc: Libc, fd: number, option: OptionName): number | null {
  const value = Buffer.alloc(4);
  return libc.getsockopt(fd, option, value) < 0 ? null : value.readInt32LE();
}

/** For values that are never negative: a negative result is an errno. */
export function getInt(libc: Libc, fd: number, option: OptionName): number {
  const value = Buffer.alloc(4);
  const result = libc.getsockopt(fd, option, value);
  return result < 0 ? result : value.readInt32LE();
}

function somaxconn(): number | null {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "latin1"));
  } catch {
    return null;
  }
}
