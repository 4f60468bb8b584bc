/**
 * How accepts are best spread over several event loops, with bare `node:net` servers: `npm run bench:accept-spread`.
 *
 * Modes: `one` (one loop), `shared` (each thread has a dup(2) of one listening socket in its own loop), `exclusive`
 * (the same, and a client wakes one thread, by EPOLLEXCLUSIVE; `PROCESSORS` of them wait at a time), `reuseport` (each
 * thread binds its own socket with SO_REUSEPORT), `descriptor` (the main thread accepts and sends numbers of
 * descriptors), `transfer` (the main thread accepts and transfers Node's sockets). Prints a table; `docs/decisions.md`
 * has one.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { threadsClock } from "../src/runtime/shared/threads-clock.ts";
import { ExclusiveWakes } from "../src/runtime/sockets/exclusive-wakes.ts";
import { type Libc, loadLibc } from "../src/runtime/sockets/libc.ts";
import { AcceptTurns, acceptTurnsMemory } from "../src/runtime/workers/accept-turns.ts";

const modes = ["one", "shared", "exclusive", "reuseport", "descriptor", "transfer"] as const;
type Mode = (typeof modes)[number];
const threads = Number(process.env["THREADS"] ?? 2);
/** So many threads wait for clients at a time, in turns, where a client wakes one. */
const processors = Number(process.env["PROCESSORS"] ?? availableParallelism());
const short = Number(process.env["SHORT"] ?? 10_000);
const long = 1_000;
const backlog = 2_048;
const file = fileURLToPath(import.meta.url);

if (!isMainThread) await work();
else if (process.send) await serve((process.argv[2] ?? "one") as Mode);
else await compare();

async function libc(): Promise<Libc> {
  const found = await loadLibc();
  if (found.libc) return found.libc;
  throw new Error(found.reason);
}

function isShared(mode: Mode): boolean {
  return mode === "shared" || mode === "exclusive";
}

/** Answers a line with a line and ends, or keeps the connection for a client that sends nothing. */
function greet(socket: Socket, served: () => void): void {
  served();
  socket.on("error", () => {});
  socket.once("data", () => socket.end("221 Bye\r\n"));
  socket.write("220 Hello\r\n");
}

