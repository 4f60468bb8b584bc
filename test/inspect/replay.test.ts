/** Recordings of real connections, stepped through with today's charts and with others. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AnyStateMachine, createActor, createMachine, SimulatedClock } from "xstate";
import { ChartReplay } from "../../src/inspect/chart-replay.ts";
import {
  describeReplay,
  inspectionTree,
  openRecording,
  RecordingError,
  RecordingFileError,
  type Replay,
  replayRecording,
  type TreeOptions,
} from "../../src/inspect/index.ts";
import { connectionMachine, serverMachine } from "../../src/machines/index.ts";
import { clientHello } from "../../src/testing/client-hello.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";

const backend = { recipient: async () => undefined };
const document = [
  { name: "smtp", bind: ["127.0.0.1:0"] },
  { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
  { name: "held", bind: ["127.0.0.1:0"], maxConnections: 1, atCapacity: "hold" as const },
];

/** Records what happens in a server while `visit` runs. */
async function recorded(
  visit: (house: Awaited<ReturnType<typeof runGatehouse>>, clock: SimulatedClock) => Promise<void>,
  options: TreeOptions & { maxBytes?: number } = {},
) {
  const { maxBytes, ...selection } = options;
  const file = join(temporaryDirectory(), "recording.jsonl");
  const recording = await openRecording(file, maxBytes === undefined ? {} : { maxBytes });
  const clock = new SimulatedClock();
  const house = await runGatehouse(document, {
    backend,
    clock,
    inspect: inspectionTree([recording.observer], selection),
  });
  await visit(house, clock);
  await house.gatehouse.stop({ wait: false });
  await recording.close();
  return { file, lines: (await readFile(file, "utf8")).trimEnd().split("\n") };
}

function pathsOf({ actors }: Replay, chart: string): string[][] {
  return actors.filter((actor) => actor.chart === chart).map(({ steps }) => steps.map(({ state }) => state));
}

