/** An example of `examples/` as a process of its own, which says on which port it listens. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { asPackage } from "../bundled-command.ts";

export interface RunningExample {
  readonly port: number;
  /** The next line that it prints. */
  line(): Promise<string>;
  /** Sends SIGINT. @returns its exit status. */
  interrupt(): Promise<number | null>;
}

export async function runExample(name: string, ...rest: readonly string[]): Promise<RunningExample> {
  const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [...asPackage, file, "0", ...rest], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (!child.stdout) throw new Error("The example has no standard output.");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended before it had said what was waited for.`);
    return value;
  };
  const port = Number(/:(\d+)$/.exec(await line())?.[1]);
  return {
    port,
    line,
    async interrupt() {
      const exited = once(child, "exit");
      child.kill("SIGINT");
      const [status] = await exited;
      return status;
    },
  };
}
