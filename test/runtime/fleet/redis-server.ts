/** A real engine for tests: Debian's redis-server, or Valkey's. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RedisClient } from "redis";
import { onFreePort } from "../../free-port.ts";
import { type CertificateFiles, inUrl, tlsOptions } from "./engine-certificates.ts";

const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);

/** Makes a client. `createClient()` would make a class with all commands for each, which takes 30 ms. */
export const redisClient = RedisClient.factory();

/** Where there is none, tests of it are skipped. */
export const hasRedis = program !== undefined;

export class RedisServer {
  readonly port: number;
  readonly #launch: Launch;
  #process: ChildProcess;

  private constructor(port: number, launched: Launch, process: ChildProcess) {
    this.port = port;
    this.#launch = launched;
    this.#process = process;
  }

  /** @param options of its command line, in addition */
  static async start(options: readonly string[] = [], access: Access = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-engine-"));
    const { password, certificates } = access;
    const args = [
      ...["--save", "", "--appendonly", "no", "--dir", folder],
      ...(password === undefined ? [] : ["--requirepass", password, "--masterauth", password]),
      ...(certificates ? [...tlsOptions(certificates), "--tls-replication", "yes", "--tls-cluster", "yes"] : []),
      ...options,
    ];
    return RedisServer.#start({ folder, args, access, ready: "Ready to accept connections" });
  }

  /** @param lines of its file */
  static async startSentinel(lines: readonly string[], access: Access): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-sentinel-"));
    const file = join(folder, "sentinel.conf");
    await writeFile(file, `${[`dir ${folder}`, ...lines, `requirepass "${access.password ?? ""}"`].join("\n")}\n`);
    const { certificates } = access;
    const tls = certificates ? [...tlsOptions(certificates), "--tls-replication", "yes"] : [];
    return RedisServer.#start({ folder, args: [file, "--sentinel", ...tls], access, ready: "Sentinel ID is" });
  }

  static #start(launched: Launch): Promise<RedisServer> {
    return onFreePort(async (port) => new RedisServer(port, launched, await launch(port, launched)), "127.0.0.1");
  }

  get url(): string {
    const { certificates } = this.#launch.access;
    return `${certificates ? "rediss" : "redis"}://127.0.0.1:${this.port}${inUrl(certificates ?? null)}`;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Ends it with all that it knew, and starts another in its place. */
  async restart(): Promise<void> {
    await this.kill();
    this.#process = await launch(this.port, this.#launch);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#launch.folder, { recursive: true, force: true });
  }

  /** Sends one command. */
  ask(...command: string[]): Promise<unknown> {
    return this.inSession((send) => send(...command));
  }

  /** Sends commands by one connection. */
  async inSession<Result>(
    work: (send: (...command: string[]) => Promise<unknown>) => Promise<Result>,
  ): Promise<Result> {
    const { password, certificates } = this.#launch.access;
    const client = redisClient({
      ...(password === undefined ? {} : { password }),
      socket: {
        ...{ host: "127.0.0.1", port: this.port },
        ...(certificates && {
          tls: true,
          ca: await readFile(certificates.caFile),
          cert: await readFile(certificates.certificateFile),
          key: await readFile(certificates.keyFile),
        }),
      },
    });
    await client.connect();
    try {
      return await work((...command) => client.sendCommand(command));
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

interface Access {
  /** That it asks for, and that it gives to others of its kind. */
  readonly password?: string;
  /** By which it proves itself, and others have to, too: it speaks TLS, and nothing else. */
  readonly certificates?: CertificateFiles;
}

/** How it is started, each time. */
interface Launch {
  readonly folder: string;
  readonly args: readonly string[];
  readonly access: Access;
  /** What it says when it is. */
  readonly ready: string;
}

async function launch(port: number, { args, access, ready }: Launch): Promise<ChildProcess> {
  const ports = access.certificates ? ["--port", "0", "--tls-port", String(port)] : ["--port", String(port)];
  const options = [...args, ...ports, "--bind", "127.0.0.1"];
  const child = spawn(program ?? "", options, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines)
    if (line.includes(ready)) {
      child.stdout.resume();
      return child;
    }
  throw new Error(`${program} has ended before it was ready, on port ${port}.`);
}
