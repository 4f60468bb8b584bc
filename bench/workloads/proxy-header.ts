/** The short connection after a version 2 PROXY header, against the same without. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { type DialogueLoad, shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import type { Workload } from "../workload.ts";

export const proxyHeader: Workload = {
  name: "proxy-header",
  async run({ shortRounds, pick }) {
    const work = { count: pick(2_500, 1_500), warmUp: pick(40_000, 10_000), load: shortDialogues };
    const withHeader = { ...work, load: (load: DialogueLoad) => shortDialogues({ ...load, proxied: true }) };
    await using plain = await startServer("gatehouse");
    await using bareNet = await startServer("bare-net");
    await using bareBehindProxy = await startServer("bare-net", { proxied: true });
    await using behindProxy = await startServer("gatehouse", { proxy: true });
    const { without, proxied, bare, bareProxied } = await cpuInTurns(
      {
        without: { server: plain, ...work },
        proxied: { server: behindProxy, ...withHeader },
        bare: { server: bareNet, ...work },
        bareProxied: { server: bareBehindProxy, ...withHeader },
      },
      shortRounds,
    );
    const against = { name: "without", samples: without };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: "Gatehouse, with a PROXY header", samples: proxied, against, goal: atMost(1.05) },
            {
              measured: "bare `node:net` that drops the same packet",
              samples: bareProxied,
              against: { name: "without", samples: bare },
              goal: null,
            },
          ],
        },
      ],
    };
  },
};
