import { fstatSync, readdirSync } from "node:fs";

/** How many sockets this process has open; null when unknown (proc_pid_fd(5)). */
export function openSockets(): number | null {
  try {
    return readdirSync("/proc/self/fd").filter(isSocket).length;
  } catch {
    return null;
  }
}

function isSocket(descriptor: string): boolean {
  try {
    return fstatSync(Number(descriptor)).isSocket();
  } catch {
    return false;
  }
}
