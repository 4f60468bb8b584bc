/** Socket activation: the listening sockets that a service manager opened for this process (sd_listen_fds(3)). */
import { type InheritedSocket, InheritedSockets } from "../sockets/inherited-sockets.ts";
import { loadLibc } from "../sockets/libc.ts";
import { takeSocket } from "../sockets/take-socket.ts";

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
