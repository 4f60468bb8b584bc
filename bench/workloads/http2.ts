/** Requests over HTTP/2, many at once on few connections, by h2load. */
import { cpuInTurns, type Work } from "../cpu-of-each.ts";
import { requests } from "../load/load.ts";
import { isInstalled } from "../machine.ts";
import { startServer } from "../server-process.ts";
import type { Workload } from "../workload.ts";

const forms = ["onRequest", "fetch"] as const;
const servers = ["bare", "gatehouse"] as const;

export const http2: Workload = {
  name: "http2",
  missing: () => (isInstalled("h2load") ? null : "h2load is not installed (Debian: nghttp2-client)"),
  async run({ shortRounds, pick }) {
    await using cleanup = new AsyncDisposableStack();
    const works: Record<string, Work> = {};
    for (const form of forms)
      for (const server of servers)
        works[`${server} ${form}`] = {
          server: cleanup.use(await startServer("http2-app", { server, form })),
          ...{ count: pick(20_000, 6_000), warmUp: pick(60_000, 20_000), load: requests },
        };
    const samples = await cpuInTurns(works, shortRounds);
    const rows = forms.map((form) => ({
      measured: `Gatehouse, ${form}`,
      samples: samples[`gatehouse ${form}`] ?? [],
      against: {
        name: form === "fetch" ? "bare `node:http2` with `@hono/node-server`" : "bare `node:http2`",
        samples: samples[`bare ${form}`] ?? [],
      },
      goal: null,
    }));
    return {
      tables: [{ unit: "CPU µs per request", rows }],
      notes: [
        "8 connections in clear, 10 streams at a time on each; an answer of 5 octets; both servers have the same handler.",
      ],
    };
  },
};