async function work(): Promise<void> {
  const { mode, fd, port, counts, index, turns, blocks } = workerData;
  const served = (): void => void Atomics.add(counts, index, 1);
  const options = { allowHalfOpen: false };
  if (isShared(mode) || mode === "reuseport") {
    const server = createServer(options, (socket) => greet(socket, served));
    if (isShared(mode)) server.listen({ fd, backlog });
    else server.listen({ port, host: "127.0.0.1", reusePort: true, backlog });
    await once(server, "listening");
    if (mode === "exclusive") {
      const waiting = { thread: index + 1, processors, now: threadsClock.now };
      new ExclusiveWakes(await libc(), new AcceptTurns(turns, waiting)).add(fd);
    }
  }
  parentPort?.on("message", (message) => {
    if (message.block) {
      Atomics.store(blocks, 0, 1);
      Atomics.notify(blocks, 0);
      block(message.block);
    } else if (message.die) process.exit(1);
    else if (message.fd !== undefined) greet(new Socket({ fd: message.fd, readable: true, writable: true }), served);
    else greet(message.socket, served);
  });
  parentPort?.postMessage("ready");
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

async function serve(mode: Mode): Promise<void> {
  const calls = await libc();
  const counts = new Int32Array(new SharedArrayBuffer(4 * 64));
  const turns = acceptTurnsMemory();
  const blocks = new Int32Array(new SharedArrayBuffer(4));
  const listening: Server = createServer({ pauseOnConnect: mode === "descriptor" || mode === "transfer" });
  const reuses = mode === "reuseport";
  if (mode !== "reuseport") {
    listening.listen({ port: 0, host: "127.0.0.1", backlog });
    await once(listening, "listening");
  }
  const holder = createServer();
  if (reuses) {
    holder.listen({ port: 0, host: "127.0.0.1", reusePort: true });
    await once(holder, "listening");
  }
  const address = (reuses ? holder : listening).address();
  const port = typeof address === "object" && address ? address.port : 0;
  const held: number = Reflect.get(Reflect.get(listening, "_handle") ?? {}, "fd");
  const fd = isShared(mode) ? calls.duplicate(held) : held;
  const workers: Worker[] = [];
  const begin = async (): Promise<void> => {
    const own = isShared(mode) ? calls.duplicate(fd) : null;
    const worker = new Worker(file, {
      workerData: { mode, fd: own, port, counts, turns, blocks, index: workers.length },
    });
    worker.on("error", () => {});
    worker.on("exit", () => void workers.splice(workers.indexOf(worker), 1));
    workers.push(worker);
    await once(worker, "message");
  };
  if (mode !== "one") for (let index = 0; index < threads; index++) await begin();
  if (reuses) holder.close();
  let next = 0;
  if (mode === "one") listening.on("connection", (socket) => greet(socket, () => void Atomics.add(counts, 0, 1)));
  if (mode === "descriptor" || mode === "transfer") {
    listening.on("connection", (socket) => {
      const worker = workers[next++ % workers.length];
      if (mode === "transfer") worker?.postMessage({ socket }, [socket as never]);
      else {
        const handle = Reflect.get(socket, "_handle");
        const copy = calls.duplicate(handle.fd);
        socket.destroy();
        worker?.postMessage({ fd: copy });
      }
    });
  }
  // The main thread ceases to accept; its duplicate keeps the socket.
  if (isShared(mode)) listening.close();
  process.on("message", async (message: { ask?: string }) => {
    if (message.ask === "cpu") process.send?.({ cpu: process.cpuUsage(), counts: [...counts.slice(0, threads)] });
    if (message.ask === "reset") counts.fill(0);
    if (message.ask === "block") {
      const [blocked] = workers;
      blocked?.postMessage({ block: 200 });
      if (blocked) await Atomics.waitAsync(blocks, 0, 0).value;
      process.send?.({ done: true });
    }
    if (message.ask === "blockMain") {
      process.send?.({ done: true }, undefined, undefined, () => block(200));
    }
    if (message.ask === "die") {
      const [dying] = workers;
      dying?.postMessage({ die: true });
      if (dying) await once(dying, "exit");
      process.send?.({ done: true });
    }
    if (message.ask === "add") {
      await begin();
      process.send?.({ done: true });
    }
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ port });
}

interface Answer {
  readonly port: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly counts: number[];
}

async function compare(): Promise<void> {
  const wanted = process.argv.slice(2);
  const rows: Record<string, string | number>[] = [];
  for (const mode of modes) if (wanted.length === 0 || wanted.includes(mode)) rows.push(await measure(mode));
  console.table(rows);
}

async function measure(mode: Mode): Promise<Record<string, string | number>> {
  const child = fork(file, [mode], { execArgv: [] });
  const answer = async (ask?: string): Promise<Answer> => {
    if (ask) child.send({ ask });
    return (await once(child, "message"))[0];
  };
  const { port } = await answer();
  await inParallel(500, 20, () => visit(port));
  child.send({ ask: "reset" });
  const before = await answer("cpu");
  await inParallel(short, 50, () => visit(port));
  const after = await answer("cpu");
  const cpu = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / short;
  const balance = spread(after.counts);
  child.send({ ask: "reset" });
  const kept = await Promise.all(Array.from({ length: long }, () => stay(port)));
  const { counts } = await answer("cpu");
  for (const socket of kept) socket.destroy();
  await delay(100);
  const times: number[] = [];
  await answer(mode === "one" ? "blockMain" : "block");
  await inParallel(200, 200, async () => void times.push(await visit(port)));
  times.sort((a, b) => a - b);
  const lost: Record<string, number> = {};
  if (mode !== "one") {
    for (const ask of ["add", "die"]) {
      let failed = 0;
      let over = false;
      const clients = inParallel(Number.POSITIVE_INFINITY, 100, async () => {
        await visit(port).catch(() => void failed++);
        return over;
      });
      await delay(200);
      await answer(ask);
      await delay(200);
      over = true;
      await clients;
      lost[ask] = failed;
    }
  }
  child.disconnect();
  const blocked = times.filter((time) => time > 100).length / times.length;
  return {
    mode,
    "CPU µs": Math.round(cpu),
    "10,000 short": balance,
    "1,000 long": spread(counts),
    "median ms, blocked": Math.round(times[times.length >> 1] ?? 0),
    "% waiting > 100 ms": Math.round(blocked * 100),
    "lost: added": lost["add"] ?? "–",
    "lost: died": lost["die"] ?? "–",
  };
}

function spread(counts: readonly number[]): string {
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => `${Math.round((100 * count) / sum)} %`).join(" / ");
}

async function inParallel(total: number, width: number, one: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const run = async (): Promise<void> => {
    while (begun++ < total) if ((await one()) === true) return;
  };
  await Promise.all(Array.from({ length: width }, run));
}

/** Milliseconds from connect to the goodbye; rejects when the connection breaks off before it. */
function visit(port: number): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1");
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("error", reject);
    socket.on("data", (data) => {
      if (text === "") socket.write("QUIT\r\n");
      text += data;
    });
    socket.on("close", () => (text.includes("221") ? resolve(performance.now() - begin) : reject(new Error("lost"))));
  });
}

function stay(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => resolve(socket));
    socket.once("error", reject);
  });
}
