/** The short connection with an inspector that is shown one connection in a hundred, against the same without. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { hasInspector } from "../servers/inspection.ts";
import type { Workload } from "../workload.ts";

export const inspector: Workload = {
  name: "inspector",
  missing: () => (hasInspector() ? null : "This version has no inspector."),
  async run({ rounds, pick }) {
    const count = pick(10_000, 3_000);
    await using unwatched = await startServer("gatehouse");
    await using watched = await startServer("gatehouse", { inspected: 100 });
    const { without, inspected } = await cpuInTurns(
      {
        without: { server: unwatched, count, load: shortDialogues },
        inspected: { server: watched, count, load: shortDialogues },
      },
      rounds,
    );
    const against = { name: "no inspector", samples: without };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: "Gatehouse, 1 connection in 100 inspected", samples: inspected, against, goal: atMost(1.05) },
          ],
        },
      ],
    };
  },
};
