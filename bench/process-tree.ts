/** What /proc says about a program that cannot report its own figures, and about its child processes. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

interface ProcessTimes {
  readonly parent: number;
  /** Clock ticks of the process itself, and of children that it has waited for. */
  readonly ticks: number;
}

/** CPU of a process and its descendants, ended ones included, in microseconds; accurate to a clock tick, usually 10 ms. */
export function cpuOfTree(root: number): number {
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync("/proc")) {
    const times = /^\d+$/.test(name) ? timesOf(name) : null;
    if (times) all.set(Number(name), times);
  }
  const isInside = (pid: number): boolean => {
    if (pid === root) return true;
    const times = all.get(pid);
    return times ? isInside(times.parent) : false;
  };
  let ticks = 0;
  for (const [pid, times] of all) if (isInside(pid)) ticks += times.ticks;
  return (ticks * 1e6) / ticksInSecond;
}

const ticksInSecond =
  process.platform === "linux" ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100;

/** proc_pid_stat(5); null when the process has ended meanwhile. */
function timesOf(pid: string): ProcessTimes | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it is in parentheses and may hold any character.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
    const ticks = (user ?? 0) + (system ?? 0) + (childrenUser ?? 0) + (childrenSystem ?? 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return null;
  }
}
