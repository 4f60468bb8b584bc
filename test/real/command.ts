/** The command as its user runs it: a process of its own, with its exit status, its words and its log. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate as immediate } from "node:timers/promises";
import { createTransport } from "nodemailer";
import { onTestFinished } from "vitest";
import { bundledCommand, startingCommand } from "../bundled-command.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { putReadyFiles } from "../ready-files.ts";
import { trickyMessage } from "./messages.ts";
import { type Outcome, type RunOptions, run } from "./programs.ts";

export const entryPoint = bundledCommand;

/** Runs the command to its end, in an empty folder unless told otherwise. */
export function gatehouse(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(process.execPath, [...startingCommand, ...args], { cwd: temporaryDirectory(), ...options });
}

/** A document in a file. @returns its path. */
export async function documentFile(document: unknown, folder = temporaryDirectory()): Promise<string> {
  const file = join(folder, "gatehouse.json");
  await writeFile(file, typeof document === "string" ? document : JSON.stringify(document));
  return file;
}

/** A data folder with what a server would make for itself first. */
async function dataFolder(document: unknown): Promise<string> {
  const directory = temporaryDirectory();
  await putReadyFiles(directory, document);
  return directory;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface ServingCommand {
  readonly pid: number;
  readonly data: string;
  /** The document. */
  readonly file: string;
  /** The log, line by line, up to now. */
  readonly log: readonly LogLine[];
  /** What it says to a person, once it has ended. */
  readonly words: Promise<string>;
  /** Its end: exit status and signal. */
  readonly end: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** The port of a listener's first address, from the log. */
  port(listener: string): number;
  kill(signal: NodeJS.Signals): void;
  /** Waits until a signal does what the command wants, and not what it does by default (Linux). */
  catches(signal: NodeJS.Signals): Promise<void>;
  /** Waits for a line of the log that has these fields; one that has come already counts. */
  logged(fields: LogLine): Promise<LogLine>;
}

/** How the command is started, where that matters. */
export interface Launch {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The file of the command, if not the one that was made for the tests. */
  readonly entry?: string;
  /** A program and its arguments that become the command by exec. */
  readonly by?: readonly string[];
  /** Descriptors of this process that the command finds from 3 on. */
  readonly descriptors?: readonly number[];
  /** Where the document lies; a folder of its own by default. */
  readonly folder?: string;
  /** The path that is given for the document, in place of where it lies. */
  readonly document?: string;
}

/** Starts `gatehouse serve` and waits until it runs. It is killed when the test ends, if it still lives then. */
export async function serve(document: unknown, data?: string, launching: Launch = {}): Promise<ServingCommand> {
  const server = await launch(document, { ...(data !== undefined && { data }), ...launching });
  const failed = server.end.then(async ([code]) => {
    throw new Error(`gatehouse serve ended with ${code}: ${await server.words}`);
  });
  failed.catch(() => {});
  await Promise.race([server.logged({ event: "server.running" }), failed]);
  return server;
}

/** Starts `gatehouse serve`. It is killed when the test ends, if it still lives then. */
export async function launch(
  content: unknown,
  {
    data: given,
    document,
    args = [],
    env = {},
    entry,
    by = [],
    descriptors = [],
    folder,
  }: Launch & { readonly data?: string } = {},
): Promise<ServingCommand> {
  const data = given ?? (await dataFolder(content));
  const file = document ?? (await documentFile(content, folder));
  const starting = entry === undefined ? startingCommand : [entry];
  const [program = "", ...rest] = [...by, process.execPath, ...starting, "serve", "--config", file, "--data", data];
  const child = spawn(program, [...rest, ...args], {
    stdio: ["ignore", "pipe", "pipe", ...descriptors],
    env: { ...process.env, ...env },
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await end;
  });
  const end = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const [, stdout, stderr] = child.stdio as unknown as [null, Readable, Readable];
  const words = text(stderr);
  const log: LogLine[] = [];
  const lines = createInterface(stdout);
  lines.on("line", (line) => {
    const entry = JSON.parse(line) as LogLine;
    log.push(entry);
    lines.emit("entry");
  });
  const logged = async (fields: LogLine): Promise<LogLine> => {
    for (;;) {
      const past = log.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
      if (past) return past;
      await once(lines, "entry");
    }
  };
  return {
    pid: child.pid ?? 0,
    data,
    file,
    log,
    words,
    end,
    logged,
    port: (listener) => portIn(log, listener),
    kill: (signal) => child.kill(signal),
    catches: (signal) => caught(child.pid ?? 0, signal),
  };
}

async function caught(pid: number, signal: NodeJS.Signals): Promise<void> {
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  for (;;) {
    const [, mask = "0"] = /^SigCgt:\s*([0-9a-f]+)/m.exec(await readFile(`/proc/${pid}/status`, "latin1")) ?? [];
    if ((BigInt(`0x${mask}`) & bit) !== 0n) return;
    await immediate();
  }
}

function portIn(log: readonly LogLine[], name: string): number {
  const line = log.find(({ event, listener }) => event === "listener.listening" && listener === name);
  const [address = ""] = (line?.["addresses"] ?? []) as string[];
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Submits `trickyMessage` from the login to itself, under implicit TLS. */
export async function submit(
  server: ServingCommand,
  auth: { readonly user: string; readonly pass: string },
): Promise<void> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: server.port("submissions"),
    secure: true,
    auth,
    tls: { rejectUnauthorized: false },
  });
  await transport.sendMail({ raw: trickyMessage, envelope: { from: auth.user, to: auth.user } });
}
