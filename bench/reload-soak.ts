/**
 * Clients that connect, greet, send and quit, in clear, by STARTTLS and under implicit TLS, while the document is reloaded
 * in every way, also with broken ones. Exits with 1 if a session on a kept address was not served, if a reload
 * ended differently than it should, if a connection older than the reloads broke, or if a slot leaked.
 * `node bench/reload-soak.ts [seconds] [clients]`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { Reloads, type Step } from "./soak/reloads.ts";
import type { Facts, Outcome, Request } from "./soak/server.ts";
import { Conversation, type Mode, modes, visit } from "./soak/visitor.ts";

const seconds = Number(process.argv[2] ?? 60);
const clients = Number(process.argv[3] ?? 200);
/** Per minute, on any machine. */
const reloadsWanted = 100;
/** Milliseconds to wait until a client sees a new certificate. */
const certificateLimit = 10_000;

interface Tally {
  carriedOut: number;
  rejected: number;
  otherwise: number;
}

const directory = await mkdtemp(join(tmpdir(), "gatehouse-soak-"));
const taken = createServer().listen(0, "127.0.0.1");
await once(taken, "listening");
const takenAddress = taken.address();
const reloads = new Reloads(directory, typeof takenAddress === "object" && takenAddress ? takenAddress.port : 0);
await reloads.replaceCertificate();
const child = fork(new URL("./soak/server.ts", import.meta.url), { execArgv: ["--expose-gc"] });
const { ports } = (await ask(child, { type: "start", document: reloads.document })) as Facts;

const sessions = new Map<Mode, Map<string, number>>(modes.map((mode) => [mode, new Map()]));
const tallies = new Map<string, Tally>();
const certificateDelays: number[] = [];

// What the first sessions and reloads leave behind in the process (compiled code, pools) is not a leak.
await soak(seconds / 4, []);
for (const results of [...sessions.values(), tallies]) results.clear();
certificateDelays.length = 0;
const before = await settled();
const old = await Promise.all(modes.map((mode) => Conversation.open(mode, ports)));
const olderThanReloads = await soak(seconds, old);
for (const conversation of old) await conversation.quit().catch(() => {});
const after = await settled();
child.disconnect();
taken.close();
await rm(directory, { recursive: true });
report();

/** Resolves with how many connections from before all reloads could still send a message after each reload. */
async function soak(length: number, older: readonly Conversation[]): Promise<number> {
  let over = false;
  const visitors = load(() => over);
  const wanted = Math.ceil((reloadsWanted * length) / 60);
  const end = Date.now() + length * 1_000;
  let [done, alive] = [0, older.length];
  for (const step of reloads.steps()) {
    await reload(step);
    done += 1;
    const answers = await Promise.allSettled(older.map((conversation) => conversation.send()));
    alive = Math.min(alive, answers.filter(({ status }) => status === "fulfilled").length);
    if (Date.now() >= end && done >= wanted && Reloads.isLast(step)) break;
    await pause(Math.max(0, (end - Date.now()) / Math.max(1, wanted * 1.1 - done)));
  }
  over = true;
  await visitors;
  return alive;
}

async function reload({ kind, expected, document }: Step): Promise<void> {
  const { outcome } = document ? ((await ask(child, { type: "reload", document })) as Outcome) : await newCertificate();
  const tally = tallies.get(kind) ?? { carriedOut: 0, rejected: 0, otherwise: 0 };
  tallies.set(kind, tally);
  if (outcome !== expected) tally.otherwise += 1;
  else if (outcome === "rejected") tally.rejected += 1;
  else tally.carriedOut += 1;
}

/** Replaces the files, and connects until a client sees the new certificate. */
async function newCertificate(): Promise<Outcome> {
  const former = await served();
  await reloads.replaceCertificate();
  const changed = performance.now();
  while ((await served()) === former && performance.now() - changed < certificateLimit) await pause(10);
  certificateDelays.push(performance.now() - changed);
  return (await ask(child, { type: "certificates" })) as Outcome;
}

