/** Connections that are greeted and then do nothing: live heap of each, and how the process grows with them. */
import { atMost } from "../goal.ts";
import { HeldConnections } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import type { Effort, Findings, Row, Workload } from "../workload.ts";

const kibibyte = 1024;

export const idle: Workload = { name: "idle", openFiles: 10_500, run: (effort) => compare(effort, null) };

export const idleTls: Workload = {
  name: "idle-tls",
  openFiles: 10_500,
  async run(effort) {
    using directory = temporaryDirectory();
    return await compare(effort, await makeCertificate(directory));
  },
};

/** KiB of each connection. */
interface Sizes {
  /** PSS with Node's own settings and no collection but V8's own. */
  readonly asItIs: number[];
  readonly heap: number[];
  /** Of the second half of the connections. */
  readonly growth: number[];
}

/** V8 enlarges its young generation in steps of up to 16 MB that no connection causes. */
const flags = ["--max-semi-space-size=1"];

async function compare({ rounds, pick }: Effort, certificate: string | null): Promise<Findings> {
  const count = pick(10_000, certificate === null ? 4_000 : 2_000);
  const turns = pick(Math.min(rounds, 3), 1);
  const bare: Sizes = { asItIs: [], heap: [], growth: [] };
  const ours: Sizes = { asItIs: [], heap: [], growth: [] };
  const contenders = [
    { name: certificate === null ? "bare-net" : "bare-tls", sizes: bare },
    { name: "gatehouse", sizes: ours },
  ];
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { name, sizes } of contenders) {
      sizes.asItIs.push(await growthAsItIs({ name, certificate, count }));
      await hold({ name, certificate, count }, sizes);
    }
  }
  const name = certificate === null ? "bare `node:net`" : "bare `node:tls`";
  const row = (measured: string, size: keyof Sizes): Omit<Row, "goal"> => {
    return { measured, samples: ours[size], against: { name, samples: bare[size] } };
  };
  const title = `Gatehouse, ${count}`;
  return {
    tables: [
      {
        unit: "KiB per connection",
        rows: [
          { ...row(`${title}: PSS, as it is by default`, "asItIs"), goal: atMost(certificate === null ? 1.6 : 1.1) },
          { ...row(`${title}: live heap`, "heap"), goal: certificate === null ? atMost(3, "figure") : null },
          {
            ...row(`${title}: RSS from ${count / 2} to ${count}, collected, young generation of 1 MB`, "growth"),
            goal: null,
          },
        ],
      },
    ],
  };
}

/** From the first hundred connections on, as a user sees it. */
async function growthAsItIs({ name, certificate, count }: Held): Promise<number> {
  await using server = await startServer(name, optionsOf(certificate));
  await using held = new HeldConnections({ port: server.port, tls: certificate !== null });
  await held.hold(100);
  const before = await server.ask("pss");
  await held.hold(count);
  return ((await server.ask("pss")) - before) / (count - 100) / kibibyte;
}

interface Held {
  readonly name: string;
  readonly certificate: string | null;
  readonly count: number;
}

function optionsOf(certificate: string | null): object {
  return { patient: true, closesAtOnce: true, ...(certificate === null ? {} : { certificate }) };
}

/** In a new process each time: RSS never quite shrinks back. */
async function hold({ name, certificate, count }: Held, sizes: Sizes): Promise<void> {
  await using server = await startServer(name, optionsOf(certificate), { flags });
  await using held = new HeldConnections({ port: server.port, tls: certificate !== null });
  // What the first connections leave in the process, such as compiled code, does not belong to any connection.
  await held.hold(100);
  const before = await server.ask("memory");
  await held.hold(count / 2);
  const half = await server.ask("memory");
  await held.hold(count);
  const all = await server.ask("memory");
  sizes.heap.push((all.heap - before.heap) / (count - 100) / kibibyte);
  sizes.growth.push((all.rss - half.rss) / (count / 2) / kibibyte);
}
