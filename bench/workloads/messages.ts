/** SMTP messages of 1 KiB that the backend discards, against a sink that only looks for their ends. */
import { join } from "node:path";
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { atMost, type Goal } from "../goal.ts";
import { sendMessages } from "../load/load.ts";
import { peers } from "../peers.ts";
import { startServer } from "../server-process.ts";
import { temporaryDirectory } from "../temporary.ts";
import type { Effort, Findings, Workload } from "../workload.ts";

const sessions = 20;
const length = 1_024;
const bare = "bare sink";
const ours = "Gatehouse, log to a file, as a stream";
const whole = "Gatehouse, no log, in one piece";

export const messagesKept: Workload = {
  name: "messages",
  run: (effort) => compare(effort, { kept: true, goal: atMost(1.25) }),
};

export const messagesNew: Workload = {
  name: "messages-new-connections",
  run: (effort) => compare(effort, { kept: false, goal: atMost(1.25) }),
};

async function compare(
  { shortRounds, pick }: Effort,
  { kept, goal }: { readonly kept: boolean; readonly goal: Goal },
): Promise<Findings> {
  const count = kept ? pick(2_500, 1_500) : pick(1_000, 500);
  const warmUp = kept ? pick(20_000, 5_000) : pick(10_000, 2_000);
  const sendWith = (atOnce: number) => (work: { port: number; count: number }) =>
    sendMessages({ ...work, sessions: atOnce, length, kept });
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(temporaryDirectory());
  const works: Record<string, Work> = {
    [bare]: { server: cleanup.use(await startServer("bare-sink")), count, warmUp, load: sendWith(sessions) },
    [ours]: {
      server: cleanup.use(
        await startServer("gatehouse", { messages: "discarded as a stream", log: join(path, "log") }),
      ),
      ...{ count, warmUp, load: sendWith(sessions) },
    },
    [whole]: {
      server: cleanup.use(await startServer("gatehouse", { messages: "discarded" })),
      ...{ count, warmUp, load: sendWith(sessions) },
    },
  };
  for (const { name, start, concurrency = sessions } of peers.filter(
    ({ discards, missing }) => discards && missing() === null,
  )) {
    works[name] = {
      server: cleanup.use(await start(cleanup.use(temporaryDirectory()).path)),
      count,
      warmUp,
      load: sendWith(kept ? sessions : concurrency),
    };
  }
  const samples = await cpuInTurns(works, shortRounds);
  const against = { name: bare, samples: samples[bare] ?? [] };
  const rows = Object.keys(works)
    .filter((name) => name !== bare)
    .map((name) => ({ measured: name, samples: samples[name] ?? [], against, goal: name === ours ? goal : null }));
  return {
    tables: [{ unit: "CPU µs per message", rows }],
    notes: [
      "The sink looks for the end of each message and answers every line; it checks and logs nothing. Peers read messages as streams and log nothing.",
    ],
  };
}
