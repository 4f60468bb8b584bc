/** Programs that others wrote, which the tests drive Gatehouse with. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/**
 * Whether a program is on this machine. On a CI machine all of them must be: a missing one fails its tests there
 * instead of skipping them.
 */
export function installed(program: string): boolean {
  if (process.env["CI"]) return true;
  return spawnSync("sh", ["-c", `command -v "${program}"`]).status === 0;
}

let interpreter: string | undefined;

/** Python itself. The name `python3` may be a version manager's script, which takes ten times as long to start. */
export function python(): string {
  interpreter ??= spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
  return interpreter;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds after which the program is killed; 60,000 by default. */
  readonly timeout?: number;
}

/** Runs a program to its end; whatever its exit status is, it is an outcome. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    timeout: options.timeout ?? 100_000,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return outcomeOf(child);
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
