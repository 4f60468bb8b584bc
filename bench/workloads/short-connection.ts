/** Connect, greeting, QUIT, close: with the log in a file, as a user has it, and without. */
import { join } from "node:path";
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { temporaryDirectory } from "../temporary.ts";
import type { Workload } from "../workload.ts";

/** The log's lines of one turn are one write: the fewer clients at a time, the more writes. */
const clients = [1, 5, 50, 400] as const;

export const shortConnection: Workload = {
  name: "short-connection",
  async run({ shortRounds, pick }) {
    const [count, warmUp] = [pick(2_500, 1_500), pick(40_000, 10_000)];
    using directory = temporaryDirectory();
    await using bare = await startServer("bare-net", { closesAtOnce: true });
    await using silent = await startServer("gatehouse");
    await using logging = await startServer("gatehouse", { log: join(directory.path, "log") });
    const servers = { bare, silent, logging };
    const works = Object.fromEntries(
      clients.flatMap((concurrency) =>
        Object.entries(servers).map(([name, server]): [string, Work] => {
          const load = (work: { readonly port: number; readonly count: number }) =>
            shortDialogues({ ...work, concurrency });
          // One client takes a while.
          const few = concurrency === 1;
          return [
            `${name} ${concurrency}`,
            { server, count: few ? count / 5 : count, warmUp: few ? 500 : warmUp, load },
          ];
        }),
      ),
    );
    const samples = await cpuInTurns(works, shortRounds);
    const of = (name: string, concurrency: number) => samples[`${name} ${concurrency}`] ?? [];
    const rows = clients.flatMap((concurrency) => {
      const against = { name: "bare `node:net`", samples: of("bare", concurrency) };
      const at = `${concurrency} ${concurrency === 1 ? "client" : "clients"} at a time`;
      return [
        {
          ...{ measured: `Gatehouse, log to a file, ${at}`, samples: of("logging", concurrency), against },
          goal: concurrency === 50 ? atMost(1.1) : null,
        },
        {
          ...{ measured: `Gatehouse, no log, ${at}`, samples: of("silent", concurrency), against },
          goal: concurrency === 50 ? atMost(1.05) : null,
        },
      ];
    });
    return {
      tables: [{ unit: "CPU µs per connection", rows }],
      notes: ["The baseline greets, answers QUIT and closes as Gatehouse does, at once; it keeps no log."],
    };
  },
};