function served(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ port: ports["submissions"] ?? 0, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

/** This many clients at a time, one session after another, until the soak is over. */
async function load(isOver: () => boolean): Promise<void> {
  const client = async (mode: Mode): Promise<void> => {
    while (!isOver()) {
      const result = await visit(mode, ports);
      const results = sessions.get(mode);
      results?.set(result, (results.get(result) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(modes[index % modes.length] ?? "clear")));
}

/** Resolves when no connection is left. */
async function settled(): Promise<Facts> {
  for (let looks = 0; ; looks += 1) {
    const facts = (await ask(child, { type: "facts" })) as Facts;
    if ((facts.connections === 0 && facts.slots === 0) || looks === 100) return facts;
    await pause(100);
  }
}

async function ask(server: ChildProcess, request: Request): Promise<Outcome | Facts> {
  server.send(request);
  const [reply] = (await once(server, "message")) as [Outcome | Facts];
  return reply;
}

function report(): void {
  console.log("| client | sessions served | refused | reset | failed otherwise |\n|---|---|---|---|---|");
  let bad = 0;
  for (const [mode, results] of sessions) {
    const count = (wanted: (result: string) => boolean): number =>
      [...results].reduce((sum, [result, times]) => (wanted(result) ? sum + times : sum), 0);
    const others = [...results].filter(([result]) => !["served", "ECONNREFUSED", "ECONNRESET"].includes(result));
    const reasons = others.map(([result, times]) => `${times} ${result}`).join(", ") || "0";
    const [good, refused, reset] = ["served", "ECONNREFUSED", "ECONNRESET"].map((name) =>
      count((result) => result === name),
    );
    bad += count((result) => result !== "served");
    console.log(`| ${mode} | ${good} | ${refused} | ${reset} | ${reasons} |`);
  }
  console.log("\n| reload | carried out | rejected, as it should be | otherwise |\n|---|---|---|---|");
  for (const [kind, { carriedOut, rejected, otherwise }] of tallies)
    console.log(`| ${kind} | ${carriedOut} | ${rejected} | ${otherwise} |`);
  const all = [...tallies.values()].reduce(
    (sum, tally) => sum + tally.carriedOut + tally.rejected + tally.otherwise,
    0,
  );
  const otherwise = [...tallies.values()].reduce((sum, tally) => sum + tally.otherwise, 0);
  const delays = certificateDelays.toSorted((a, b) => a - b);
  const [median = 0, slowest = 0] = [delays[Math.floor(delays.length / 2)], delays.at(-1)];
  console.log("\n| | before | after |\n|---|---|---|");
  console.log(`| reloads | 0 | ${all} |`);
  console.log(`| connections older than the reloads, alive | ${old.length} | ${olderThanReloads} |`);
  console.log(`| slots taken | ${before.slots} | ${after.slots} |`);
  console.log(`| descriptors of the server | ${before.descriptors} | ${after.descriptors} |`);
  console.log(`| heap of the server after a collection, MB | ${megabytes(before.heap)} | ${megabytes(after.heap)} |`);
  console.log(`| RSS of the server, MB | ${megabytes(before.rss)} | ${megabytes(after.rss)} |`);
  console.log(
    `| a client sees a new certificate, ms after its files changed, under this load: median, slowest | | ${median.toFixed(0)}, ${slowest.toFixed(0)} |`,
  );
  const isGood =
    bad === 0 &&
    otherwise === 0 &&
    olderThanReloads === old.length &&
    after.slots === 0 &&
    after.connections === 0 &&
    after.descriptors === before.descriptors &&
    slowest < certificateLimit;
  process.exitCode = isGood ? 0 : 1;
}

function megabytes(octets: number): string {
  return (octets / 2 ** 20).toFixed(1);
}
