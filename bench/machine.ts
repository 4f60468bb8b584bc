/** The machine that runs the bench: its processors, its limits, and where processes run. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Which side of a bench a process is on; each has its own processor if there are two. */
export type Side = "server" | "load";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const processorOf = sides();

/** The command, pinned to the processor of its side. */
export function pinned(side: Side, { file, args }: Command): Command {
  if (!processorOf) return { file, args };
  return { file: "taskset", args: ["--cpu-list", String(processorOf[side]), file, ...args] };
}

/** The description that stands beside the figures. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const count = `${processors.length} ${processors.length === 1 ? "core" : "cores"}`;
  return `${model}, ${count}, Node ${process.versions.node}`;
}

export function describePinning(): string {
  return processorOf
    ? `server on processor ${processorOf.server}, load on ${processorOf.load}`
    : "server and load share processors, for want of two or of taskset(1)";
}

/** Descriptors that a process may have open: `ulimit -Hn`, which Node raises its own limit to. */
export function openFilesLimit(): number {
  const limit = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Whether a program exists, by name or path. */
export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', program]).status === 0;
}

/** Null if there is only one processor, or no taskset(1). */
function sides(): Readonly<Record<Side, number>> | null {
  const allowed = allowedProcessors();
  const [load, server] = [allowed[0], allowed.at(-1)];
  if (load === undefined || server === undefined || load === server || !isInstalled("taskset")) return null;
  return { server, load };
}

/** As in `0,2-5`. */
function allowedProcessors(): number[] {
  if (process.platform !== "linux") return [];
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
