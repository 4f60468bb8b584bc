/**
 * The short connection: connect, greeting, QUIT, close. CPU of the server process per connection, Gatehouse against a bare
 * `node:net` server that says the same, interleaved in one run; also with the inspector and a page that watches one
 * connection in a hundred, and each. `node bench/short-connection.ts [connections]`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

const total = Number(process.argv[2] ?? 5_000);
const rounds = 5;
const concurrency = 50;

/** One connection in so many is watched by an inspector's page. */
const samples = { "gatehouse+inspector 1/100": 100, "gatehouse+inspector 1/1": 1 } as const;

type Variant = "bare" | "gatehouse" | "gatehouse+log" | keyof typeof samples;

interface Ready {
  readonly port: number;
  /** Of the inspector. */
  readonly url?: string | undefined;
}

if (process.env["BENCH_SERVER"]) await serve(process.env["BENCH_SERVER"] as Variant);
else await measure();

async function serve(variant: Variant): Promise<void> {
  const ready = variant === "bare" ? { port: await bare() } : await gatehouse(variant);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system });
  });
  process.on("disconnect", () => process.exit());
  process.send?.(ready satisfies Ready);
}

async function bare(): Promise<number> {
  const { createServer } = await import("node:net");
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

async function gatehouse(variant: Exclude<Variant, "bare">): Promise<Ready> {
  const { createGatehouse, logDestination } = await import("../src/index.ts");
  const { startInspector } = await import("../src/inspect/index.ts");
  const oneIn = variant in samples ? samples[variant as keyof typeof samples] : null;
  const inspector = oneIn === null ? null : await startInspector({ oneIn });
  const { pino } = await import("pino");
  const server = createGatehouse({
    config: {
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
    },
    backend: {},
    ...(inspector ? { inspect: inspector.inspect } : {}),
    ...(variant === "gatehouse+log" ? { logger: pino(logDestination("/dev/null")) } : {}),
  });
  await server.start();
  return { port: server.listeners()[0]?.addresses[0]?.port ?? 0, url: inspector?.url };
}

async function measure(): Promise<void> {
  const variants = ["bare", "gatehouse", "gatehouse+log", ...Object.keys(samples)] as Variant[];
  const servers = new Map<Variant, { child: ChildProcess; port: number }>();
  for (const variant of variants) {
    const child = fork(new URL(import.meta.url), { env: { ...process.env, BENCH_SERVER: variant } });
    const [{ port, url }] = (await once(child, "message")) as [Ready];
    if (url !== undefined) await watch(url);
    servers.set(variant, { child, port });
  }
  const results = new Map<Variant, number[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [variant, { child, port }] of servers) {
      const before = await cpuOf(child);
      await load(port);
      const perConnection = ((await cpuOf(child)) - before) / total;
      if (round > 0) results.get(variant)?.push(perConnection);
    }
  }
  const base = median(results.get("bare") ?? []);
  console.log("| server | CPU µs per connection (min–max) | ratio |\n|---|---|---|");
  for (const [variant, values] of results)
    console.log(
      `| ${variant} | ${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}) | ${(median(values) / base).toFixed(2)} |`,
    );
  for (const { child } of servers.values()) child.disconnect();
}

/** A page that watches, until its server ends. */
async function watch(url: string): Promise<void> {
  const { WebSocket } = await import("ws");
  const page = new WebSocket(`${url.replace("http:", "ws:")}events`, { origin: new URL(url).origin });
  page.on("message", () => {});
  page.on("error", () => {});
  await once(page, "open");
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ cpu }] = (await once(child, "message")) as [{ cpu: number }];
  return cpu;
}

async function load(port: number): Promise<void> {
  let left = total;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await dialogue(port);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
