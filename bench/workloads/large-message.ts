/** One message of 50 MB, which the backend discards, against servers that only look for its end; and what memory it takes. */
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { atMost, type Goal } from "../goal.ts";
import { sendMessages } from "../load/load.ts";
import { peers } from "../peers.ts";
import { startServer } from "../server-process.ts";
import { takeTurns } from "../turns.ts";
import type { Effort, Table, Workload } from "../workload.ts";

const megabyte = 1e6;
const discarding = { messages: "discarded as a stream", messageSize: 1_000 * megabyte };
const ours = "Gatehouse, no log";
const baseline = "bare `node:net`";

export const largeMessage: Workload = {
  name: "large-message",
  run: async (effort) => ({ tables: [await compareCpu(effort), await comparePeaks(effort)] }),
};

async function compareCpu({ rounds, pick }: Effort): Promise<Table> {
  const count = pick(4, 2);
  const load = (work: { port: number; count: number }) => send(work, 50);
  await using cleanup = new AsyncDisposableStack();
  const full = { server: cleanup.use(await startServer("gatehouse", discarding)), count, load };
  const sink = { server: cleanup.use(await startServer("bare-sink")), count, load };
  const counter = { server: cleanup.use(await startServer("bare-counter")), count, load };
  const works: Record<string, Work> = { full, sink, counter };
  const peer = peers.find(({ name, missing }) => name === "smtp-server" && missing() === null);
  if (peer) works["peer"] = { server: cleanup.use(await peer.start("")), count, load };
  const samples = await cpuInTurns(works, rounds);
  const milliseconds = (of: string) => (samples[of] ?? []).map((microseconds) => microseconds / 1_000);
  const row = (name: string, of: string, goal: Goal | null) => ({
    measured: ours,
    samples: milliseconds("full"),
    against: { name, samples: milliseconds(of) },
    goal,
  });
  return {
    unit: "CPU ms per message of 50 MB",
    rows: [
      row(`${baseline} that searches for the dot`, "sink", atMost(1.1)),
      row(`${baseline} that counts octets`, "counter", null),
      ...(peer ? [row(peer.name, "peer", atMost(0.4))] : []),
    ],
  };
}

async function comparePeaks({ pick }: Effort): Promise<Table> {
  const turns = [
    { name: "of50", warmUp: null, measure: () => peakOf("gatehouse", 50) },
    { name: "of400", warmUp: null, measure: () => peakOf("gatehouse", 400) },
    { name: "bareOf50", warmUp: null, measure: () => peakOf("bare-counter", 50) },
  ] as const;
  const { of50, of400, bareOf50 } = await takeTurns(turns, pick(3, 1));
  const against = { name: `${baseline}: one of 50 MB`, samples: bareOf50 };
  return {
    unit: "peak RSS above the start, MB",
    rows: [
      { measured: `${ours}: a message of 50 MB`, samples: of50, against, goal: atMost(1) },
      // Flat: the longer message does not leave more chunks waiting for collection.
      { measured: `${ours}: a message of 400 MB`, samples: of400, against, goal: atMost(1) },
    ],
  };
}

/** In a new process: memory that was once needed stays with the process. */
async function peakOf(name: string, megabytes: number): Promise<number> {
  await using server = await startServer(name, discarding);
  await sendMessages({ port: server.port, count: 200, sessions: 1, length: 1_024, kept: true });
  const { rss } = await server.ask("memory");
  await server.ask("peak");
  await send({ port: server.port, count: 1 }, megabytes);
  const peak = await server.ask("peak");
  return Math.max(0, (peak ?? rss) - rss) / megabyte;
}

function send(work: { readonly port: number; readonly count: number }, megabytes: number): Promise<number> {
  return sendMessages({ ...work, sessions: 1, length: megabytes * megabyte, kept: true });
}
