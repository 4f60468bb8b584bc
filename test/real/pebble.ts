/** Pebble, Let's Encrypt's authority for tests, on ports of its own; its validation leads to the ports of the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { freePort } from "../free-port.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { trusted } from "../runtime/acme/trusted.ts";
import { installed } from "./programs.ts";

export const pebbleRuns = installed("pebble") && installed("pebble-challtestsrv");

export interface Pebble {
  readonly directory: string;
}

/** @param ports where the proofs are looked for, whatever the name: all lead to this machine. */
export async function startPebble(
  { tlsPort, httpPort }: { readonly tlsPort: number; readonly httpPort: number },
  env: Readonly<Record<string, string>> = {},
): Promise<Pebble> {
  const folder = temporaryDirectory();
  const [port, managementPort, dnsPort, dnsManagementPort] = await Promise.all(
    Array.from({ length: 4 }, () => freePort("127.0.0.1")),
  );
  const own = await trusted();
  writeFileSync(join(folder, "cert.pem"), own.certificate);
  writeFileSync(join(folder, "key.pem"), own.privateKey, { mode: 0o600 });
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: join(folder, "cert.pem"),
      privateKey: join(folder, "key.pem"),
      httpPort,
      tlsPort,
      ocspResponderURL: "",
      externalAccountBindingRequired: false,
    },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const names = start("pebble-challtestsrv", [
    ...["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", `127.0.0.1:${dnsPort}`],
    ...["-management", `127.0.0.1:${dnsManagementPort}`, "-http01", "", "-https01", "", "-tlsalpn01", ""],
  ]);
  await said(names, /Starting management server|Creating TCP and UDP DNS/);
  const args = ["-config", join(folder, "config.json"), "-dnsserver", `127.0.0.1:${dnsPort}`];
  const pebble = start("pebble", args, { PEBBLE_VA_NOSLEEP: "1", ...env });
  await said(pebble, /ACME directory available at/);
  return { directory: `https://localhost:${port}/dir` };
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return child;
}

/** Its further lines are dropped. */
function said(child: ChildProcess, wanted: RegExp): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (lines.length < 100) lines.push(line);
        if (wanted.test(line)) resolve();
      });
    }
    child.once("exit", () => reject(new Error(`It has ended:\n${lines.join("\n")}`)));
    child.once("error", reject);
  });
}
