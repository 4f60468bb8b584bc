/** What the harness asks a Node server, over Node's channel between processes. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Pauses } from "./event-loop.ts";

export interface Answers {
  /** CPU so far, of all threads; microseconds. */
  cpu: number;
  /** CPU so far, by the name of the thread; microseconds. Of the threads that there are. */
  threads: Readonly<Record<string, number>>;
  /** After a garbage collection; octets. */
  memory: { readonly heap: number; readonly rss: number };
  /** As it is, without a collection: memory of its own, and its part of what it shares with other processes; octets. */
  pss: number;
  /** The highest resident size since the last such question; octets. Null if the system does not report it. */
  peak: number | null;
  /** Gatehouse only. Carries out one reload and reports how long the event loop stood still. */
  reload: Pauses;
  /** Gatehouse only. The same for an equal time without a reload. */
  quiet: Pauses;
  /** Gatehouse with many listeners only: its start, a reload that removes half of them, one that adds them again, and a stop. */
  start: Pauses;
  halve: Pauses;
  double: Pauses;
  drain: Pauses;
  /** Connections that are open. */
  open: number;
  /** With an inspector only. The URL of its page. */
  inspector: string;
  /** With its management only: the port that it answers on. */
  management: number;
  /** Gatehouse with all protocols, or with many listeners, only. By the name of the listener. */
  ports: Readonly<Record<string, number>>;
  /** Gatehouse with all protocols only. The longest turn of the event loop and of a thread of the store since the last such question; busy milliseconds. */
  stalls: { readonly loop: number; readonly thread: number };
  /** Gatehouse's mail store only. */
  kept: { readonly messages: number; readonly commits: number };
}

export type Question = keyof Answers;

export type AnswerFunctions = Partial<{ [Name in Question]: () => Answers[Name] | Promise<Answers[Name]> }>;

/** Reports the port and answers until the harness ends or disconnects. */
export function answer(port: number, more: AnswerFunctions = {}): void {
  const functions: AnswerFunctions = { cpu, threads, memory, pss, peak, ...more };
  process.on("message", async (question: Question) => {
    process.send?.({ answer: await functions[question]?.() });
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ port });
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** proc_pid_schedstat(5): the scheduler's own nanoseconds. */
function threads(): Answers["threads"] {
  const times: Record<string, number> = {};
  for (const thread of readdirSync("/proc/self/task")) {
    const at = `/proc/self/task/${thread}`;
    const name = readFileSync(`${at}/comm`, "utf8").trim();
    const [time = ""] = readFileSync(`${at}/schedstat`, "utf8").split(" ");
    times[name] = (times[name] ?? 0) + Number(time) / 1_000;
  }
  return times;
}

function memory(): Answers["memory"] {
  // The second one frees what finalizers and weak references kept during the first.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed: heap, rss } = process.memoryUsage();
  return { heap, rss };
}

/** proc_pid_smaps_rollup(5); resident memory where there is no such file. */
function pss(): number {
  if (process.platform !== "linux") return process.memoryUsage().rss;
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))?.[1];
  return Number(kibibytes) * 1024;
}

/** proc_pid_status(5) has it, and proc_pid_clear_refs(5) resets it. */
function peak(): number | null {
  if (process.platform !== "linux") return null;
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  writeFileSync("/proc/self/clear_refs", "5");
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
