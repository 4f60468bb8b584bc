/** The short connection while the console's page of lifecycles is open and one in a hundred is traced, against neither. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { shortDialogues } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { watcher } from "../servers/watcher.ts";
import type { Workload } from "../workload.ts";

export const watchedPage: Workload = {
  name: "watched-page",
  async run({ shortRounds, pick }) {
    const work = { count: pick(4_000, 3_000), warmUp: pick(40_000, 10_000), load: shortDialogues };
    await using unwatched = await startServer("gatehouse", { managed: true });
    await using watched = await startServer("gatehouse", { managed: true });
    await using page = await openPage(await watched.ask("management"));
    const { without, open } = await cpuInTurns(
      { without: { server: unwatched, ...work }, open: { server: watched, ...work } },
      shortRounds,
    );
    const against = { name: "no page", samples: without };
    const measured = "Gatehouse, Lifecycles open, 1 connection in 100 traced";
    return {
      tables: [{ unit: "CPU µs per connection", rows: [{ measured, samples: open, against, goal: atMost(1.05) }] }],
      notes: [`${page.frames} frames of the live feed and ${page.lines} lines of traces reached the page.`],
    };
  },
};

interface Page extends AsyncDisposable {
  readonly frames: number;
  readonly lines: number;
}

/** Opens the streams that the page does. @throws Error when they are refused */
async function openPage(port: number): Promise<Page> {
  const abort = new AbortController();
  const counts = { frames: 0, lines: 0 };
  const Authorization = `Basic ${Buffer.from(`${watcher.username}:${watcher.password}`).toString("base64")}`;
  const read = async (query: string): Promise<void> => {
    const url = `http://127.0.0.1:${port}/jmap/eventsource/?types=&closeafter=no&ping=10&${query}`;
    const { body, status } = await fetch(url, { headers: { Authorization }, signal: abort.signal });
    if (!body || status !== 200) throw new Error(`The event source answered with status ${status}.`);
    void count(body);
  };
  const count = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    try {
      for await (const chunk of body) {
        const text = Buffer.from(chunk).toString();
        counts.frames += text.match(/^event: live$/gm)?.length ?? 0;
        counts.lines += text.match(/"type":"(?:actor|event|snapshot)","at"/g)?.length ?? 0;
      }
    } catch {
      // The page was closed.
    }
  };
  await read("live=true");
  await read("trace=sample&oneIn=100");
  return {
    get frames() {
      return counts.frames;
    },
    get lines() {
      return counts.lines;
    },
    [Symbol.asyncDispose]: async () => abort.abort(),
  };
}
