/**
 * Clients come all the time while the server is upgraded, reloaded, and given more and fewer workers, and while workers are
 * killed: no client whose own worker was not killed may be refused, reset or left without an answer, no message that was
 * acknowledged may be lost, and nothing may be left over in the end.
 *
 * `node bench/worker-soak.ts [SECONDS] [CLIENTS]`, by default 60 and 200: half of them speak SMTP.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { askControl } from "../src/control/control-client.ts";
import type { StatusReport } from "../src/control/reports.ts";

const [seconds = 60, clients = 200] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "gatehouse-worker-soak-"));
const [data, file, notes] = [join(folder, "data"), join(folder, "gatehouse.json"), join(folder, "accepted")];
const program = fileURLToPath(new URL("./soak/worker-program.ts", import.meta.url));
const command = fileURLToPath(new URL("../src/cli.ts", import.meta.url));

function write(workers: number, maxConnections = 4_000): void {
  const listener = (name: string, protocol: string) => ({
    ...{ name, protocol, bind: ["127.0.0.1:0"], useTls: false, maxConnections },
  });
  writeFileSync(
    file,
    JSON.stringify({
      SystemSettings: { defaultHostname: "localhost", upgradeTimeout: "2m", drainTimeout: "10s", workers },
      Account: { "ann@localhost": { secret: { "@type": "Text", secret: "ann's password" } } },
      NetworkListener: [listener("smtp", "smtp"), listener("talk", "talk")],
    }),
  );
}

write(2);
writeFileSync(notes, "");
const env = { ...process.env, SOAK_NOTES: notes };
const server = spawn(process.execPath, [program, file, data], { stdio: "inherit", env });
const status = async (): Promise<StatusReport> =>
  (await askControl(data, { method: "GET", path: "/status", timeout: 60_000 })).body as StatusReport;
let begun: StatusReport | null = null;
while (begun?.state !== "running") {
  begun = await status().catch(() => null);
  await delay(100);
}
const portOf = (name: string): number => {
  const address = begun?.listeners.find((listener) => listener.name === name)?.addresses[0] ?? "";
  return Number(String(address).split(":").at(-1));
};
const ports = { smtp: portOf("smtp"), talk: portOf("talk") };

const processes = (): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && commandOf(pid));
function commandOf(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(file);
  } catch {
    return false;
  }
}
const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const memory = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024);

const counts = { served: 0, deferred: 0, acknowledged: 0, killed: 0, lostTheirWorker: 0 };
const failures = new Map<string, number>();
const over = new AbortController();
/** Threads that were killed, as they greet. */
const dead = new Set<string>();
/**
 * The threads that have accepted clients, by the listener's name and the client's port, such as `smtp:40123`, one after the
 * other. A port alone is no name for a client: the kernel gives it to one client of each listener at the same time.
 */
const acceptedBy = new Map<string, { readonly thread: string; readonly at: number }[]>();
let read = 0;

function readNotes(): void {
  const { size } = statSync(notes);
  const descriptor = openSync(notes, "r");
  const news = Buffer.alloc(size - read);
  readSync(descriptor, news, 0, news.length, read);
  closeSync(descriptor);
  // A line that is being written is read the next time.
  const whole = news.subarray(0, news.lastIndexOf("\n") + 1);
  read += whole.length;
  for (const line of whole.toString("latin1").split("\n")) {
    const [client = "", thread = "", at] = line.split(" ");
    if (!thread) continue;
    const earlier = acceptedBy.get(client);
    if (earlier) earlier.push({ thread, at: Number(at) });
    else acceptedBy.set(client, [{ thread, at: Number(at) }]);
  }
}

/** A client that lost its own worker may be left without an answer. @throws `error` with who had it, if that lives */
function expectLostWorker({ client, began }: Dialogue, error: unknown): void {
  readNotes();
  // Once it is closed, its port may be somebody else's at once: the first note since it began is its own.
  const accepted = acceptedBy.get(client())?.find(({ at }) => at >= began);
  if (accepted && dead.has(accepted.thread)) return;
  const text = error instanceof Error ? error.message : String(error);
  throw new Error(`${text}, ${accepted ? "by a thread that lives" : "noted by no thread"}`, { cause: error });
}

interface Dialogue {
  /** As the notes name it: the listener and the client's port. */
  client(): string;
  /** Unix time in milliseconds. */
  readonly began: number;
  answer(): Promise<string>;
  say(words: string): void;
  close(): void;
}

function open(listener: keyof typeof ports): Dialogue {
  const socket = connect(ports[listener], "127.0.0.1");
  let error: Error | null = null;
  socket.on("error", (failed) => {
    error = failed;
  });
  let ownPort = 0;
  socket.on("connect", () => {
    ownPort = socket.localPort ?? 0;
  });
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  return {
    client: () => `${listener}:${ownPort}`,
    began: Date.now(),
    async answer() {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw error ?? new Error("closed without a word");
        if (!/^\d{3}-/.test(value)) return value;
      }
    },
    say: (words) => void socket.write(words),
    close: () => void socket.destroy(),
  };
}

