/** A peer: Postfix's smtpd under its own master, without the machine's configuration. */

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "../machine.ts";
import { type ProgramServer, startProgram } from "../program-server.ts";
import { freePort } from "./free-port.ts";

const master = "/usr/lib/postfix/sbin/master";

/** Why it cannot run, or null. */
export function postfixMissing(): string | null {
  if (!isInstalled(master)) return "not installed";
  return process.getuid?.() === 0 ? null : "needs root";
}

/** In this empty directory. No log, name lookups or client limits: only the connection is left. */
export async function startPostfix(directory: string): Promise<ProgramServer> {
  const port = await freePort();
  const owner = Number(execFileSync("id", ["-u", "postfix"], { encoding: "utf8" }));
  const queues = ["private", "public", "maildrop", "incoming", "active", "deferred"];
  for (const name of ["queue", "queue/pid", "data", ...queues.map((queue) => `queue/${queue}`)])
    mkdirSync(join(directory, name));
  for (const name of ["data", ...queues.map((queue) => `queue/${queue}`)]) chownSync(join(directory, name), owner, -1);
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, "main.cf"), mainConfiguration(directory));
  writeFileSync(join(directory, "master.cf"), `127.0.0.1:${port} inet n - n - 50 smtpd\nanvil unix - - n - 1 anvil\n`);
  return startProgram({ file: master, args: ["-c", directory, "-d"] }, { port });
}

function mainConfiguration(directory: string): string {
  return [
    "compatibility_level = 3.6",
    `queue_directory = ${directory}/queue`,
    `data_directory = ${directory}/data`,
    "myhostname = localhost",
    "inet_interfaces = 127.0.0.1",
    "inet_protocols = ipv4",
    "smtpd_peername_lookup = no",
    "smtpd_client_connection_count_limit = 0",
    "smtpd_client_connection_rate_limit = 0",
    "alias_maps =",
    "local_recipient_maps =",
    "max_use = 1000000",
    "",
  ].join("\n");
}
