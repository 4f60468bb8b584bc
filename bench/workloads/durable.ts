/** SMTP messages of 1 KiB that are durable before they are acknowledged: in SQLite, against a file for each. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { atLeast, atMost } from "../goal.ts";
import { sendMessages } from "../load/load.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import { median } from "../statistics.ts";
import { isDurable, type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";
import { takeTurns } from "../turns.ts";
import type { Workload } from "../workload.ts";

const sessions = 100;
const length = 1_024;

export const durable: Workload = {
  name: "durable",
  async run({ rounds, pick }) {
    const count = pick(2_000, 1_000);
    using folder = temporaryDirectory();
    using files = temporaryDirectory();
    await using store = await startServer("gatehouse", {
      ...{ messages: "kept", directory: folder.path, log: join(folder.path, "log") },
    });
    await using bare = await startServer("bare-sink", { directory: files.path });
    const disk = await describeDisk(files);
    // Other work on the machine affects rates more than CPU: twice as many turns.
    const turns = pick(2 * rounds, rounds);
    const many = await compare({ store, bare }, { turns, count, sessions });
    const alone = await compare({ store, bare }, { turns, count: count / 10, sessions: 1 });
    const name = "bare `node:net`, a file and an fdatasync(2) each, in parallel";
    const measured = `Gatehouse, log to a file, ${sessions} sessions`;
    const one = "Gatehouse, log to a file, one session";
    const { messages, commits } = await store.ask("kept");
    return {
      tables: [
        {
          unit: "messages per second",
          digits: 0,
          rows: [
            { measured, samples: many.store.rates, against: { name, samples: many.bare.rates }, goal: atLeast(1.5) },
            { measured: one, samples: alone.store.rates, against: { name, samples: alone.bare.rates }, goal: null },
          ],
        },
        {
          unit: "CPU µs per message",
          rows: [
            { measured, samples: many.store.cpu, against: { name, samples: many.bare.cpu }, goal: atMost(1) },
            { measured: one, samples: alone.store.cpu, against: { name, samples: alone.bare.cpu }, goal: atMost(1.1) },
          ],
        },
      ],
      notes: [
        `One commit kept ${(messages / commits).toFixed(1)} messages. As many were kept as acknowledged. The baseline checks nothing, has no mailboxes, and does not synchronise the names of its files.`,
        ...disk,
      ],
    };
  },
};

interface Durability {
  readonly rates: number[];
  readonly cpu: number[];
}

async function compare<Name extends string>(
  servers: Readonly<Record<Name, NodeServer>>,
  { turns, count, sessions }: { readonly turns: number; readonly count: number; readonly sessions: number },
): Promise<Record<Name, Durability>> {
  const cpu = {} as Record<Name, number[]>;
  const contenders = (Object.entries(servers) as [Name, NodeServer][]).map(([name, server]) => {
    cpu[name] = [];
    return {
      name,
      warmUp: () => rateOf(server, { count, sessions, cpu: [] }),
      measure: () => rateOf(server, { count, sessions, cpu: cpu[name] }),
    };
  });
  const rates = await takeTurns(contenders, turns);
  const all = contenders.map(({ name }) => [name, { rates: rates[name], cpu: cpu[name] }]);
  return Object.fromEntries(all) as Record<Name, Durability>;
}

/** Messages a second. @throws Error when fewer were kept than acknowledged */
async function rateOf(
  server: NodeServer,
  { count, sessions, cpu }: { readonly count: number; readonly sessions: number; readonly cpu: number[] },
): Promise<number> {
  const [{ messages }, before] = [await server.ask("kept"), await server.cpu()];
  const seconds = await sendMessages({ port: server.port, count, sessions, length, kept: true });
  cpu.push(((await server.cpu()) - before) / count);
  const kept = (await server.ask("kept")).messages - messages;
  if (kept !== count) throw new Error(`${count} messages were acknowledged and ${kept} were kept.`);
  return count / seconds;
}

async function describeDisk(directory: TemporaryDirectory): Promise<string[]> {
  const time = fsyncTime(directory.path).toFixed(2);
  const isOnDisk = await isDurable(directory);
  return [
    `A write of 4 KiB and its fsync(2) took ${time} ms before the first turn.`,
    ...(isOnDisk
      ? []
      : ["Temporary files are in memory here, where fsync(2) costs nothing: set TMPDIR to a folder on a disk."]),
  ];
}

/** Milliseconds: the minimum cost of one durable message. */
function fsyncTime(directory: string): number {
  const file = openSync(join(directory, "fsync"), "w");
  const page = Buffer.alloc(4_096);
  const times = Array.from({ length: 100 }, () => {
    const started = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  return median(times);
}