/** A 421 or `later` between two commands is the server's right, and not a failure. */
async function deliver(number: number): Promise<void> {
  const dialogue = open("smtp");
  const { answer, say, close } = dialogue;
  try {
    const greeting = await answer();
    if (!greeting.startsWith("220 ")) throw new Error(`greeted by ${greeting}`);
    const message = `Subject: ${number}\r\n\r\nA line.\r\n.\r\n`;
    const before = ["EHLO a\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<ann@localhost>\r\n", "DATA\r\n"];
    for (const words of [...before, message, "QUIT\r\n"]) {
      say(words);
      const said = await answer();
      if (said.startsWith("421 ")) {
        counts.deferred += 1;
        return;
      }
      if (!/^[23]/.test(said)) throw new Error(`${words.slice(0, 4)}: ${said}`);
      if (words === message) counts.acknowledged += 1;
    }
    counts.served += 1;
  } catch (error) {
    expectLostWorker(dialogue, error);
    counts.lostTheirWorker += 1;
  } finally {
    close();
  }
}

async function talk(): Promise<void> {
  const dialogue = open("talk");
  const { answer, say, close } = dialogue;
  try {
    const greeting = await answer();
    if (!greeting.startsWith("hello ")) throw new Error(`greeted by ${greeting}`);
    for (const [words, expected] of [
      ["ping", "pong"],
      ["ping", "pong"],
      ["bye", "farewell"],
    ]) {
      await delay(Math.random() * 100);
      say(`${words}\r\n`);
      const said = await answer();
      if (said === "later") {
        counts.deferred += 1;
        return;
      }
      if (said !== expected) throw new Error(`${words}: ${said}`);
    }
    counts.served += 1;
  } catch (error) {
    expectLostWorker(dialogue, error);
    counts.lostTheirWorker += 1;
  } finally {
    close();
  }
}

async function visitor(number: number): Promise<void> {
  while (!over.signal.aborted) {
    try {
      await (number % 2 === 0 ? deliver(number) : talk());
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      failures.set(text, (failures.get(text) ?? 0) + 1);
    }
    await delay(20 + Math.random() * 200);
  }
}

/**
 * Ends the thread that has this client. A server that began with one worker serves in its main thread: the next one is
 * waited for, if there is one.
 */
async function kill(): Promise<void> {
  for (let isOver = false; !isOver && !over.signal.aborted; await delay(100)) {
    const { answer, say, close } = open("talk");
    const thread = (await answer().catch(() => "")).slice("hello ".length);
    const servesInMainThread = thread.endsWith("/0");
    if (servesInMainThread && done.upgrades === upgrades) isOver = true;
    else if (thread && !servesInMainThread) {
      dead.add(thread);
      say("die\r\n");
      await answer().catch(() => {});
      counts.killed += 1;
      isOver = true;
    }
    close();
  }
}

/** Carries out so many, evenly over the time; one takes as long as it takes. */
async function evenly(times: number, work: (number: number) => Promise<void>): Promise<void> {
  const began = performance.now();
  for (let number = 0; number < times; number++) {
    await delay(Math.max(0, began + (number * seconds * 1_000) / times - performance.now()));
    await work(number);
  }
}

async function ask(path: string): Promise<boolean> {
  // Asked while one server succeeds the other, it finds nobody, or one that drains.
  const answered = await askControl(data, { method: "POST", path, timeout: 120_000 }).catch(() => null);
  if (answered?.status === 200) return true;
  const { error } = (answered?.body ?? {}) as { readonly error?: { readonly code: string; readonly message: string } };
  const code = error === undefined ? "nobody answers" : `${error.code}, ${error.message}`;
  refusals.set(`${path}: ${code}`, (refusals.get(`${path}: ${code}`) ?? 0) + 1);
  return false;
}
/** Why a reload or an upgrade was asked for again: one is under way. */
const refusals = new Map<string, number>();

async function askUntilDone(path: string, workers: number, maxConnections?: number): Promise<void> {
  for (;;) {
    write(workers, maxConnections);
    if (await ask(path)) return;
    await delay(100);
  }
}

await deliver(0);
await delay(1_000);
const first = (await status()).pid;
const before = { files: openFiles(first), memory: memory(first) };
const visitors = Promise.all(Array.from({ length: clients }, (_, number) => visitor(number)));
const upgrades = Math.round(seconds / 3);
const done = { upgrades: 0, reloads: 0 };
await Promise.all([
  evenly(upgrades, async (number) => {
    await askUntilDone("/upgrade", [2, 4, 1, 3][number % 4] ?? 2);
    done.upgrades += 1;
  }),
  evenly(Math.round((seconds * 5) / 6), async (number) => {
    // One that began with a single worker has the others from its next upgrade on.
    await askUntilDone("/reload", [3, 1, 4, 2][number % 4] ?? 2, 4_000 + number);
    done.reloads += 1;
  }),
  evenly(Math.round(seconds / 3), kill),
]);
over.abort();
await visitors;
write(2);
while (!(await ask("/upgrade"))) await delay(500);
while (processes().length > 1) await delay(100);
await delay(2_000);
const last = (await status()).pid;
const after = { files: openFiles(last), memory: memory(last), listeners: (await status()).listeners };
const listed = spawnSync(process.execPath, [command, "messages", "-d", data], { encoding: "utf8", maxBuffer: 2 ** 30 });
const kept = listed.stdout.split("\n").filter((line) => line.includes("ann@localhost")).length;
process.kill(last, "SIGTERM");
while (processes().length > 0) await delay(100);
server.unref();
rmSync(folder, { recursive: true });
console.log({
  ...{ seconds, clients, ...done, ...counts, kept, lost: Math.max(0, counts.acknowledged - kept), before },
  after: { ...after, listeners: after.listeners.map(({ connections }) => connections) },
});
for (const [text, count] of refusals) console.log(`asked again ${count} × ${text}`);
for (const [text, count] of failures) console.log(`FAILED ${count} × ${text}`);