describe("a recording", () => {
  test("of a dialogue, a stalled handshake, a pause and a reload takes the same path today", async () => {
    const { lines, file } = await recorded(async ({ port, event, gatehouse }, clock) => {
      const client = await rawClient(port("smtp"));
      await client.until("220 ");
      client.socket.write("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n");
      await client.until("221 ");
      client.socket.end();
      await event("connection.closed");
      const stalled = await rawClient(port("submissions"));
      stalled.socket.write((await clientHello()).subarray(0, 20));
      await event("connection.handshaking");
      clock.increment(60_000);
      await event("connection.closed", ({ cause }) => cause === "tls-timeout");
      const holder = await rawClient(port("held"));
      await holder.until("220 ");
      await event("listener.paused");
      holder.socket.end("QUIT\r\n");
      await event("listener.resumed");
      await gatehouse.suspend("smtp");
      await gatehouse.resume("smtp");
      await gatehouse.reload(document.slice(0, 1));
    });
    const replay = await replayRecording(lines);
    expect(
      replay.actors.flatMap(({ steps }) => steps.map(({ difference }) => difference)).filter((one) => one !== null),
    ).toEqual([]);
    expect(replay).toMatchObject({ differences: 0, full: false });
    expect(pathsOf(replay, "connection")[1]).toEqual(["accepted", "handshaking", "closed"]);
    expect(pathsOf(replay, "reload")[0]).toEqual([
      "idle",
      "validating",
      "staging",
      "swapping",
      "retiring",
      "idle",
      "stopped",
    ]);
    const held = replay.actors.find(({ name }) => name === "listener:held");
    expect(held?.steps.map(({ state }) => state)).toEqual(
      expect.arrayContaining(["paused.pausing", "paused.held", "paused.resuming"]),
    );
    const text = describeReplay(replay);
    expect(text).toMatch(
      /^connection:\S+ on submissions\n {3}0 .*accepted\n {3}1 .*connection.admitted \{proxied: false\} → handshaking\n {3}2 .*after tlsTimeout → closed \(done\)$/m,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("takes another path with another chart, and the step is told", async () => {
    const { lines } = await recorded(async ({ port, event }, clock) => {
      const stalled = await rawClient(port("submissions"));
      stalled.socket.write("x");
      await event("connection.handshaking");
      clock.increment(60_000);
      await event("connection.closed");
    });
    // The chart of then had another name for the state, and let a handshake time out into `closing`.
    const edited = lines.map((line) =>
      line.includes('"value":"closed"') && line.includes("tlsTimeout")
        ? line.replace('"value":"closed"', '"value":"closing"').replace('"status":"done"', '"status":"active"')
        : line,
    );
    const replay = await replayRecording(edited);
    expect(replay.differences).toBe(1);
    expect(describeReplay(replay)).toContain(`step 2: today's chart goes to "closed"`);
    const foreign = await replayRecording(lines.map((line) => line.replaceAll("handshaking", "shakingHands")));
    expect(foreign.differences).toBeGreaterThan(0);
    expect(describeReplay(foreign)).toContain(`step 1: today's chart goes to "handshaking"`);
  });

  test("shows a context that came out otherwise", () => {
    const context = { settings: { tlsImplicit: false }, cause: null, drainRequested: false };
    const replay = new ChartReplay(connectionMachine, { status: "active", value: "accepted", context });
    const after = { status: "active", value: "closing", context: { ...context, cause: "stopped" } };
    expect(replay.step({ type: "connection.drain" }, after)).toBe('today "cause" is "drained", not "stopped"');
  });

  test("of which something is missing is compared up to there, and again after it", async () => {
    const { lines } = await recorded(
      async ({ port, event }) => {
        const client = await rawClient(port("smtp"));
        await client.until("220 ");
        client.socket.write("EHLO a\r\nMAIL FROM:<>\r\nRSET\r\n".repeat(60));
        await new Promise((resolve) => client.socket.end("NOOP\r\n", () => resolve(null)));
        await event("connection.closed");
      },
      { failuresOnly: true },
    );
    const replay = await replayRecording(lines);
    expect(replay.differences).toBe(0);
    const gaps = replay.actors.flatMap(({ steps }) => steps).filter(({ afterGap }) => afterGap);
    expect(gaps.length).toBeGreaterThan(0);
    expect(describeReplay(replay)).toContain("[events are missing before this one]");
  });

  test("stops at its size, and says so", async () => {
    const { lines, file } = await recorded(
      async ({ port, event }) => {
        const client = await rawClient(port("smtp"));
        await client.until("220 ");
        client.socket.end("QUIT\r\n");
        await event("connection.closed");
      },
      { maxBytes: 4_096 },
    );
    expect((await stat(file)).size).toBeLessThanOrEqual(4_096);
    expect(lines.at(-1)).toBe('{"type":"full"}');
    const replay = await replayRecording(lines);
    expect(replay).toMatchObject({ full: true, differences: 0 });
    expect(describeReplay(replay)).toContain("The recording was full before its end.");
  });

  test("is never written over a file that is there", async () => {
    const file = join(temporaryDirectory(), "letter.txt");
    await writeFile(file, "Dear Berta");
    await expect(openRecording(file)).rejects.toThrow(RecordingFileError);
    await expect(openRecording(file)).rejects.toThrow("choose another name");
    expect(await readFile(file, "utf8")).toBe("Dear Berta");
  });
});

describe("an embedder's own chart", () => {
  const chart = createMachine({
    id: "turnstile",
    initial: "locked",
    context: { coins: 0 },
    states: {
      locked: { on: { "coin.given": [{ guard: "isEnough", target: "open" }, { target: "locked" }] } },
      open: { after: { 1000: "locked" } },
    },
  }).provide({ guards: { isEnough: () => true } });

  async function lines(): Promise<string[]> {
    const file = join(temporaryDirectory(), "recording.jsonl");
    const recording = await openRecording(file);
    const tree = inspectionTree([recording.observer]);
    const server = createActor(serverMachine, { inspect: tree });
    const clock = new SimulatedClock();
    const actor = createActor(chart, { clock, inspect: tree.under(server) }).start();
    actor.send({ type: "coin.given" });
    clock.increment(1_000);
    await recording.close();
    return (await readFile(file, "utf8")).trimEnd().split("\n");
  }

  test("is compared when it is given; what its guards said is not known, so either answer will do", async () => {
    const replay = await replayRecording(await lines(), { charts: [chart] });
    expect(pathsOf(replay, "turnstile")).toEqual([["locked", "open", "locked"]]);
    expect(replay.differences).toBe(0);
    const changed = createMachine({ id: "turnstile", initial: "locked", states: { locked: {}, open: {} } });
    expect((await replayRecording(await lines(), { charts: [changed] })).differences).toBe(2);
  });

  test("is only shown when it is not", async () => {
    const replay = await replayRecording(await lines());
    expect(replay.actors).toMatchObject([{ unknown: true }]);
    expect(describeReplay(replay)).toContain('no chart "turnstile" is known, nothing was compared');
  });
});

describe("what is no recording", () => {
  const header = '{"type":"recording","version":1}';

  test.each([
    ["an empty file", []],
    ["another file", ["Dear Berta"]],
    ["one without its header", ['{"type":"full"}']],
    ["one of a later version", ['{"type":"recording","version":2}']],
    ["one that is damaged in the middle", [header, '{"type":', '{"type":"full"}']],
    ["one with a line of a kind that is not known", [header, '{"type":"state"}']],
  ])("%s is an error", async (_, content) => {
    await expect(replayRecording(content)).rejects.toThrow(RecordingError);
  });

  test("but one whose last line was cut off is one", async () => {
    expect(await replayRecording([header, '{"type":"act'])).toMatchObject({ actors: [], differences: 0 });
  });
});

test("each of Gatehouse's charts begins as its recording would say", () => {
  const machines: [AnyStateMachine, string][] = [
    [connectionMachine, "accepted"],
    [serverMachine, "starting"],
  ];
  for (const [machine, value] of machines)
    expect(new ChartReplay(machine, { status: "active", value, context: {} }).beginning()).toBeNull();
});
