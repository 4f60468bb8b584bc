/** SMTP messages of 1 KiB that are kept in SQLite before they are acknowledged: in groups, and with an fsync for each. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { atLeast } from "../goal.ts";
import { sendMessages } from "../load/load.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import { median } from "../statistics.ts";
import { isDurable, temporaryDirectory } from "../temporary.ts";
import { takeTurns } from "../turns.ts";
import type { Workload } from "../workload.ts";

const sessions = 100;
const length = 1_024;

export const durable: Workload = {
  name: "durable",
  async run({ rounds, pick }) {
    const count = pick(4_000, 1_000);
    using groupFolder = temporaryDirectory();
    using singleFolder = temporaryDirectory();
    await using inGroups = await startServer("gatehouse", { messages: "kept", directory: groupFolder.path });
    await using oneByOne = await startServer("gatehouse", {
      messages: "kept one by one",
      directory: singleFolder.path,
    });
    const rate = async (server: NodeServer): Promise<number> => {
      const { messages } = await server.ask("kept");
      const seconds = await sendMessages({ port: server.port, count, sessions, length, kept: true });
      const kept = (await server.ask("kept")).messages - messages;
      if (kept !== count) throw new Error(`${count} messages were acknowledged and ${kept} were kept.`);
      return count / seconds;
    };
    const { groups, singles } = await takeTurns(
      [
        { name: "groups", measure: () => rate(inGroups) },
        { name: "singles", measure: () => rate(oneByOne) },
      ],
      rounds,
    );
    const [group, single] = [await inGroups.ask("kept"), await oneByOne.ask("kept")];
    const notes = [
      `One commit kept ${(group.messages / group.commits).toFixed(1)} messages in groups, and ${(single.messages / single.commits).toFixed(1)} one by one. As many messages were kept as acknowledged.`,
    ];
    notes.push(`A write of 4 KiB and its fsync(2) take ${fsyncTime(singleFolder.path).toFixed(2)} ms on this disk.`);
    if (!(await isDurable(groupFolder)))
      notes.push(
        "The folder for temporary files is in memory, where fsync(2) costs nothing: set TMPDIR to one on a disk.",
      );
    const against = { name: "one fsync per message", samples: singles };
    return {
      tables: [
        {
          unit: "messages per second",
          digits: 0,
          rows: [{ measured: "Gatehouse, 100 sessions", samples: groups, against, goal: atLeast(3) }],
        },
      ],
      notes,
    };
  },
};

/** Milliseconds: what one durable message costs at least. */
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
