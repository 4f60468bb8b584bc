/** The load generator for this machine: in C, compiled on the spot, or else on Node. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Command, isInstalled, pinned } from "../machine.ts";
import { temporaryDirectory } from "../temporary.ts";

let compiled: string | null | undefined;

/** For the modes that both generators have. */
export function plainGenerator(args: readonly string[]): Command {
  compiled ??= compile();
  return compiled === null ? nodeGenerator(args) : pinned("load", { file: compiled, args });
}

/** For the modes that only the Node one has. */
export function nodeGenerator(args: readonly string[]): Command {
  const script = new URL("./generator.ts", import.meta.url).pathname;
  return pinned("load", { file: process.execPath, args: [script, ...args] });
}

function compile(): string | null {
  if (process.platform !== "linux" || !isInstalled("cc")) return null;
  const program = join(temporaryDirectory().path, "generator");
  const source = new URL("./generator.c", import.meta.url).pathname;
  return spawnSync("cc", ["-O2", "-o", program, source]).status === 0 ? program : null;
}
