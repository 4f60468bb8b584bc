/**
 * A storm over the nodes of a fleet while everything happens to them that can: nodes join, leave, are killed and paused, and
 * the engine is restarted, slow, full, frozen and out of reach. The clients record who is inside at each moment. Exits with 1
 * if more were than docs/fleet.md says, or if the fleet let nobody in afterwards.
 *
 * `node bench/fleet-storm.ts [CLIENTS] [WIDTH] [WORKERS]`, by default at least 5000, 300 of them at once, and one worker of
 * each node. Needs redis-server.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EngineWay } from "../test/runtime/fleet/engine-way.ts";
import { RedisServer } from "../test/runtime/fleet/redis-server.ts";
import { Crowd, type Door } from "./soak/crowd.ts";

const [clients = 5_000, width = 300, workers = 1] = process.argv.slice(2).map(Number);
const cap = 100;
const leaseTime = 2_000;
const folder = mkdtempSync(join(tmpdir(), "gatehouse-storm-"));
const program = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
const engine = await RedisServer.start();
await engine.settled("gatehouse");

class StormNode implements Door {
  readonly name: string;
  readonly way: EngineWay;
  port: number | null = null;
  #child: ChildProcess | null = null;
  #states: string[] = [];
  #starts = 0;

  constructor(name: string, way: EngineWay) {
    this.name = name;
    this.way = way;
  }

  /** Resolves when it is in the fleet. */
  async start(): Promise<void> {
    this.#starts += 1;
    const data = join(folder, `${this.name}-${this.#starts}`);
    const document = `${data}.json`;
    const cluster = { url: this.way.url, leaseTime, onLoss: "refuse" };
    const listener = { name: "smtp", bind: ["127.0.0.1:0"], useTls: false };
    const system = {
      defaultHostname: "localhost",
      maxConnections: cap,
      drainTimeout: "3s",
      cluster,
      workers,
    };
    writeFileSync(document, JSON.stringify({ NetworkListener: [listener], SystemSettings: system }));
    const args = [program, "serve", "-c", document, "-d", data, "--node", this.name];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    this.#child = child;
    this.#states = [];
    createInterface(child.stdout).on("line", (line) => {
      const { event, addresses = [""] } = JSON.parse(line) as { event: string; addresses?: string[] };
      if (event === "listener.listening") this.port = Number(addresses[0]?.split(":")[1]);
      if (event.startsWith("fleet.")) this.#states.push(event.slice("fleet.".length));
    });
    child.once("exit", () => {
      if (this.#child === child) this.port = null;
    });
    await this.until("connected");
    while (this.port === null) await pause(20);
  }

  async until(state: string): Promise<void> {
    while (this.#states.at(-1) !== state) await pause(20);
  }

  signal(signal: NodeJS.Signals): void {
    if (signal === "SIGKILL" || signal === "SIGTERM") this.port = null;
    this.#child?.kill(signal);
  }

  async gone(): Promise<void> {
    const child = this.#child;
    while (child && child.exitCode === null && child.signalCode === null) await pause(20);
  }
}

const ways = await Promise.all(["a", "b", "c", "d"].map(() => EngineWay.open(engine.port)));
const nodes = ways.map((way, at) => new StormNode("abcd"[at] ?? "", way));
const [a, b, c, d] = nodes as [StormNode, StormNode, StormNode, StormNode];
const three = [a, b, c];
await Promise.all(three.map((node) => node.start()));
const crowd = new Crowd(nodes, width);
/** Those who were inside a node when its lease ended. */
let leftInside = 0;
const inside = (node: StormNode): number => crowd.inside.get(node.name) ?? 0;

/** The node is away for longer than its lease: those inside may be one too many each. */
async function away(node: StormNode, back: () => void): Promise<void> {
  await pause(leaseTime * 0.8);
  // Its lease ends by its own clock from here on, and by the engine's a little later.
  leftInside = inside(node);
  await pause(leaseTime * 1.7);
  back();
  await node.until("connected");
}

const parts: readonly (readonly [what: string, happens: () => Promise<void>])[] = [
  ["nothing else", () => pause(3_000)],
  ["a node joins", () => d.start()],
  [
    "a node drains",
    async () => {
      d.signal("SIGTERM");
      await d.gone();
    },
  ],
  [
    "a node is killed, and starts again",
    async () => {
      c.signal("SIGKILL");
      await pause(leaseTime * 1.5);
      await c.start();
    },
  ],
  [
    "a node is paused for longer than its lease",
    () => {
      b.signal("SIGSTOP");
      return away(b, () => b.signal("SIGCONT"));
    },
  ],
  [
    "the engine restarts, with nothing in its memory",
    async () => {
      await engine.restart();
      await pause(leaseTime * 2);
    },
  ],
  [
    "the engine is slow (100 ms each way)",
    async () => {
      for (const way of ways) way.delay = 100;
      await pause(4_000);
      for (const way of ways) way.delay = 0;
    },
  ],
  [
    "the engine is full",
    async () => {
      await engine.ask("CONFIG", "SET", "maxmemory", "1");
      await pause(leaseTime * 2);
      await engine.ask("CONFIG", "SET", "maxmemory", "0");
      await Promise.all(three.map((node) => node.until("connected")));
    },
  ],
  [
    "the engine is frozen for longer than the lease",
    async () => {
      process.kill(engine.pid, "SIGSTOP");
      await pause(leaseTime * 2);
      process.kill(engine.pid, "SIGCONT");
      await Promise.all(three.map((node) => node.until("connected")));
    },
  ],
  ...three.map(
    (node) =>
      [
        `the engine is out of reach for node ${node.name}`,
        () => {
          node.way.cut();
          return away(node, () => node.way.mend());
        },
      ] as const,
  ),
];

const failures: string[] = [];
console.log(`| what happens | clients | let in | refused | without an answer | most inside | allowed |
|---|---|---|---|---|---|---|`);
for (let round = 0; round === 0 || crowd.all < clients; round += 1)
  for (const [what, happens] of parts) {
    crowd.begin();
    leftInside = 0;
    await happens();
    const { come, admitted, refused, failed, most } = crowd.begin();
    const allowed = cap + leftInside;
    console.log(`| ${what} | ${come} | ${admitted} | ${refused} | ${failed} | ${most} | ${allowed} |`);
    if (most > allowed) failures.push(`${what}: ${most} inside, where ${allowed} are allowed`);
    leftInside = 0;
    await pause(1_500);
    const after = crowd.begin();
    if (after.admitted === 0) failures.push(`${what}: nobody was let in afterwards`);
    // The last of those who were too many have to leave first.
    while (crowd.total > cap) await pause(50);
  }
await crowd.end();
console.log(`\n${crowd.all} clients; ${failures.length === 0 ? "as docs/fleet.md says" : failures.join("; ")}`);
for (const node of nodes) node.signal("SIGTERM");
await Promise.all(nodes.map((node) => node.gone()));
for (const way of ways) way.close();
await engine.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(failures.length === 0 ? 0 : 1);
