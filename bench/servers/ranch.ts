/** A peer: Ranch, on Erlang. */
import { spawnSync } from "node:child_process";
import { isInstalled } from "../machine.ts";
import { type ProgramServer, startProgram } from "../program-server.ts";
import { freePort } from "./free-port.ts";

/** Erlang finds Ranch in its own library, or in a folder of `ERL_LIBS`. */
export function ranchMissing(): string | null {
  if (!isInstalled("erl")) return "Erlang is not installed";
  const look = "case code:which(ranch) of non_existing -> halt(1); _ -> halt(0) end.";
  return spawnSync("erl", ["-noshell", "-eval", look]).status === 0 ? null : "not installed";
}

/** Compiled into this directory; on one scheduler. */
export async function startRanch(directory: string): Promise<ProgramServer> {
  const port = await freePort();
  const source = new URL("./ranch_bench.erl", import.meta.url).pathname;
  const compile = `{ok, _} = compile:file("${source}", [{outdir, "${directory}"}]), halt(0).`;
  if (spawnSync("erl", ["-noshell", "-eval", compile], { stdio: "inherit" }).status !== 0)
    throw new Error("The protocol for Ranch could not be compiled.");
  const start = `{ok, _} = ranch_bench:start(${port}).`;
  const args = ["+S", "1:1", "-noshell", "-pa", directory, "-eval", start];
  return startProgram({ file: "erl", args }, { port });
}
