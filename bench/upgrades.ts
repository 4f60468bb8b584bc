/**
 * Clients of every kind come all the time while the server is upgraded again and again: none may be refused, reset or left
 * without an answer, no message that was acknowledged may be lost, and nothing may be left over in the end.
 *
 * `node bench/upgrades.ts [CLIENTS] [UPGRADES]`, by default 100 and 20.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { askControl } from "../src/control/control-client.ts";

const [clients = 100, upgrades = 20] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "gatehouse-upgrades-"));
const data = join(folder, "data");
const document = join(folder, "gatehouse.json");
const program = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
writeFileSync(
  document,
  JSON.stringify({
    SystemSettings: { defaultHostname: "localhost", upgradeTimeout: "2m" },
    Account: { "ann@localhost": { secret: { "@type": "Text", secret: "ann's password" } } },
    NetworkListener: [{ name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
  }),
);

const server = spawn(process.execPath, [program, "serve", "-c", document, "-d", data], {
  stdio: ["ignore", "pipe", "inherit"],
});
const { promise: running, resolve: isRunning } = Promise.withResolvers<number>();
createInterface(server.stdout).on("line", (line) => {
  const { event, addresses = [""] } = JSON.parse(line) as { event: string; addresses?: string[] };
  if (event === "listener.listening") isRunning(Number(addresses[0]?.split(":")[1]));
  if (event === "upgrade.failed" || event === "session.backendFailed") console.error(line);
});
const port = await running;
const first = server.pid ?? 0;
const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandOf(pid).includes(document));
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const memory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;

const counts = { greeted: 0, acknowledged: 0, deferred: 0, failed: 0 };
const failures = new Map<string, number>();
const over = new AbortController();
// The first message opens the database for reading, too.
await visit(0);
await delay(1_000);
const before = { files: openFiles(first), memory: memory(first) };

/** A whole dialogue; a 421 between two commands is the server's right, and not a failure. */
async function visit(number: number): Promise<void> {
  const socket: Socket = connect(port, "127.0.0.1");
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  socket.on("error", () => {});
  await once(socket, "connect");
  const answer = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("closed without a word");
      if (/^\d{3} /.test(value)) return value;
    }
  };
  try {
    const greeting = await answer();
    if (!greeting.startsWith("220 ")) throw new Error(`greeted by ${greeting}`);
    counts.greeted += 1;
    const message = `Subject: ${number}\r\n\r\nA line.\r\n.\r\n`;
    for (const command of [
      "EHLO a\r\n",
      "MAIL FROM:<>\r\n",
      "RCPT TO:<ann@localhost>\r\n",
      "DATA\r\n",
      message,
      "QUIT\r\n",
    ]) {
      socket.write(command);
      const said = await answer();
      if (said.startsWith("421 ")) {
        counts.deferred += 1;
        return;
      }
      if (command === message && said.startsWith("250 ")) counts.acknowledged += 1;
      else if (!/^[23]/.test(said)) throw new Error(`${command.slice(0, 4)}: ${said}`);
    }
  } finally {
    socket.destroy();
  }
}

async function visitor(number: number): Promise<void> {
  while (!over.signal.aborted) {
    try {
      await visit(number);
    } catch (error) {
      counts.failed += 1;
      const text = error instanceof Error ? error.message : String(error);
      failures.set(text, (failures.get(text) ?? 0) + 1);
    }
    await delay(20 + Math.random() * 200);
  }
}

const visitors = Promise.all(Array.from({ length: clients }, (_, number) => visitor(number)));
const durations: number[] = [];
for (let done = 0; done < upgrades; done += 1) {
  const began = performance.now();
  const { status } = await askControl(data, { method: "POST", path: "/upgrade", timeout: 300_000 });
  durations.push(performance.now() - began);
  if (status !== 200) throw new Error(`The upgrade ${done + 1} failed with ${status}.`);
}
over.abort();
await visitors;
while (processes().length > 1) await delay(100);
const [last = 0] = processes();
await delay(2_000);
const after = { files: openFiles(last), memory: memory(last) };
const listed = spawnSync(process.execPath, [program, "messages", "-d", data], { encoding: "utf8", maxBuffer: 2 ** 30 });
const kept = listed.stdout.split("\n").filter((line) => line.includes("ann@localhost")).length;
process.kill(last, "SIGTERM");
while (processes().length > 0) await delay(100);
rmSync(folder, { recursive: true });
durations.sort((a, b) => a - b);
console.log({
  ...{ clients, upgrades, ...counts, kept, lost: Math.max(0, counts.acknowledged - kept) },
  medianUpgrade: `${Math.round(durations[durations.length >> 1] ?? 0)} ms`,
  ...{ before, after },
});
for (const [text, count] of failures) console.log(`${count} × ${text}`);
