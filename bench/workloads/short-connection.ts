/** Connect, greeting, QUIT, close: what a connection costs without a log, and what the log adds. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import type { Workload } from "../workload.ts";

export const shortConnection: Workload = {
  name: "short-connection",
  async run({ shortRounds, pick }) {
    const work = { count: pick(2_500, 1_500), warmUp: pick(40_000, 10_000), load: shortDialogues };
    await using bareNet = await startServer("bare-net");
    await using gatehouse = await startServer("gatehouse");
    await using closing = await startServer("bare-net", { closesAtOnce: true });
    await using withLog = await startServer("gatehouse", { log: true });
    const { bare, closed, silent, logging } = await cpuInTurns(
      {
        bare: { server: bareNet, ...work },
        closed: { server: closing, ...work },
        silent: { server: gatehouse, ...work },
        logging: { server: withLog, ...work },
      },
      shortRounds,
    );
    const toBare = { name: "bare `node:net`", samples: bare };
    const toSilent = { name: "without it", samples: silent };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: "Gatehouse, no log", samples: silent, against: toBare, goal: atMost(1.15) },
            { measured: "Gatehouse, one log line each", samples: logging, against: toBare, goal: null },
            {
              measured: "bare `node:net` that closes at once, as Gatehouse does",
              samples: closed,
              against: toBare,
              goal: null,
            },
            // Less than half of the whole, so it does not dominate.
            { measured: "the log line: Gatehouse with it", samples: logging, against: toSilent, goal: atMost(2) },
          ],
        },
      ],
    };
  },
};
