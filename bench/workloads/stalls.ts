/**
 * Every command of every protocol with the largest input that the limits allow: how long nobody else is served, and how
 * much memory it takes.
 */
import { markdownTable } from "../../scripts/markdown-table.ts";
import { atMost } from "../goal.ts";
import { type NodeServer, startServer } from "../server-process.ts";
import type { MailHouseOptions } from "../servers/mail-house.ts";
import { type Attack, type Ports, portOf } from "../stalls/attack.ts";
import { httpAttacks, proxyAttacks, tlsAttacks } from "../stalls/front-doors.ts";
import { hostileMessages } from "../stalls/hostile-messages.ts";
import { imapAttacks, makeMailboxes } from "../stalls/imap.ts";
import { defaultMailboxLimits, defaultSmtpLimits } from "../stalls/limits.ts";
import { manageSieveAttacks } from "../stalls/manage-sieve.ts";
import type { Peer } from "../stalls/peer.ts";
import { pop3Attacks } from "../stalls/pop3.ts";
import { accountOf, addressOf, fill, smtpAttacks } from "../stalls/smtp.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import type { Row, Workload } from "../workload.ts";

const longestTurn = 100;
const mostMemory = 20;
/** Smaller inputs are sent by several clients at once, and count as this many octets, since any work takes some memory. */
const leastInput = 4_194_304;
const mostPeers = 16;
const longestAnswer = 40;

/** Their maildrops have the same size; an attack empties some. */
const mailboxes = ["many", "maildrop", "move", "expunge", "close", "delete"];

interface Cost {
  readonly attack: Attack;
  /** From one client only. */
  readonly octets: number;
  readonly loop: number;
  readonly thread: number;
  /** Octets of memory per octet of input. */
  readonly memory: number;
  readonly problem: string | null;
  readonly answer: string;
}

export const stalls: Workload = {
  name: "stalls",
  async run({ pick }) {
    using folder = temporaryDirectory();
    // Input that is cut off at a limit costs less than input just below it.
    const sizes = pick([defaultSmtpLimits.messageSize - 65_536, 15_000_000, 2_000_000], [2_000_000]);
    const hostile = sizes.flatMap((size) => hostileMessages.map((message) => accountOf(message, size)));
    const names = ["sink", "mailboxes", ...mailboxes, ...hostile];
    const options: MailHouseOptions = {
      directory: folder.path,
      certificate: await makeCertificate(folder),
      accounts: names.map(addressOf),
    };
    await using server = await startServer("mail-house", options);
    const ports = await server.ask("ports");
    const many = pick(5_000, 500);
    for (const account of mailboxes) await fill(portOf(ports, "smtp"), { account, count: many });
    const count = Math.min(defaultMailboxLimits.maxMailboxes - 10, pick(1_000, 200));
    await makeMailboxes(portOf(ports, "imap"), { account: "mailboxes", count });
    const attacks = [
      ...httpAttacks(Math.max(...sizes)),
      ...proxyAttacks(),
      ...tlsAttacks(),
      ...smtpAttacks(sizes),
      ...manageSieveAttacks(),
      ...pop3Attacks({ sizes, many }),
      ...imapAttacks({ sizes, many, manyOctets: many * 300 }),
    ];
    const costs: Cost[] = [];
    for (const attack of attacks) {
      costs.push(await costOf(attack, server, ports));
      progress(costs.at(-1));
    }
    return {
      tables: [
        { unit: "longest turn of the event loop, ms", rows: worst(costs, "loop", longestTurn) },
        { unit: "longest turn of a thread of the store, ms", rows: worst(costs, "thread", longestTurn) },
        { unit: "memory for each octet of input, octets", rows: worst(costs, "memory", mostMemory) },
      ],
      text: describe(costs),
      notes: costs.flatMap(({ attack, problem }) =>
        problem === null ? [] : [`${attack.protocol}, ${attack.name}: ${problem}`],
      ),
    };
  },
};

async function costOf(attack: Attack, server: NodeServer, ports: Ports): Promise<Cost> {
  const alone = await measured(attack, { server, ports, peers: 1 });
  const peers = Math.min(mostPeers, Math.ceil(leastInput / Math.max(1, alone.octets)));
  const together =
    attack.single || peers === 1 || alone.problem ? alone : await measured(attack, { server, ports, peers });
  const input = Math.max(leastInput, together.octets + (attack.mail ?? 0));
  return { ...alone, attack, memory: together.grown / input };
}

interface Measured extends Pick<Cost, "octets" | "loop" | "thread" | "problem" | "answer"> {
  readonly grown: number;
}

async function measured(
  attack: Attack,
  { server, ports, peers }: { readonly server: NodeServer; readonly ports: Ports; readonly peers: number },
): Promise<Measured> {
  const open: Peer[] = [];
  try {
    for (let count = 0; count < peers; count += 1) open.push(await attack.open(ports));
    const { rss } = await server.ask("memory");
    await server.ask("peak");
    await server.ask("stalls");
    for (const peer of open) peer.start();
    let answer = "";
    const runs = open.map(async (peer) => {
      answer = await attack.run(peer);
    });
    const problem = await Promise.all(runs).then(() => null, messageOf);
    const { loop, thread } = await server.ask("stalls");
    const peak = (await server.ask("peak")) ?? rss;
    const octets = open.reduce((sum, { sent }) => sum + sent, 0);
    return { octets, loop, thread, grown: Math.max(0, peak - rss), problem, answer };
  } finally {
    for (const peer of open) peer[Symbol.dispose]();
  }
}

function worst(costs: readonly Cost[], figure: "loop" | "thread" | "memory", limit: number): Row[] {
  return [...Map.groupBy(costs, ({ attack }) => attack.protocol)].map(([protocol, ofProtocol]) => {
    const [first, ...others] = ofProtocol;
    if (!first) throw new Error(protocol);
    const most = others.reduce((one, other) => (other[figure] > one[figure] ? other : one), first);
    return {
      measured: `${protocol}: ${most.attack.name}`,
      samples: [most[figure]],
      against: null,
      goal: atMost(limit, "figure"),
    };
  });
}

function describe(costs: readonly Cost[]): string {
  return markdownTable(
    ["protocol", "input", "octets", "event loop, ms", "thread, ms", "memory, octets for each", "answer"],
    costs.map(({ attack, octets, loop, thread, memory, answer }) => [
      attack.protocol,
      attack.name,
      String(octets),
      loop.toFixed(0),
      thread.toFixed(0),
      memory.toFixed(1),
      answer.slice(0, longestAnswer),
    ]),
  );
}

function progress(cost: Cost | undefined): void {
  if (!cost) return;
  const { attack, loop, thread, memory, problem } = cost;
  const missed = loop > longestTurn || thread > longestTurn || memory > mostMemory || problem !== null;
  const figures = `${loop.toFixed(0)} ms, ${thread.toFixed(0)} ms, ${memory.toFixed(1)}×`;
  if (missed) console.log(`${attack.protocol}, ${attack.name}: ${figures}${problem === null ? "" : `; ${problem}`}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
