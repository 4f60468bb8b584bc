import { spawn, spawnSync } from "node:child_process";

/** Missing programs skip their tests on a developer's machine, and fail them in CI. */
export function isMissing(program: string, versionFlag = "--version"): boolean {
  return !process.env["CI"] && spawnSync(program, [versionFlag]).error !== undefined;
}

export interface Run {
  readonly status: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], input = ""): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe" });
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString("latin1");
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
    child.stdin.end(input);
  });
}

/** A handshake by OpenSSL's own client, which then closes. */
export function opensslClient(port: number, ...args: readonly string[]): Promise<Run> {
  return run("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...args]);
}
