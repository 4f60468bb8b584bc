/** A start, as a user makes it: until somebody is greeted, the memory at rest, and the first connections of the process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { pinned } from "../machine.ts";
import { cpuOfTree } from "../process-tree.ts";
import { freePort } from "../servers/free-port.ts";
import { awaitGreeting } from "../servers/greeting.ts";
import { isPeerInstalled } from "../servers/npm-peers.ts";
import { temporaryDirectory } from "../temporary.ts";
import type { Row, Workload } from "../workload.ts";

const command = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
/** Milliseconds until what a start leaves behind is done. */
const rest = 2_000;
const firstConnections = 2_000;
const mebibyte = 1_048_576;
/** Servers are rarely root's; and for root Gatehouse keeps nothing of what V8 has compiled. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;

interface Program {
  readonly args: readonly string[];
  readonly port: number;
}

interface Figures {
  readonly time: number[];
  readonly memory: number[];
  readonly first: number[];
}

export const start: Workload = {
  name: "start",
  missing: () => (existsSync(command) ? null : "`npm run build` makes the command that users start."),
  async run({ rounds, pick }) {
    using directory = temporaryDirectory();
    const programs = await programsIn(directory.path);
    const figures = new Map(
      Object.keys(programs).map((name) => [name, { time: [], memory: [], first: [] } as Figures]),
    );
    // A first start makes keys, a certificate and a database; the second keeps what V8 has compiled.
    for (const program of Object.values(programs))
      for (const _ of ["first", "second"]) await measure(program, { time: [], memory: [], first: [] });
    for (let round = 0; round < pick(2 * rounds, rounds); round += 1)
      for (const [name, program] of Object.entries(programs)) await measure(program, figures.get(name) as Figures);
    const rows = (figure: keyof Figures): Omit<Row, "goal">[] => {
      const ours = figures.get(gatehouse)?.[figure] ?? [];
      const others = Object.keys(programs).filter((name) => name !== gatehouse);
      return others.map((name) => {
        const against = { name, samples: figures.get(name)?.[figure] ?? [] };
        return { measured: gatehouse, samples: ours, against };
      });
    };
    const toBare = (figure: keyof Figures, limit: number): Row[] =>
      rows(figure).map((row, index) => ({ ...row, goal: index === 0 ? atMost(limit) : null }));
    return {
      tables: [
        { unit: "ms from its start to its greeting", digits: 0, rows: toBare("time", 6) },
        { unit: "PSS at rest, MB", rows: toBare("memory", 2) },
        { unit: `CPU µs for each of the first ${firstConnections} connections`, rows: toBare("first", 1.8) },
      ],
      notes: [
        "Gatehouse has two SMTP listeners, a data folder from earlier starts, and its log in a file; none runs as root.",
        "The others greet, answer QUIT and log nothing.",
      ],
    };
  },
};

const gatehouse = "Gatehouse, `serve`";

async function programsIn(directory: string): Promise<Record<string, Program>> {
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
  const document = join(directory, "gatehouse.json");
  const listener = (name: string, port: number) => ({ name, protocol: "smtp", bind: [`127.0.0.1:${port}`] });
  const listeners = [listener("smtp", ports[0]), listener("submission", ports[1])];
  const data = join(directory, "data");
  mkdirSync(data, { mode: 0o700 });
  if (user) for (const path of [directory, data]) chownSync(path, user.uid, user.gid);
  writeFileSync(document, JSON.stringify({ SystemSettings: { maxConnections: 30_000 }, NetworkListener: listeners }));
  const programs: Record<string, Program> = {
    [gatehouse]: { args: [command, "serve", "-c", document, "-d", data], port: ports[0] },
    "bare `node:net`": { args: ["-e", bareServer, String(ports[2])], port: ports[2] },
  };
  if (isPeerInstalled("smtp-server")) {
    const peer = createRequire(new URL("../peers/package.json", import.meta.url)).resolve("smtp-server");
    programs["smtp-server"] = { args: ["-e", peerServer, String(ports[3]), peer], port: ports[3] };
  }
  return programs;
}

const bareServer = `require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.write("220 localhost ESMTP ready\\r\\n");
  socket.on("data", () => { socket.end("221 2.0.0 Bye\\r\\n"); if (socket.writableLength === 0) socket.destroy(); });
}).listen({ port: Number(process.argv[1]), host: "127.0.0.1", backlog: 1024 });`;

const peerServer = `const { SMTPServer } = require(process.argv[2]);
new SMTPServer({ disabledCommands: ["AUTH"], disableReverseLookup: true }).listen(Number(process.argv[1]), "127.0.0.1");`;

async function measure({ args, port }: Program, { time, memory, first }: Figures): Promise<void> {
  const started = performance.now();
  const child = begin(args);
  try {
    await awaitGreeting(port, { betweenTries: 2 });
    time.push(performance.now() - started);
    await pause(rest);
    memory.push(pssOf(child.pid ?? 0) / mebibyte);
    const before = cpuOfTree(child.pid ?? 0);
    await shortDialogues({ port, count: firstConnections });
    first.push((cpuOfTree(child.pid ?? 0) - before) / firstConnections);
  } finally {
    const over = once(child, "exit");
    child.kill("SIGTERM");
    await over;
  }
}

function begin(args: readonly string[]): ChildProcess {
  const command = pinned("server", { file: process.execPath, args });
  const log = openSync(join(temporaryDirectory().path, "log"), "a");
  return spawn(command.file, command.args, { stdio: ["ignore", log, "ignore"], ...user });
}

/** proc_pid_smaps_rollup(5). taskset(1) has become the program by then. */
function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]) * 1_024;
}
