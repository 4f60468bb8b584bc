/** SMTP messages of 1 KiB that are kept in SQLite before they are acknowledged: in groups, and with an fsync for each. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { atLeast } from "../goal.ts";
import { sendMessages } from "../load/load.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import type { Answers } from "../servers/answers.ts";
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
    using groupFolder = temporaryDirectory();
    using singleFolder = temporaryDirectory();
    await using inGroups = await startServer("gatehouse", { messages: "kept", directory: groupFolder.path });
    await using oneByOne = await startServer("gatehouse", {
      messages: "kept one by one",
      directory: singleFolder.path,
    });
    const disk = await describeDisk(singleFolder);
    const cpu: Record<"groups" | "singles", number[]> = { groups: [], singles: [] };
    // Other work on the machine affects rates more than CPU: twice as many turns.
    const rates = await takeTurns(
      [
        {
          name: "groups",
          warmUp: () => rateOf(inGroups, { count, cpu: [] }),
          measure: () => rateOf(inGroups, { count, cpu: cpu.groups }),
        },
        {
          name: "singles",
          warmUp: () => rateOf(oneByOne, { count, cpu: [] }),
          measure: () => rateOf(oneByOne, { count, cpu: cpu.singles }),
        },
      ],
      pick(2 * rounds, rounds),
    );
    const measured = `Gatehouse, ${sessions} sessions`;
    const name = "one fsync per message";
    const [group, single] = [await inGroups.ask("kept"), await oneByOne.ask("kept")];
    const perCommit = ({ messages, commits }: Answers["kept"]) => (messages / commits).toFixed(1);
    return {
      tables: [
        {
          unit: "messages per second",
          digits: 0,
          rows: [{ measured, samples: rates.groups, against: { name, samples: rates.singles }, goal: atLeast(3) }],
        },
        {
          unit: "CPU µs per message",
          rows: [{ measured, samples: cpu.groups, against: { name, samples: cpu.singles }, goal: null }],
        },
      ],
      notes: [
        `One commit kept ${perCommit(group)} messages in groups, and ${perCommit(single)} one by one. As many messages were kept as acknowledged.`,
        ...disk,
      ],
    };
  },
};

/** Messages a second. @throws Error when fewer were kept than acknowledged */
async function rateOf(
  server: NodeServer,
  { count, cpu }: { readonly count: number; readonly cpu: number[] },
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
