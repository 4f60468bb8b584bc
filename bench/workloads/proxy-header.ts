/** The short connection with a PROXY header before it, version 2, against the same without. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { type DialogueLoad, shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import type { Workload } from "../workload.ts";

export const proxyHeader: Workload = {
  name: "proxy-header",
  async run({ rounds, pick }) {
    const count = pick(10_000, 3_000);
    await using plain = await startServer("gatehouse");
    await using behindProxy = await startServer("gatehouse", { proxy: true });
    const { without, proxied } = await cpuInTurns(
      {
        without: { server: plain, count, load: shortDialogues },
        proxied: {
          server: behindProxy,
          count,
          load: (work: DialogueLoad) => shortDialogues({ ...work, proxied: true }),
        },
      },
      rounds,
    );
    const against = { name: "without", samples: without };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [{ measured: "Gatehouse, with a PROXY header", samples: proxied, against, goal: atMost(1.05) }],
        },
      ],
    };
  },
};
