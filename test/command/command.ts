/** The command, as a process of its own. */
import { execFile } from "node:child_process";
import { startingCommand } from "../bundled-command.ts";

export function command(...args: string[]): Promise<{ code: unknown; out: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...startingCommand, ...args], (error, out, errors) =>
      resolve({ code: error?.code ?? 0, out, errors }),
    );
  });
}
