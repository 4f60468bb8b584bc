/** A TLS 1.3 handshake, a full one or one that resumes a session, the greeting, and the client's close. */
import { cpuInTurns } from "../cpu-of-each.ts";
import { atMost } from "../goal.ts";
import { handshakes, resumedHandshakes } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import type { Workload } from "../workload.ts";

export const tlsHandshake: Workload = {
  name: "tls-handshake",
  async run({ shortRounds, pick }) {
    const work = { count: pick(500, 300), warmUp: pick(8_000, 1_000), load: handshakes };
    const resuming = { count: pick(1_000, 300), warmUp: pick(8_000, 1_000), load: resumedHandshakes };
    using directory = temporaryDirectory();
    const certificate = await makeCertificate(directory);
    await using bareTls = await startServer("bare-tls", { certificate });
    await using gatehouse = await startServer("gatehouse", { certificate });
    const { bare, ours, bareResumed, oursResumed } = await cpuInTurns(
      {
        bare: { server: bareTls, ...work },
        ours: { server: gatehouse, ...work },
        bareResumed: { server: bareTls, ...resuming },
        oursResumed: { server: gatehouse, ...resuming },
      },
      shortRounds,
    );
    const against = { name: "bare `node:tls`", samples: bare };
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            { measured: "Gatehouse, no log: a full handshake", samples: ours, against, goal: atMost(1.05) },
            {
              ...{ measured: "a session resumed by its ticket", samples: oursResumed, goal: null },
              against: { name: "bare `node:tls`", samples: bareResumed },
            },
          ],
        },
      ],
    };
  },
};
