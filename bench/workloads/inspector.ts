/** The short connection with an inspector: without a page, with one, and with a sample of one in a hundred on it. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { hasInspector } from "../servers/inspection.ts";
import type { Workload } from "../workload.ts";

export const inspector: Workload = {
  name: "inspector",
  missing: () => (hasInspector() ? null : "This version has no inspector."),
  async run({ shortRounds, pick }) {
    const work = { count: pick(4_000, 3_000), warmUp: pick(40_000, 10_000), load: shortDialogues };
    await using unwatched = await startServer("gatehouse");
    await using ready = await startServer("gatehouse", { inspected: 1 });
    await using sampled = await startServer("gatehouse", { inspected: 100 });
    await using watched = await startServer("gatehouse", { inspected: 1 });
    using samplePage = await openPage(await sampled.ask("inspector"));
    using page = await openPage(await watched.ask("inspector"));
    const { without, unseen, oneInHundred, inspected } = await cpuInTurns(
      {
        without: { server: unwatched, ...work },
        unseen: { server: ready, ...work },
        oneInHundred: { server: sampled, ...work },
        inspected: { server: watched, ...work },
      },
      shortRounds,
    );
    const against = { name: "no inspector", samples: without };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: "Gatehouse with an inspector, no page open", samples: unseen, against, goal: atMost(1.05) },
            { measured: "a page open, every connection inspected", samples: inspected, against, goal: atMost(2) },
            { measured: "a page open, 1 connection in 100 inspected", samples: oneInHundred, against, goal: null },
          ],
        },
      ],
      notes: [
        `${page.events} events reached the page that is shown all connections, and ${samplePage.events} the other; a page that reads too slowly misses some.`,
      ],
    };
  },
};

interface Page extends Disposable {
  readonly events: number;
}

/** As the page's own script does. @throws Error when it is refused */
async function openPage(url: string): Promise<Page> {
  const { host, origin } = new URL(url);
  const socket = new WebSocket(`ws://${host}${new URL("events", url).pathname}`, { headers: { origin } });
  let events = 0;
  // A frame has several messages; in earlier versions, one.
  socket.addEventListener("message", ({ data }) => {
    const messages: readonly { readonly type: string }[] = [JSON.parse(String(data))].flat();
    events += messages.filter(({ type }) => type.startsWith("@xstate.")).length;
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("The inspector refused its page.")));
  });
  return {
    get events() {
      return events;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}
