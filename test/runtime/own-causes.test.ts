import { once } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { toArray } from "rxjs";
import { expect, onTestFinished, test } from "vitest";
import {
  ConnectionFilterError,
  close,
  createGatehouse,
  defineProtocol,
  meaningOfCause,
  ProtocolOptionError,
  type TalkProtocolDefinition,
  UnregisteredNameError,
} from "../../src/index.ts";
import { isEndCause, isFailure } from "../../src/machines/own-causes.ts";
import { endObjects } from "../../src/management/objects/end-objects.ts";
import { EndHistory } from "../../src/runtime/observe/end-history.ts";
import { systemClock } from "../../src/runtime/time/clock.ts";
import { runGatehouse } from "../running-gatehouse.ts";

const talk: TalkProtocolDefinition["talk"] = async function* (wire, input) {
  yield "hello\r\n";
  for await (const line of input) {
    if (line === "full") {
      wire.notice({ type: "shop:orderPlaced", fields: { items: 3 } });
      yield "x".repeat(10_000);
      return close("shop:sold-out");
    }
    if (line === "cut") return close("shop:robbed");
    if (line === "odd") return close("shop:never-heard-of");
    if (line === "notice") wire.notice({ type: "shop:neverHeardOf" });
  }
  return undefined;
};

const definition: TalkProtocolDefinition = {
  name: "shop",
  causes: {
    "shop:sold-out": { meaning: "There is nothing left to sell.", isFailure: false },
    "shop:robbed": { meaning: "Somebody took everything.", end: "cut" },
  },
  notices: { "shop:orderPlaced": { meaning: "an order was placed" } },
  talk,
};

async function shop() {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const running = await runGatehouse([{ name: "shop", protocol: "shop", bind: ["127.0.0.1:0"] }], {
    protocols: [defineProtocol(definition)],
    logger: pino({ level: "info" }, sink),
  });
  const client = async () => {
    const socket = connect(running.port("shop"), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "data");
    return socket;
  };
  return { ...running, lines, client };
}

test("a protocol's own causes and notices are in events, log, metrics and the ends of the last hour like ours", async () => {
  const { gatehouse, event, lines, client } = await shop();
  const socket = await client();
  let octets = 0;
  socket.on("data", (chunk) => {
    octets += chunk.length;
  });
  socket.end("full\r\n");
  expect(await event("connection.closed")).toMatchObject({ cause: "shop:sold-out" });
  await once(socket, "close");
  expect(octets).toBe(10_000);

  expect(await event("shop:orderPlaced")).toMatchObject({ fields: { items: 3 }, connection: { listener: "shop" } });
  expect(lines.find((line) => line["event"] === "shop:orderPlaced")).toMatchObject({
    msg: "an order was placed",
    fields: { items: 3 },
  });
  expect(lines.find((line) => line["event"] === "connection.closed")).toMatchObject({ cause: "shop:sold-out" });
  const metrics = await gatehouse.metrics.registry.metrics();
  expect(metrics).toContain('gatehouse_connections_closed_total{listener="shop",cause="shop:sold-out"} 1');
  expect(metrics).toContain('gatehouse_notices_total{listener="shop",notice="shop:orderPlaced"} 1');
  expect(["shop:sold-out", "shop:robbed", "shop:other"].map(isEndCause)).toEqual([true, true, false]);
  expect(["shop:sold-out", "shop:robbed", "quit", "tls-failed"].map(isFailure)).toEqual([false, true, false, true]);
  expect(meaningOfCause("shop:robbed")).toBe("Somebody took everything.");
});

test("the console is told what a cause of the protocol's own means", () => {
  createGatehouse({ config: [], protocols: [defineProtocol(definition)] });
  const history = new EndHistory(systemClock);
  const [counts] = endObjects(
    Object.assign(history, {
      counts: () => [{ kind: "ended", listener: "shop", reason: "shop:sold-out", perMinute: [] }],
    }),
  );
  expect(JSON.stringify(counts?.snapshot().values)).toContain("There is nothing left to sell.");
});

test("a cause that cuts loses what was not sent, and does not wait for the client", async () => {
  const { event, client } = await shop();
  const socket = await client();
  socket.write("cut\r\n");
  await once(socket.resume(), "close");
  const { durations } = await event("connection.closed", ({ cause }) => cause === "shop:robbed");
  expect(durations.closing).toBeNull();
});

test.each(["odd", "notice"])(
  "an unregistered name fails the session that says %s, and becomes no label",
  async (line) => {
    const { gatehouse, event, client } = await shop();
    const socket = await client();
    socket.resume().end(`${line}\r\n`);
    expect((await event("connection.sessionFailed")).error).toBeInstanceOf(UnregisteredNameError);
    expect((await event("connection.closed")).cause).toBe("session-failed");
    expect(await gatehouse.metrics.registry.metrics()).not.toMatch(/never-?heard-?of/i);
  },
);

const meaning = "Something.";
const names = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`shop:n${i}`, { meaning }]));

test.each<[string, Partial<TalkProtocolDefinition>]>([
  ["a cause without the protocol's name", { causes: { "other:name": { meaning } } }],
  ["a cause in capitals", { causes: { "shop:SoldOut": { meaning } } }],
  ["a cause of more than a line", { causes: { "shop:sold-out": { meaning: "a\nb" } } }],
  ["a cause that ends in a way there is not", { causes: { "shop:sold-out": { meaning, end: "slowly" as never } } }],
  ["a notice with a hyphen", { notices: { "shop:order-placed": { meaning } } }],
  ["a notice without a meaning", { notices: { "shop:orderPlaced": { meaning: "" } } }],
  ["more than 32 causes", { causes: names(33) }],
  ["more than 32 notices", { notices: names(33) }],
])("%s is refused", (_what, parts) => {
  const protocol = defineProtocol({ ...definition, ...parts });
  expect(() => createGatehouse({ config: [], protocols: [protocol] })).toThrow(ProtocolOptionError);
});

test("connections are found by listener, client and state, and one is followed to its end", async () => {
  const { gatehouse, client } = await shop();
  const socket = await client();
  await client();
  const [first] = gatehouse.connections();
  const count = (wanted: Parameters<typeof gatehouse.connections>[0]) => gatehouse.connections(wanted).length;
  expect([{}, { listener: "shop" }, { listener: "other" }].map(count)).toEqual([2, 2, 0]);
  expect(["127.0.0.1", "127.0.0.0/8", "192.0.2.0/24", "::1"].map((address) => count({ address }))).toEqual([
    2, 2, 0, 0,
  ]);
  expect(["active", "closing"].map((state) => count({ state }))).toEqual([2, 0]);
  expect(() => gatehouse.connections({ address: "nowhere" })).toThrow(ConnectionFilterError);

  expect(gatehouse.connection("unknown")).toBeUndefined();
  const watched = gatehouse.connection(first?.id ?? "");
  const happened = new Promise((resolve) => watched?.lifecycle$.pipe(toArray()).subscribe(resolve));
  socket.resume().end("full\r\n");
  expect(await watched?.ended).toMatchObject({ cause: "shop:sold-out", connection: { id: first?.id } });
  expect(await happened).toMatchObject([
    { type: "shop:orderPlaced" },
    { type: "connection.closing" },
    { type: "connection.closed" },
  ]);
  expect(gatehouse.connections()).toHaveLength(1);
});
