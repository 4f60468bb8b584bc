/** Reloads of a listener that has no connections, while another one has thousands: how long the event loop stands still. */
import { atMost } from "../goal.ts";
import { HeldConnections } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { takeTurns } from "../turns.ts";
import type { Workload } from "../workload.ts";

export const reloadPause: Workload = {
  name: "reload-pause",
  openFiles: 8_500,
  async run({ pick }) {
    const open = pick(8_000, 4_000);
    await using server = await startServer("gatehouse");
    await using held = new HeldConnections({ port: server.port });
    await held.hold(open);
    // The listener comes, changes, moves and goes: four reloads.
    const { reload, quiet } = await takeTurns(
      [
        { name: "quiet", measure: () => server.ask("quiet") },
        { name: "reload", measure: () => server.ask("reload") },
      ],
      pick(24, 8),
    );
    const against = { name: "no reload", samples: quiet };
    return {
      tables: [
        {
          unit: "longest pause, ms",
          rows: [{ measured: `reload, ${open} open`, samples: reload, against, goal: atMost(20, "figure") }],
        },
      ],
    };
  },
};
