/** The short connection of other servers with the same dialogue, if they are installed. */
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { peers } from "../peers.ts";
import { startServer } from "../server-process.ts";
import { temporaryDirectory } from "../temporary.ts";
import type { Workload } from "../workload.ts";

const ours = "Gatehouse";

export const shortConnectionPeers: Workload = {
  name: "peers",
  async run({ shortRounds, pick }) {
    const count = pick(4_000, 2_000);
    const warmUp = pick(20_000, 2_000);
    await using cleanup = new AsyncDisposableStack();
    const works: Record<string, Work> = {
      [ours]: { server: cleanup.use(await startServer("gatehouse")), count, warmUp, load: shortDialogues },
    };
    const notes: string[] = [];
    for (const { name, concurrency, missing, start } of peers) {
      const reason = missing();
      if (reason !== null) {
        notes.push(`${name}: ${reason}.`);
        continue;
      }
      const { path } = cleanup.use(temporaryDirectory());
      works[name] = {
        server: cleanup.use(await start(path)),
        count,
        warmUp,
        load: (work) => shortDialogues({ ...work, ...(concurrency === undefined ? {} : { concurrency }) }),
      };
    }
    const samples = await cpuInTurns(works, shortRounds);
    const rows = peers
      .filter(({ name }) => name in works)
      .map(({ name, goal }) => ({
        measured: "Gatehouse, no log",
        samples: samples[ours] ?? [],
        against: { name, samples: samples[name] ?? [] },
        goal: goal === null ? null : atMost(goal),
      }));
    return { tables: [{ unit: "CPU µs per connection", rows }], notes };
  },
};
