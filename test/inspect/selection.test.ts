/** Which connections an inspector sees, and how many. */
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { GatehouseOptions } from "../../src/index.ts";
import {
  InspectionOptionError,
  inspectionTree,
  type PresentedEvent,
  type TreeOptions,
} from "../../src/inspect/index.ts";
import { defaultSmtpLimits } from "../../src/protocols/smtp/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { rawClient, watch } from "../runtime/raw-client.ts";
import { collectEvents } from "./collected-events.ts";

const backend = { recipient: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0"], useTls: false };

interface Watched extends RunningGatehouse {
  /** Ids of the connections that were shown. */
  shown(): string[];
  readonly events: RunningGatehouse["events"];
  readonly seen: readonly PresentedEvent[];
  readonly tree: ReturnType<typeof inspectionTree>;
}

async function watched(
  options: TreeOptions,
  document: Parameters<typeof runGatehouse>[0] = [smtp, { ...smtp, name: "other" }],
  more: Partial<GatehouseOptions> = {},
): Promise<Watched> {
  const { observer, events: seen } = collectEvents();
  const tree = inspectionTree([observer], options);
  const running = await runGatehouse(document, { backend, inspect: tree, ...more });
  const shown = () =>
    seen
      .filter(({ type, actorRef }) => type === "@xstate.actor" && actorRef.chart === "connection")
      .map(({ actorRef }) => actorRef.connection?.id ?? "");
  return { ...running, shown, seen, tree };
}

/** @returns the connection's id. */
async function visit(
  { port, event }: Watched,
  listener: string,
  { header = "", farewell = "QUIT\r\n" } = {},
): Promise<string> {
  const client = await rawClient(port(listener));
  const { localPort } = client.socket;
  client.socket.write(header);
  await client.until("220 ");
  client.socket.end(farewell);
  const { connection } = await event(
    "connection.closed",
    ({ connection: { peer, proxy } }) => (proxy?.peer ?? peer).port === localPort,
  );
  return connection.id;
}

test("only those of the listeners that were named", async () => {
  const house = await watched({ listeners: ["other"] });
  await visit(house, "smtp");
  const id = await visit(house, "other");
  expect(house.shown()).toEqual([id]);
});

test("one in so many, the first for one", async () => {
  const house = await watched({ oneIn: 3 });
  const ids: string[] = [];
  for (let visits = 0; visits < 7; visits += 1) ids.push(await visit(house, "smtp"));
  expect(house.shown()).toEqual([ids[0], ids[3], ids[6]]);
});

test("at most so many at once; a place that is free again is given to the next", async () => {
  const house = await watched({ maxConnections: 1 });
  const first = await rawClient(house.port("smtp"));
  await first.until("220 ");
  await visit(house, "smtp");
  expect(house.tree.counts).toMatchObject({ watched: 1, beyond: 1 });
  first.socket.end("QUIT\r\n");
  await house.event("connection.closed", ({ connection: { peer } }) => peer.port === first.socket.localPort);
  const third = await visit(house, "smtp");
  expect(house.shown()).toHaveLength(2);
  expect(house.shown()[1]).toBe(third);
  expect(house.tree.counts).toMatchObject({ watched: 0, beyond: 1 });
});

describe("by address", () => {
  test("the peer's", async () => {
    const house = await watched({ addresses: ["192.0.2.0/24"] });
    await visit(house, "smtp");
    expect(house.shown()).toEqual([]);
    const other = await watched({ addresses: ["127.0.0.0/8"] });
    expect([await visit(other, "smtp")]).toEqual(other.shown());
  });

  test("of a Unix socket, which has none, by unix:", async () => {
    const name = `gatehouse-selection-${process.pid}`;
    const document = [smtp, { ...smtp, name: "local", bind: [`unix:@${name}`] }];
    const house = await watched({ addresses: ["unix:", "192.0.2.0/24"] }, document);
    await visit(house, "smtp");
    const client = watch(connect({ path: `\0${name}`, allowHalfOpen: true }));
    await client.until("220 ");
    client.socket.end("QUIT\r\n");
    await client.end;
    const { connection } = await house.event("connection.closed", ({ connection }) => connection.listener === "local");
    expect(house.shown()).toEqual([connection.id]);
    expect(() => inspectionTree([], { addresses: ["unix:/run/lmtp.sock"] })).toThrow("name its listener");
  });

  test("behind a trusted proxy the client's, with what happened before it was known", async () => {
    const document = {
      SystemSettings: { proxyTrustedNetworks: ["127.0.0.1"] },
      NetworkListener: [smtp],
    };
    const house = await watched({ addresses: ["192.0.2.0/24"] }, document);
    await visit(house, "smtp", { header: "PROXY TCP4 198.51.100.1 127.0.0.1 5000 25\r\n" });
    const id = await visit(house, "smtp", { header: "PROXY TCP4 192.0.2.7 127.0.0.1 5000 25\r\n" });
    expect(house.shown()).toEqual([id]);
    const states = house.seen.flatMap((event) =>
      event.type === "@xstate.snapshot" && event.actorRef.chart === "connection" ? [event.snapshot.value] : [],
    );
    expect(states).toEqual(["accepted", "proxyHeader", "active", "closed"]);
    expect(house.tree.counts.watched).toBe(0);
  });
});

describe("only failures", () => {
  test("are shown when their end has told, from the beginning; the others never", async () => {
    const clock = new SimulatedClock();
    const house = await watched({ failuresOnly: true }, [smtp], { clock });
    const idle = await rawClient(house.port("smtp"));
    await idle.until("220 ");
    expect(house.tree.counts.watched).toBe(1);
    expect(house.shown()).toEqual([]);
    clock.increment(defaultSmtpLimits.firstCommandTimeout);
    await idle.until("421 ");
    idle.socket.end();
    const { connection, cause } = await house.event("connection.closed");
    expect(cause).toBe("idle-timeout");
    const failed = house.seen.filter(({ actorRef }) => actorRef.connection?.id === connection.id);
    expect(house.shown()).toEqual([connection.id]);
    expect(failed[0]).toMatchObject({ type: "@xstate.actor" });
    expect(failed.every(({ dropped }) => dropped === undefined)).toBe(true);
    await visit(house, "smtp");
    expect(house.shown()).toEqual([connection.id]);
    expect(house.tree.counts.watched).toBe(0);
  });

  test("of a long dialogue the newest is kept, and it is told that something is missing", async () => {
    const house = await watched({ failuresOnly: true }, [smtp]);
    const client = await rawClient(house.port("smtp"));
    await client.until("220 ");
    for (let turn = 1; turn <= 80; turn += 1) {
      client.socket.write("EHLO a\r\nMAIL FROM:<>\r\nRSET\r\n");
    }
    client.socket.end("NOOP\r\n");
    await house.event("connection.closed", ({ cause }) => cause !== "quit");
    const kept = house.seen.filter(({ actorRef }) => actorRef.connection);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(kept.filter(({ type }) => type === "@xstate.actor")).toHaveLength(2);
    expect(kept.filter(({ dropped }) => dropped !== undefined)).toHaveLength(1);
  });
});

test.each([
  [{ oneIn: 0 }, /oneIn must be an integer/],
  [{ maxConnections: 1.5 }, /maxConnections must be an integer/],
  [{ addresses: ["mail.example"] }, /address "mail.example" must be an IP address/],
])("%j makes no sense, and is said so", (options, problem) => {
  expect(() => inspectionTree([], options)).toThrow(InspectionOptionError);
  expect(() => inspectionTree([], options)).toThrow(problem);
});
