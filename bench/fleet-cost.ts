/**
 * What an accept costs a node of a fleet: without a fleet, with caps over the fleet alone, and with limits of addresses that
 * the engine is asked about. Each server is a process of its own; all take turns, several times, and the median of the turns
 * counts.
 *
 * `node bench/fleet-cost.ts [CLIENTS] [TURNS] [WIDTH]`, by default 4000 a turn, 5 turns, 40 clients at once. Needs
 * redis-server.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { RedisServer } from "../test/runtime/fleet/redis-server.ts";

const [clients = 4_000, turns = 5, width = 40] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "gatehouse-cost-"));
const program = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
const engine = await RedisServer.start();
await engine.settled("gatehouse");
const cluster = { url: engine.url };
const rate = { connectionRate: { count: 1_000_000, interval: "1s" } };

const servers = await Promise.all([
  start("no fleet", {}),
  start("a fleet: caps", { cluster: { ...cluster, node: "caps" } }),
  start("no fleet, a rate", {}, rate),
  start("a fleet: a rate", { cluster: { ...cluster, node: "rate" } }, { name: "rated", ...rate }),
  start(
    "a fleet: a rate and a cap of the address",
    { cluster: { ...cluster, node: "both" } },
    { name: "both", ...rate, maxConnectionsPerAddress: 10_000 },
  ),
]);

interface Turn {
  /** Microseconds for each client. */
  readonly cpu: number;
  /** Milliseconds from the SYN to the greeting. */
  readonly median: number;
  readonly p99: number;
}
const results = new Map<string, Turn[]>(servers.map(({ name }) => [name, []]));
for (let turn = -1; turn < turns; turn += 1)
  for (const server of servers) {
    const before = cpuOf(server.pid);
    const waits = await storm(server.port);
    const cpu = ((cpuOf(server.pid) - before) * 1_000_000) / clients;
    // The first one warms up.
    if (turn >= 0) results.get(server.name)?.push({ cpu, median: quantile(waits, 0.5), p99: quantile(waits, 0.99) });
  }

console.log(`| ${clients} clients, ${width} at once; medians of ${turns} turns (lowest to highest) | CPU of the node, µs | greeted after, median ms | p99 ms |
|---|---|---|---|`);
for (const [name, of] of results) {
  const [cpu, median, p99] = (["cpu", "median", "p99"] as const).map((key) => of.map((turn) => turn[key]));
  console.log(`| ${name} | ${spread(cpu, 0)} | ${spread(median, 2)} | ${spread(p99, 2)} |`);
}
for (const { pid } of servers) process.kill(pid, "SIGTERM");
await engine.stop();
rmSync(folder, { recursive: true, force: true });

async function start(name: string, system: object, listener: object = {}) {
  const data = join(folder, name.replace(/\W/g, "-"));
  const document = `${data}.json`;
  const listeners = [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false, socketBacklog: 4096, ...listener }];
  writeFileSync(
    document,
    JSON.stringify({ NetworkListener: listeners, SystemSettings: { defaultHostname: "localhost", ...system } }),
  );
  const args = [program, "serve", "-c", document, "-d", data, "--log-level", "error"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface(child.stderr)) {
    const port = /on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (!port) continue;
    child.stderr.resume();
    return { name, pid: child.pid ?? 0, port: Number(port) };
  }
  throw new Error(`${name} has ended before it listened.`);
}

async function storm(port: number): Promise<number[]> {
  const waits: number[] = [];
  let begun = 0;
  const go = async (): Promise<void> => {
    while (begun < clients) {
      begun += 1;
      waits.push(await visit(port));
    }
  };
  await Promise.all(Array.from({ length: width }, go));
  return waits.sort((one, other) => one - other);
}

function visit(port: number): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let wait = 0;
    socket.on("data", (data) => {
      if (wait > 0) return;
      wait = performance.now() - began;
      if (!data.toString("latin1").startsWith("220")) reject(new Error(data.toString("latin1")));
      socket.end("QUIT\r\n");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(wait));
  });
}

/** Seconds. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function spread(values: readonly number[] = [], digits: number): string {
  const sorted = [...values].sort((one, other) => one - other);
  const [low = 0, high = 0] = [sorted[0], sorted.at(-1)];
  return `${quantile(sorted, 0.5).toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
