import { readFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import type { PortOwner } from "./owner.ts";

/** What an errno means when binding a socket. */
export interface BindFailure {
  /** `EADDRINUSE`. */
  readonly errno: string;
  /** The numeric host that was to be bound. */
  readonly host: string;
  readonly port: number;
  /** Who holds the port, if known. */
  readonly owner: PortOwner | null;
}

/** The name of an errno in a result of `Libc`: `errnoName(-98)` is `EADDRINUSE`. */
export function errnoName(result: number): string {
  return getSystemErrorMap().get(result)?.[0] ?? `errno ${-result}`;
}

/** The system's text for an errno's name: `address already in use`. */
export function errnoText(name: string): string {
  for (const [candidate, text] of getSystemErrorMap().values()) if (candidate === name) return text;
  return "unknown error";
}

/** What to do about it, in whole sentences. */
export function bindAdvice(failure: BindFailure): string {
  const { errno, host, port } = failure;
  if (host.startsWith("/") || host.startsWith("@")) return unixAdvice(failure);
  switch (errno) {
    case "EACCES":
      return privilegeAdvice(port);
    case "EADDRINUSE":
      return inUseAdvice(failure);
    case "EADDRNOTAVAIL":
      return `No network interface of this host has the address ${host}. See "ip address" for those it has, or bind 0.0.0.0 or [::] for all of them.`;
    case "EAFNOSUPPORT":
      return `This host has no ${host.includes(":") ? "IPv6" : "IPv4"}. Bind an address of the other family; [::] falls back to 0.0.0.0 by itself.`;
    case "EMFILE":
      return 'This process may open no more files. Raise its limit ("ulimit -n", or LimitNOFILE= in a systemd unit).';
    case "ENFILE":
      return "This host may open no more files. Raise sysctl fs.file-max.";
    case "ENODEV":
      return `The network interface named after "%" in ${host} does not exist on this host. See "ip link" for those that do.`;
    case "EINVAL":
      return `${host} is not an address that a socket can be bound to. Write a numeric IP address; a link-local one (fe80::) needs its interface: [fe80::1%eth0].`;
    default:
      return "Check that the address belongs to this host and that the process may use it.";
  }
}

/** For a Unix socket: a path, or `@` and a name. */
function unixAdvice({ errno, host }: BindFailure): string {
  switch (errno) {
    case "EACCES":
      return `The user of this process may not make files in the folder of ${host}. Choose another folder, or let this user write there.`;
    case "EADDRINUSE":
      return host.startsWith("@")
        ? `Another server listens by this name ("ss -xlp" shows which). Stop it, or choose another name.`
        : `Another server listens there ("ss -xlp" shows which), or the file is no socket. Stop the server, remove the file, or choose another path.`;
    case "ENOENT":
    case "ENOTDIR":
      return `There is no folder for ${host}. Make it first (mkdir, or RuntimeDirectory= in a systemd unit).`;
    case "EROFS":
      return `The file system of ${host} is read-only. Choose another folder.`;
    default:
      return "Check the path of the socket, and that the process may make it.";
  }
}

function privilegeAdvice(port: number): string {
  const start = firstUnprivilegedPort();
  return (
    `Ports below ${start} (sysctl net.ipv4.ip_unprivileged_port_start) need a privilege that this process does not have; ` +
    "one that is started with --user has it only until its first addresses are bound. Either have the document name the port when the server is " +
    "started as root; or grant the privilege: CAP_NET_BIND_SERVICE (AmbientCapabilities= in a systemd unit, setcap cap_net_bind_service=+ep on " +
    `the node binary), or sysctl net.ipv4.ip_unprivileged_port_start=${port}; or let a service manager hand the socket over (socket activation); ` +
    `or choose a port from ${start} on and forward to it.`
  );
}

function firstUnprivilegedPort(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "latin1"));
  } catch {
    return 1024;
  }
}

function inUseAdvice({ owner, port }: BindFailure): string {
  if (owner === null)
    return `Find who holds the port with "ss -ltnp sport = :${port}", then stop that or choose another port.`;
  if (owner.state === "time-wait") {
    return "Connections of an earlier server on this port are still in TIME_WAIT. Set socketReuseAddress to true, or wait a minute.";
  }
  const does = owner.state === "listening" ? "listens on it" : "has connections on it";
  if (owner.pid === process.pid)
    return `This process itself already ${does}. Bind each address only once, or choose another port.`;
  if (owner.pid !== null)
    return `${owner.name ?? "A process"} (pid ${owner.pid}) ${does}. Stop it, or choose another port.`;
  return (
    `A process of user id ${owner.uid} ${does}; this user may not see which. ` +
    `Find it as root with "ss -ltnp sport = :${port}", then stop it or choose another port.`
  );
}
