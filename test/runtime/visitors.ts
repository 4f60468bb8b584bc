/** A crowd of SMTP clients in a process of its own; see `children/visitors.ts`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

const program = new URL("children/visitors.ts", import.meta.url).pathname;

export interface Visitors {
  /** The kernel has completed every client's handshake. */
  readonly connected: Promise<void>;
  /** How many heard what: `220 221` for those who were served, `ECONNRESET` for those who were reset. */
  readonly heard: Promise<Record<string, number>>;
}

export function visitors(port: number, clients: number, stay = 0): Visitors {
  const child = spawn(process.execPath, [program, `${port}`, `${clients}`, `${stay}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  });
  let counted = "";
  const connected = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<Record<string, number>>();
  createInterface(child.stdout).on("line", (line) => {
    if (line === "connected") connected.resolve();
    else counted = line;
  });
  child.on("close", (code) => {
    if (code === 0) heard.resolve(JSON.parse(counted));
    else heard.reject(new Error(`The visitors ended with ${code}.`));
  });
  return { connected: connected.promise, heard: heard.promise };
}
