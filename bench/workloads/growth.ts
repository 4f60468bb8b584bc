/** The short connection while others are open: whether it costs more when there are more. */
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { HeldConnections, shortDialogues } from "../load/load.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import type { Workload } from "../workload.ts";

export const growth: Workload = {
  name: "growth",
  openFiles: 8_500,
  async run({ shortRounds, pick }) {
    const work = { count: pick(2_500, 1_500), warmUp: pick(30_000, 5_000), load: shortDialogues };
    const others = pick([100, 1_000, 8_000] as const, [100, 1_000, 4_000] as const);
    await using cleanup = new AsyncDisposableStack();
    const crowds: { readonly server: NodeServer; readonly name: string; readonly open: number }[] = [];
    const crowded = async (name: string, open: number): Promise<Work> => {
      const server = cleanup.use(await startServer(name, { patient: true, closesAtOnce: true }));
      const held = cleanup.use(new HeldConnections({ port: server.port }));
      await held.hold(open);
      crowds.push({ server, name, open });
      return { server, ...work };
    };
    const { few, some, many, bareFew, bareMany } = await cpuInTurns(
      {
        few: await crowded("gatehouse", others[0]),
        some: await crowded("gatehouse", others[1]),
        many: await crowded("gatehouse", others[2]),
        bareFew: await crowded("bare-net", others[0]),
        bareMany: await crowded("bare-net", others[2]),
      },
      shortRounds,
    );
    for (const { server, name, open } of crowds) {
      const left = await server.ask("open");
      if (left < open) throw new Error(`${name}: of ${open} other connections ${left} were open at the end.`);
    }
    const against = { name: `${others[0]} others`, samples: few };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: `Gatehouse, ${others[1]} others open`, samples: some, against, goal: atMost(1.1) },
            { measured: `Gatehouse, ${others[2]} others open`, samples: many, against, goal: atMost(1.1) },
            {
              measured: `bare \`node:net\`, ${others[2]} others open`,
              samples: bareMany,
              against: { name: `${others[0]} others`, samples: bareFew },
              goal: null,
            },
          ],
        },
      ],
    };
  },
};
