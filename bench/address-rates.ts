/**
 * A crowd against `connectionRate`: connections from many addresses of 127.0.0.0/8, each counted by the reply it got.
 * Exits with 1 unless every address was admitted exactly as often as the rule says. `node bench/address-rates.ts [connections] [addresses]`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { LocalConnectionRates } from "../src/runtime/admission/connection-rates.ts";

const connections = Number(process.argv[2] ?? 100_000);
const addresses = Number(process.argv[3] ?? 10_000);
const rule = { count: 5, interval: "1h" } as const;
const concurrency = 200;
/** More addresses than a listener remembers. */
const crowd = 70_000;

const listeners = ["without a rule", "with the rule", "crowd"] as const;
type ListenerName = (typeof listeners)[number];

interface Facts {
  /** Microseconds. */
  readonly cpu: number;
  /** Octets, after a garbage collection. */
  readonly heap: number;
  readonly rss: number;
  /** Addresses remembered by all rules. */
  readonly keys: number;
}

interface Storm {
  readonly admitted: Uint32Array;
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
}

if (process.env["BENCH_SERVER"]) await serve();
else await measure();

async function serve(): Promise<void> {
  const { createGatehouse } = await import("../src/index.ts");
  const seen = watchRates();
  const listener = (name: ListenerName) => ({
    name: name.replaceAll(" ", "-"),
    bind: ["127.0.0.1:0"],
    useTls: false,
    ...(name === "without a rule" ? {} : { connectionRate: rule }),
  });
  const server = createGatehouse({
    config: { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: listeners.map(listener) },
    backend: {},
  });
  await server.start();
  process.on("message", () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed: heap, rss } = process.memoryUsage();
    const keys = [...seen].reduce((sum, { size }) => sum + size, 0);
    process.send?.({ cpu: user + system, heap, rss, keys } satisfies Facts);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(server.listeners().map(({ addresses: [bound] }) => bound?.port));
}

/** The rules in use; they are found as they note their first connection. */
function watchRates(): ReadonlySet<LocalConnectionRates> {
  const seen = new Set<LocalConnectionRates>();
  const { note } = LocalConnectionRates.prototype;
  LocalConnectionRates.prototype.note = function (key: string): boolean {
    seen.add(this);
    return note.call(this, key);
  };
  return seen;
}

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url), {
    env: { ...process.env, BENCH_SERVER: "1" },
    execArgv: ["--expose-gc"],
  });
  const [[free = 0, rated = 0, crowded = 0]] = (await once(child, "message")) as [number[]];
  await storm(free, { connections: 5_000, addresses: 500 });
  console.log(
    "| load | admitted | refused | failed | per address | seconds | CPU µs per connection | heap MB before → after | RSS MB before → after | keys held |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  const isExact = [
    await row(child, free, { title: "no rule", connections: 20_000, addresses, perAddress: null }),
    await row(child, rated, {
      title: `${rule.count} in ${rule.interval}`,
      connections,
      addresses,
      perAddress: Math.min(rule.count, Math.floor(connections / addresses)),
    }),
    await row(child, crowded, {
      title: `${rule.count} in ${rule.interval}, a crowd`,
      connections: crowd,
      addresses: crowd,
      perAddress: 1,
    }),
  ];
  child.disconnect();
  process.exitCode = isExact.every(Boolean) ? 0 : 1;
}

async function row(
  child: ChildProcess,
  port: number,
  load: {
    readonly title: string;
    readonly connections: number;
    readonly addresses: number;
    /** How often each address must be admitted; null where nothing is refused. */
    readonly perAddress: number | null;
  },
): Promise<boolean> {
  const before = await factsOf(child);
  const { admitted, refused, failed, seconds } = await storm(port, load);
  const after = await factsOf(child);
  const total = admitted.reduce((sum, count) => sum + count, 0);
  const [least, most] = [Math.min(...admitted), Math.max(...admitted)];
  const cells = [
    `${load.title}: ${load.connections} from ${load.addresses}`,
    total,
    refused,
    failed,
    least === most ? `each ${least}` : `${least}–${most}`,
    seconds.toFixed(1),
    ((after.cpu - before.cpu) / load.connections).toFixed(1),
    `${megabytes(before.heap)} → ${megabytes(after.heap)}`,
    `${megabytes(before.rss)} → ${megabytes(after.rss)}`,
    after.keys,
  ];
  console.log(`| ${cells.join(" | ")} |`);
  const wanted = load.perAddress ?? load.connections / load.addresses;
  return failed === 0 && least === wanted && most === wanted && total + refused === load.connections;
}

async function factsOf(child: ChildProcess): Promise<Facts> {
  child.send("facts");
  const [facts] = (await once(child, "message")) as [Facts];
  return facts;
}

/** The addresses take turns, so that none runs out of ports because of TIME_WAIT. */
async function storm(
  port: number,
  { connections: all, addresses: many }: { readonly connections: number; readonly addresses: number },
): Promise<Storm> {
  const admitted = new Uint32Array(many);
  let [next, refused, failed] = [0, 0, 0];
  const worker = async (): Promise<void> => {
    while (next < all) {
      const address = next % many;
      next += 1;
      const greeting = await visit(port, addressOf(address));
      if (greeting.startsWith("220 ")) admitted[address] = (admitted[address] ?? 0) + 1;
      else if (greeting.startsWith("421 ")) refused += 1;
      else failed += 1;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { admitted, refused, failed, seconds: (performance.now() - started) / 1_000 };
}

/** From 127.16.0.0 on. */
function addressOf(index: number): string {
  return `127.${16 + Math.floor(index / 65_536)}.${Math.floor(index / 256) % 256}.${index % 256}`;
}

/** Resolves with the server's first line, or the error. */
function visit(port: number, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    socket.on("data", (chunk) => {
      if (heard === "" && chunk.toString("latin1").startsWith("220 ")) socket.write("QUIT\r\n");
      heard += chunk.toString("latin1");
    });
    socket.on("end", () => socket.end());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      heard ||= error.code ?? error.message;
    });
    socket.on("close", () => resolve(heard));
  });
}

function megabytes(octets: number): string {
  return (octets / 2 ** 20).toFixed(1);
}
