/** A server that is somebody else's program, pinned to the server's processor. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Command, pinned } from "./machine.ts";
import { cpuOfTree } from "./process-tree.ts";
import type { MeasuredServer } from "./server-process.ts";
import { awaitGreeting } from "./servers/greeting.ts";

/** Seconds after which a program is ended even if the bench was killed and could not do so. */
const timeLimit = 600;

export class ProgramServer implements MeasuredServer {
  readonly #child: ChildProcess;
  readonly port: number;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    process.once("exit", this.#end);
  }

  readonly #end = (): void => {
    this.#child.kill("SIGTERM");
  };

  async cpu(): Promise<number> {
    return cpuOfTree(this.#child.pid ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, "exit");
    this.#end();
    await over;
    process.off("exit", this.#end);
  }
}

/** Resolves when it greets. */
export async function startProgram(
  command: Command,
  {
    port,
    served = port,
    env = {},
  }: {
    /** Greets in clear. */
    readonly port: number;
    /** What is measured, where it is another. */
    readonly served?: number;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<ProgramServer> {
  const limited = { file: "timeout", args: ["--kill-after=5", String(timeLimit), command.file, ...command.args] };
  const { file, args } = pinned("server", limited);
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } });
  const server = new ProgramServer(child, served);
  try {
    await awaitGreeting(port);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}
