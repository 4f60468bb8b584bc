/**
 * Where a short connection spends CPU time and allocates octets, by source, in a server that is sampled by V8's
 * profilers while it serves. `node bench/profile.ts [bare|gatehouse|gatehouse+log] [connections]`
 */
import { once } from "node:events";
import { type HeapProfiler, type Profiler, Session } from "node:inspector/promises";
import { connect, createServer } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const [variant = "gatehouse", connections = "10000"] = process.argv.slice(2);
const total = Number(connections);

/** Sources by the beginning of their path; the first match counts. */
const sources: readonly (readonly [name: string, path: RegExp])[] = [
  ["charts: src/charts, src/machines", /src\/(charts|machines)\//],
  ["connections, dialogues, admission: src/runtime", /src\/runtime\//],
  ["SMTP sessions: src/protocols", /src\/protocols\//],
  ["Node: sockets and streams", /^node:(net|internal\/(stream|net))/],
  ["Node: timers", /^node:(internal\/)?timers|linkedlist|priority_queue/],
  ["Node: events", /^node:events/],
  ["Node: the rest", /^node:/],
  ["rxjs", /node_modules\/rxjs\//],
  ["pino", /node_modules\/(pino|sonic-boom)/],
  ["prom-client", /node_modules\/prom-client\//],
  ["xstate", /node_modules\/xstate\//],
];

if (isMainThread) await measure();
else await load();

function sourceOf({ url, functionName }: { readonly url: string; readonly functionName: string }): string {
  if (url === "") return `native: ${functionName}`;
  return sources.find(([, path]) => path.test(url))?.[0] ?? "other";
}

async function serve(): Promise<number> {
  if (variant === "bare") {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write("220 localhost ESMTP ready\r\n");
      socket.on("data", () => socket.end("221 2.0.0 Bye\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  }
  const { createGatehouse, logDestination } = await import("../src/index.ts");
  const { pino } = await import("pino");
  const house = createGatehouse({
    config: {
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
    },
    backend: {},
    ...(variant === "gatehouse+log" ? { logger: pino(logDestination("/dev/null")) } : {}),
  });
  await house.start();
  return house.listeners()[0]?.addresses[0]?.port ?? 0;
}

async function measure(): Promise<void> {
  const port = await serve();
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: null });
  const run = async (count: number): Promise<void> => {
    worker.postMessage({ port, count });
    await once(worker, "message");
  };
  const session = new Session();
  session.connect();
  await run(total / 2);
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  await run(total);
  print("CPU, µs", cpuBySource((await session.post("Profiler.stop")).profile));
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 4_096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await run(total);
  print("allocated, octets", octetsBySource((await session.post("HeapProfiler.stopSampling")).profile.head));
  process.exit();
}

function cpuBySource({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const found = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || frame.functionName === "(idle)") continue;
    add(found, sourceOf(frame), timeDeltas[index] ?? 0);
  }
  return found;
}

function octetsBySource(
  node: HeapProfiler.SamplingHeapProfileNode,
  found = new Map<string, number>(),
): Map<string, number> {
  add(found, sourceOf(node.callFrame), node.selfSize);
  for (const child of node.children) octetsBySource(child, found);
  return found;
}

function add(found: Map<string, number>, source: string, value: number): void {
  found.set(source, (found.get(source) ?? 0) + value);
}

function print(what: string, found: ReadonlyMap<string, number>): void {
  const all = [...found.values()].reduce((sum, value) => sum + value, 0);
  console.log(`\n| ${variant}: ${what} of one connection | | share |\n|---|---|---|`);
  for (const [source, value] of [...found].toSorted(([, a], [, b]) => b - a))
    if (value > all / 100)
      console.log(`| ${source} | ${(value / total).toFixed(1)} | ${((100 * value) / all).toFixed(0)} % |`);
  console.log(`| all | ${(all / total).toFixed(1)} | |`);
}

/** In its own thread, which the profilers do not see. */
async function load(): Promise<void> {
  parentPort?.on("message", async ({ port, count }: { port: number; count: number }) => {
    let left = count;
    const visitor = async (): Promise<void> => {
      while (left-- > 0) await dialogue(port);
    };
    await Promise.all(Array.from({ length: 50 }, visitor));
    parentPort?.postMessage("done");
  });
}

function dialogue(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.write("QUIT\r\n");
      socket.on("data", () => {});
    });
    socket.on("end", () => socket.end());
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}
