/** One, two and four workers, which may use all processors: connect, greeting, QUIT, close; and handshakes of TLS 1.3. */
import { join } from "node:path";
import { markdownTable } from "../../scripts/markdown-table.ts";
import { atLeast, atMost, type Goal } from "../goal.ts";
import { handshakes, shortDialogues } from "../load/load.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import { median } from "../statistics.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import { takeTurns } from "../turns.ts";
import type { Row, Workload } from "../workload.ts";

const counts = [1, 2, 4] as const;
type Count = (typeof counts)[number];
const cores = 16;

/** Of one turn: microseconds for each unit of work. */
interface Turn {
  readonly main: number;
  readonly workers: number;
  /** V8's compilers and collectors, and libuv's threads. */
  readonly rest: number;
  readonly perSecond: number;
}

interface Contender {
  readonly workers: Count;
  readonly server: NodeServer;
  readonly turns: Turn[];
}

/** So much work in a turn, and before the first one, done by a load that says how many seconds it took. */
interface Load {
  readonly count: number;
  readonly warmUp: number;
  readonly load: (work: { readonly port: number; readonly count: number }) => Promise<number>;
}

export const workers: Workload = {
  name: "workers",
  missing: () => (process.platform === "linux" ? null : "Several workers need Linux."),
  async run({ shortRounds, pick }) {
    using directory = temporaryDirectory();
    const certificate = await makeCertificate(directory);
    await using started = new AsyncDisposableStack();
    const begun = async (workers: Count, name: string, options: object): Promise<Contender> => ({
      workers,
      server: started.use(await startServer(name, options, { everywhere: true })),
      turns: [],
    });
    const contender = (workers: Count, options: object = {}): Promise<Contender> =>
      begun(workers, "gatehouse", { workers, ...options });
    const [silent, logging, secured, bare]: [Contender[], Contender[], Contender[], Contender[]] = [[], [], [], []];
    for (const workers of counts) {
      bare.push(await begun(workers, "bare-threads", { threads: workers }));
      silent.push(await contender(workers));
      logging.push(await contender(workers, { log: join(directory.path, `log-${workers}`) }));
      if (workers < 4) secured.push(await contender(workers, { certificate }));
    }
    const short = { count: pick(4_000, 2_000), warmUp: pick(60_000, 10_000), load: shortDialogues };
    const full = { count: pick(600, 300), warmUp: pick(6_000, 1_000), load: handshakes };
    await inTurns([...bare, ...silent, ...logging], short, shortRounds);
    await inTurns(secured, full, shortRounds);
    const goal = atMost(1.1);
    return {
      tables: [
        {
          unit: "CPU µs per connection",
          rows: [
            ...rows(silent, "workers, no log", goal),
            ...rows(logging, "workers, log to a file", goal),
            ...rows(bare, "threads, bare `node:net`", null),
          ],
        },
        { unit: "CPU µs per handshake", rows: rows(secured, "workers, full handshakes", null) },
        { unit: "handshakes for one of one worker", digits: 2, rows: handshakeRows(secured) },
      ],
      text: [byThread(silent), estimate(silent)].join("\n\n"),
      notes: [
        "Server and load share the processors, so no row says how much more several workers serve on a machine with room.",
        "Each worker compiles its code for itself: the warm-up is for each.",
      ],
    };
  },
};

async function inTurns(contenders: readonly Contender[], { count, warmUp, load }: Load, rounds: number): Promise<void> {
  const turns = contenders.map((each, index) => ({
    name: String(index),
    warmUp: () => load({ port: each.server.port, count: warmUp * each.workers }),
    async measure() {
      const before = await each.server.ask("threads");
      const seconds = await load({ port: each.server.port, count });
      const turn = turnOf(before, await each.server.ask("threads"), count);
      each.turns.push({ ...turn, perSecond: count / seconds });
      return cpuOf(turn);
    },
  }));
  await takeTurns(turns, rounds);
}

type Threads = Readonly<Record<string, number>>;

function turnOf(before: Threads, after: Threads, count: number): Omit<Turn, "perSecond"> {
  const turn = { main: 0, workers: 0, rest: 0 };
  for (const [name, time] of Object.entries(after)) {
    const part = name === "node-MainThread" ? "main" : name.startsWith("gatehouse") ? "workers" : "rest";
    turn[part] += (time - (before[name] ?? 0)) / count;
  }
  return turn;
}

function cpuOf({ main, workers, rest }: Omit<Turn, "perSecond">): number {
  return main + workers + rest;
}

function rows([one, ...several]: readonly Contender[], words: string, goal: Goal | null): Row[] {
  const against = { name: "one", samples: one?.turns.map(cpuOf) ?? [] };
  return several.map(({ workers, turns }) => ({
    measured: `${workers} ${words}`,
    samples: turns.map(cpuOf),
    against,
    goal,
  }));
}

function handshakeRows([one, two]: readonly Contender[]): Row[] {
  const pairs = (two?.turns ?? []).flatMap((turn, round) => {
    const alone = one?.turns[round];
    return alone ? [{ alone, turn }] : [];
  });
  return [
    {
      measured: "2 workers with a processor each, by the CPU of a handshake",
      samples: pairs.map(({ alone, turn }) => (2 * cpuOf(alone)) / cpuOf(turn)),
      against: null,
      goal: atLeast(1.7, "figure"),
    },
    {
      measured: "2 workers, on the processors that the load left them",
      samples: pairs.map(({ alone, turn }) => turn.perSecond / alone.perSecond),
      against: null,
      goal: null,
    },
  ];
}

function middle({ turns }: Contender, part: (turn: Turn) => number): number {
  return median(turns.map(part));
}

function byThread(contenders: readonly Contender[]): string {
  const cells = (part: (turn: Turn) => number): string[] =>
    contenders.map((contender) => middle(contender, part).toFixed(1));
  return markdownTable(
    ["no log, CPU µs per connection", ...contenders.map(({ workers }) => String(workers))],
    [
      ["the main thread, which serves with one worker", ...cells(({ main }) => main)],
      ["the workers", ...cells((turn) => turn.workers)],
      ["V8's and libuv's threads", ...cells(({ rest }) => rest)],
    ],
  );
}

/** By Amdahl's law: what the main thread does for a connection is shared, and the rest is divided among the cores. */
function estimate([one, two]: readonly Contender[]): string {
  if (!one || !two) return "";
  const [alone, shared] = [middle(one, cpuOf), middle(two, ({ main }) => main)];
  const divided = middle(two, (turn) => turn.workers + turn.rest);
  const times = alone / (shared + divided / cores);
  const share = (100 * shared) / (shared + divided);
  return (
    `An estimate, not a measurement: the main thread's part is ${share.toFixed(1)} % of a connection with two workers. ` +
    `By Amdahl's law, with\nnothing else shared, ${cores} workers on ${cores} cores serve ${times.toFixed(1)} times as ` +
    `much as one.`
  );
}
