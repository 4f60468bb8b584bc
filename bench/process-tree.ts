/** What /proc says about a program that cannot report its own figures, and about its child processes. */
import { readdirSync, readFileSync } from "node:fs";

/** What has been seen of each process, so that one that has ended since still counts, as far as it was seen. */
const seen = new Map<number, Map<string, number>>();

/**
 * CPU of a process and its descendants, in microseconds, by the scheduler's own nanoseconds: clock ticks of 10 ms are
 * coarser than many a turn. What a process that has ended did after the last call is missing.
 */
export function cpuOfTree(root: number): number {
  const parents = new Map(processes().map((pid) => [pid, parentOf(pid)]));
  const isInside = (pid: number): boolean => {
    const parent = parents.get(pid);
    return pid === root || (parent !== undefined && parent !== null && isInside(parent));
  };
  const known = seen.get(root) ?? new Map<string, number>();
  seen.set(root, known);
  for (const pid of parents.keys())
    if (isInside(pid)) for (const [thread, time] of threadTimes(pid)) known.set(thread, time);
  let nanoseconds = 0;
  for (const time of known.values()) nanoseconds += time;
  return nanoseconds / 1_000;
}

function processes(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** proc_pid_stat(5); null when the process has ended meanwhile. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it is in parentheses and may hold any character.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

/** By process and thread: the first figure of `schedstat` is the time on a processor. */
function threadTimes(pid: number): [thread: string, nanoseconds: number][] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => {
      const [time = ""] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
      return [`${pid}/${thread}`, Number(time)];
    });
  } catch {
    return [];
  }
}
