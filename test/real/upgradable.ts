/** `gatehouse serve` from a program on disk that a test can replace, and clients that come all the time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { askControl } from "../../src/control/control-client.ts";
import { startingCommand } from "../bundled-command.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { documentFile, entryPoint, gatehouse, type LogLine } from "./command.ts";
import type { Outcome } from "./programs.ts";

export interface Upgradable {
  /** Of the process that the test has started. */
  readonly pid: number;
  readonly data: string;
  readonly file: string;
  /** Of all processes, as they share standard output. */
  readonly log: readonly LogLine[];
  /** What all processes have written to standard error so far. */
  words(): string;
  /** Resolves when the first process has ended. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  port(listener: string): number;
  /** Waits for a line of the log that has these fields; one that has come already counts. */
  logged(fields: LogLine): Promise<LogLine>;
  /** What the successors run. */
  replaceProgram(code: string): Promise<void>;
  /** The program that is right. */
  restoreProgram(): Promise<void>;
  /** Writes the document, and waits until it is in force. */
  changeDocument(document: object): Promise<void>;
  upgrade(): Promise<Outcome>;
  /** The process that answers at the control socket. */
  inCharge(): Promise<number>;
  /** Ends the server, and waits for that. */
  stop(): Promise<void>;
}

export async function upgradable(
  document: object,
  { env = {}, wrapper = [] }: { readonly env?: Record<string, string>; readonly wrapper?: readonly string[] } = {},
): Promise<Upgradable> {
  const [folder, data] = [temporaryDirectory(), temporaryDirectory()];
  const program = join(folder, "gatehouse.mjs");
  const right = `await import(${JSON.stringify(pathToFileURL(entryPoint).href)});\n`;
  await writeFile(program, right);
  const file = await documentFile(document, folder);
  const starting = [process.execPath, ...startingCommand.slice(0, -1), program];
  const [command = "", ...args] = [...wrapper, ...starting, "serve", "--config", file, "--data", data];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const log: LogLine[] = [];
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    words += more;
  });
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => {
    log.push(JSON.parse(line) as LogLine);
    lines.emit("entry");
  });
  const logged = async (fields: LogLine): Promise<LogLine> => {
    for (;;) {
      const past = log.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
      if (past) return past;
      await once(lines, "entry");
    }
  };
  // Every process of the test has its program in its arguments.
  onTestFinished(() => {
    for (const pid of processesOf(program)) process.kill(pid, "SIGKILL");
  });
  const failed = exited.then(([code]) => {
    throw new Error(`gatehouse serve ended with ${code}: ${words}`);
  });
  failed.catch(() => {});
  await Promise.race([logged({ event: "server.running" }), failed]);
  const inCharge = async (): Promise<number> => {
    const { body } = await askControl(data, { method: "GET", path: "/status" });
    return (body as { pid: number }).pid;
  };
  return {
    pid: child.pid ?? 0,
    ...{ data, file, log, logged, inCharge },
    words: () => words,
    ended: exited,
    port: (listener) => portOf(log, listener),
    replaceProgram: (code) => writeFile(program, code),
    restoreProgram: () => writeFile(program, right),
    changeDocument: async (changed) => {
      await writeFile(file, JSON.stringify(changed));
      await gatehouse(["reload", "--data", data]);
    },
    upgrade: () => gatehouse(["upgrade", "--data", data]),
    stop: async () => {
      process.kill(await inCharge(), "SIGTERM");
      while (processesOf(program).length > 0) await delay(20);
    },
  };
}

function portOf(log: readonly LogLine[], name: string): number {
  const line = log.findLast(({ event, listener }) => event === "listener.listening" && listener === name);
  const [address = ""] = (line?.["addresses"] ?? []) as string[];
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** The processes that have this file in their arguments, and have not ended. */
export function processesOf(program: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && argumentsOf(pid).includes(program));
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

/** What a process has open, by kind: `socket`, `pipe`, or the path. */
export function openFiles(pid: number): string[] {
  return (
    readdirSync(`/proc/${pid}/fd`)
      .flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]$/, "")];
        } catch {
          return [];
        }
      })
      // The watch of the document's folder begins after the start.
      .filter((kind) => kind !== "anon_inode:inotify")
      .sort()
  );
}

export interface Visits {
  /** Clients that were greeted and took their leave. */
  readonly served: number;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
}

/** Clients that come one after the other, each greeted as by SMTP, `count` of them at a time, until the signal. */
export async function visitUntil(port: number, count: number, stop: AbortSignal): Promise<Visits> {
  const failed = new AbortController();
  onTestFinished(() => failed.abort());
  const signal = AbortSignal.any([stop, failed.signal]);
  const failures: string[] = [];
  let served = 0;
  const visitor = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await visit(port);
        served += 1;
        // The machine has successors to start, too.
        await delay(20);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: count }, visitor));
  return { served, failures };
}

/** Rejects unless it is greeted by 220, and its QUIT is answered by 221, or by 421 at the safe point before. */
async function visit(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const answers = text(socket);
  answers.catch(() => {});
  await once(socket, "connect");
  socket.once("data", () => socket.end("QUIT\r\n"));
  const said = await answers;
  if (!/^220 [^\r]+\r\n(?:221|421) /.test(said)) throw new Error(`was answered ${JSON.stringify(said)}`);
}
