/** Socket activation: the listening sockets that a service manager opened for this process (sd_listen_fds(3)). */
import { Descriptor } from "../sockets/descriptor.ts";
import { errnoName } from "../sockets/errno.ts";
import { type InheritedSocket, InheritedSockets } from "../sockets/inherited-sockets.ts";
import { type Libc, loadLibc } from "../sockets/libc.ts";
import { localAddress } from "../sockets/listening-socket.ts";
import { getInt, IPV6_V6ONLY, SO_ACCEPTCONN } from "../sockets/options.ts";

/** SD_LISTEN_FDS_START. */
const FIRST_DESCRIPTOR = 3;

/**
 * The sockets named by `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`; none when these are not set, or meant for
 * another process. The variables are removed, and the descriptors are closed on exec, so that no child takes them for
 * its own. Call it once, before anything else is started.
 */
export async function inheritedSockets(environment: NodeJS.ProcessEnv = process.env): Promise<InheritedSockets> {
  const { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: names } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  const count = Number(fds ?? 0);
  if (Number(pid) !== process.pid || !Number.isInteger(count) || count < 1) return new InheritedSockets();
  const { libc, reason } = await loadLibc();
  if (libc === null)
    return new InheritedSockets([], [`The sockets that this process was started with cannot be used: ${reason}.`]);
  const sockets: InheritedSocket[] = [];
  const warnings: string[] = [];
  const labels = (names ?? "").split(":");
  for (let index = 0; index < count; index += 1) {
    const name = labels[index] || null;
    const taken = takeSocket(libc, FIRST_DESCRIPTOR + index, name);
    if (typeof taken === "string") warnings.push(taken);
    else sockets.push(taken);
  }
  return new InheritedSockets(sockets, warnings);
}

/** @returns a sentence when the descriptor cannot be used. */
function takeSocket(libc: Libc, fd: number, name: string | null): InheritedSocket | string {
  const label = `Descriptor ${fd}${name === null ? "" : ` (${name})`}, which this process was started with,`;
  const marked = libc.closeOnExec(fd);
  if (marked < 0) return `${label} is not open (${errnoName(marked)}).`;
  const address = localAddress(libc, fd);
  if (typeof address === "number") return `${label} is not a TCP socket of IPv4 or IPv6; it is left alone.`;
  if (getInt(libc, fd, SO_ACCEPTCONN) !== 1)
    return `${label} is not a listening TCP socket; it is left alone. A socket unit needs ListenStream= and Accept=no.`;
  const ipv6Only = address.family === 6 && getInt(libc, fd, IPV6_V6ONLY) === 1;
  return { address, ipv6Only, name, descriptor: new Descriptor(libc, fd) };
}
