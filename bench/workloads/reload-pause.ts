/** Reloads, of the listener that has thousands of connections, too: how long the event loop stands still. */
import { atMost } from "../goal.ts";
import { HeldConnections } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import type { Pauses } from "../servers/event-loop.ts";
import type { Workload } from "../workload.ts";

export const reloadPause: Workload = {
  name: "reload-pause",
  openFiles: 8_500,
  async run({ pick }) {
    const open = pick(8_000, 4_000);
    await using server = await startServer("gatehouse", { patient: true });
    await using held = new HeldConnections({ port: server.port });
    await held.hold(open);
    const [quiet, reload]: [Pauses[], Pauses[]] = [[], []];
    // Another listener is added, changed and moved, the busy one is changed, the other removed: five reloads a round. The first five reloads do not count.
    for (let turn = -5; turn < pick(40, 8); turn += 1) {
      const [without, during] = [await server.ask("quiet"), await server.ask("reload")];
      if (turn < 0) continue;
      quiet.push(without);
      reload.push(during);
    }
    const clock = (pauses: readonly Pauses[]) => pauses.map((pause) => pause.clock);
    const thread = (pauses: readonly Pauses[]) => pauses.map((pause) => pause.thread);
    const worst = (samples: readonly number[]) => [Math.max(...samples)];
    const name = "no reload";
    const times = `of ${reload.length} reloads with ${open} open`;
    return {
      tables: [
        {
          unit: "longest pause, ms",
          rows: [
            {
              measured: `by the clock, the worst ${times}`,
              samples: worst(clock(reload)),
              against: { name, samples: worst(clock(quiet)) },
              goal: atMost(20, "figure"),
            },
            {
              measured: `by the clock, each ${times}`,
              samples: clock(reload),
              against: { name, samples: clock(quiet) },
              goal: null,
            },
            {
              measured: `busy thread, the worst ${times}`,
              samples: worst(thread(reload)),
              against: { name, samples: worst(thread(quiet)) },
              goal: null,
            },
            {
              measured: `busy thread, each ${times}`,
              samples: thread(reload),
              against: { name, samples: thread(quiet) },
              goal: null,
            },
          ],
        },
      ],
    };
  },
};
