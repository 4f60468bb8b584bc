/** A real engine for tests: Debian's redis-server, or Valkey's. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { onFreePort } from "../../free-port.ts";

const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);

/** Where there is none, tests of it are skipped. */
export const hasRedis = program !== undefined;

export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-engine-"));
    return onFreePort(async (port) => new RedisServer(port, folder, await launch(port, folder)), "127.0.0.1");
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Ends it with all that it knew, and starts another in its place. */
  async restart(): Promise<void> {
    await this.kill();
    this.#process = await launch(this.port, this.#folder);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Sends one command. */
  async ask(...command: string[]): Promise<unknown> {
    const client = createClient({ url: this.url });
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  }

  /** A fleet that has been there for long: nothing of it can have been forgotten. */
  async settled(keyPrefix: string): Promise<void> {
    const run = /run_id:(\w+)/.exec(String(await this.ask("INFO", "server")))?.[1];
    await this.ask("HSET", `{${keyPrefix}}:fleet`, "#fleet", JSON.stringify({ run, open: 0, lacking: {} }));
  }
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const child = spawn(program ?? "", options, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines)
    if (line.includes("Ready to accept connections")) {
      child.stdout.resume();
      return child;
    }
  throw new Error(`${program} has ended before it was ready, on port ${port}.`);
}
