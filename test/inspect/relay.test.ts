/** The relay to Stately's inspector: what its pages get, and who is let in. */
import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { createInspector, type StatelyInspectionEvent } from "@statelyai/inspect";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { assign, createActor, createMachine } from "xstate";
import {
  charts,
  InspectorError,
  type InspectorOptions,
  type PresentedEvent,
  type RunningInspector,
  startInspector,
} from "../../src/inspect/index.ts";
import { serverMachine } from "../../src/machines/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";
import { type Message, openPage } from "./inspector-page.ts";

const backend = { recipient: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0"], useTls: false };

async function running(options: InspectorOptions = {}): Promise<RunningInspector> {
  const inspector = await startInspector(options);
  onTestFinished(() => inspector.close());
  return inspector;
}

/** Its context is shown: how often it was told to count. */
const counter = createMachine({
  id: "counter",
  context: { count: 0 },
  initial: "counting",
  states: { counting: { on: { count: { actions: assign({ count: ({ context }) => context.count + 1 }) } } } },
});

const shownCounts: InspectorOptions = {
  sanitize: { counter: { context: (context) => context } },
};

/** The inspector for machines of an embedder's, under a server that never starts. */
function counting({ inspect }: RunningInspector) {
  const server = createActor(serverMachine, { id: "server", inspect });
  return { under: inspect.under(server) };
}

function actors(messages: readonly Message[]): (string | undefined)[] {
  return messages.flatMap(({ type, name }) => (type === "@xstate.actor" ? [name?.replace(/:.*-.*/, ":ID")] : []));
}

test("a page sees the tree with charts, events and live states, in the official inspector's own words", async () => {
  const inspector = await running();
  const page = await openPage(inspector.url);
  const { port, gatehouse } = await runGatehouse([smtp], { backend, inspect: inspector.inspect });
  const client = await rawClient(port("smtp"));
  await client.until("220 ");
  client.socket.end("QUIT\r\n");
  const end = await page.until(({ snapshot }) => snapshot?.value === "closed" && typeof snapshot.context === "object");
  await gatehouse.stop();
  const byName = new Map(
    page.messages.filter(({ type }) => type === "@xstate.actor").map((message) => [message.name, message]),
  );
  const [connection] = [...byName.values()].filter(({ name }) => name?.startsWith("connection:"));
  const [session] = [...byName.values()].filter(({ name }) => name?.startsWith("smtp:"));
  expect(connection?.parentId).toBe(byName.get("listener:smtp")?.sessionId);
  expect(session?.parentId).toBe(connection?.sessionId);
  expect(byName.get("listener:smtp")?.parentId).toBe(byName.get("server")?.sessionId);
  expect(session?.rootId).toBe(byName.get("server")?.sessionId);
  expect(end).toMatchObject({
    _version: expect.any(String),
    createdAt: expect.any(String),
    snapshot: { status: "done" },
  });
  // The page draws the chart from its definition: as many states, the same initial one.
  const definition = JSON.parse(connection?.definition ?? "{}");
  expect(Object.keys(definition.states).toSorted()).toEqual(Object.keys(charts["connection"]?.states ?? {}).toSorted());
  expect(definition.initial).toBe("accepted");
  expect(createMachine(definition).root.states["handshaking"]?.after[0]?.delay).toBe("tlsTimeout");
});

test("nothing is made of connections before a page is there, which then gets those that there are", async () => {
  const inspector = await running();
  const { port } = await runGatehouse([smtp], { backend, inspect: inspector.inspect });
  const early = await rawClient(port("smtp"));
  await early.until("220 ");
  expect(inspector.inspect.counts.watched).toBe(0);
  const page = await openPage(inspector.url);
  const isConnection = ({ name }: Message) => name?.startsWith("connection:") ?? false;
  await page.until(isConnection);
  early.socket.write("NOOP\r\n");
  await early.until("250 ");
  const late = await rawClient(port("smtp"));
  await late.until("220 ");
  expect(inspector.inspect.counts.watched).toBe(2);
  early.socket.end("QUIT\r\n");
  await page.until(({ snapshot }) => snapshot?.value === "closed");
  expect(new Set(page.messages.filter(isConnection).map(({ name }) => name)).size).toBe(2);
});

test("a page gets word for word what the official package makes of the same events", async () => {
  const official: StatelyInspectionEvent[] = [];
  const { inspect } = createInspector({ send: (event) => void official.push(event) }, { serializationDepthLimit: 100 });
  let happened = 0;
  const convert = (event: PresentedEvent): void => {
    happened += 1;
    inspect.next?.(event);
  };
  const inspector = await running({ also: [convert] });
  const page = await openPage(inspector.url);
  const { port, gatehouse } = await runGatehouse([smtp], { backend, inspect: inspector.inspect });
  const client = await rawClient(port("smtp"));
  client.socket.end("EHLO here\r\nQUIT\r\n");
  await client.until("221 ");
  await gatehouse.stop();
  await page.until(() => page.messages.length === happened);
  while (official.length < happened) await new Promise((resolve) => setImmediate(resolve));
  expect(page.messages.map(comparable)).toEqual(official.map((event) => comparable(JSON.parse(JSON.stringify(event)))));
});

/** Both tell the time of their own doing; the package sorts the names in definitions. */
function comparable({ definition, ...message }: Message) {
  return { ...message, createdAt: null, definition: definition === undefined ? null : JSON.parse(definition) };
}

test("what happens together comes in frames of 500 events, in its order, and a chart's definition once", async () => {
  const inspector = await running(shownCounts);
  const { host, origin } = new URL(inspector.url);
  const socket = new WebSocket(`ws://${host}${new URL("events", inspector.url).pathname}`, { origin });
  onTestFinished(() => socket.terminate());
  const frames: (Message & { readonly number?: number })[][] = [];
  socket.on("message", (data) => void frames.push(JSON.parse(String(data))));
  await once(socket, "open");
  const { under } = counting(inspector);
  for (const id of ["first", "second"]) {
    const actor = createActor(counter, { id, inspect: under }).start();
    for (let count = 1; count <= 300; count += 1) actor.send({ type: "count" });
  }
  const contexts = () =>
    frames.flat().flatMap(({ type, snapshot }) => (type === "@xstate.snapshot" ? [snapshot?.context] : []));
  while (contexts().length < 602) await once(socket, "message");
  const counts = Array.from({ length: 301 }, (_, count) => ({ count }));
  expect(contexts()).toEqual([...counts, ...counts]);
  // For each actor that it comes, its start and its 300 events, with the snapshots.
  expect(frames.map((frame) => frame.length).filter((length) => length > 1)).toEqual([500, 500, 206]);
  const definitions = frames.flat().filter(({ type }) => type === "gatehouse.definition");
  expect(definitions).toHaveLength(1);
  const named = frames.flat().flatMap(({ type, definition }) => (type === "@xstate.actor" ? [definition] : []));
  expect(named).toEqual(Array.from({ length: 2 }, () => definitions[0]?.number));
});

test("a page that comes while events are on their way to another gets them as what lives, and not again", async () => {
  const inspector = await running();
  const early = await openPage(inspector.url);
  const actor = createActor(counter, { id: "counter", inspect: counting(inspector).under }).start();
  actor.send({ type: "count" });
  const late = await openPage(inspector.url);
  actor.send({ type: "last" });
  for (const page of [early, late])
    await page.until(({ event, type }) => event?.type === "last" && type.endsWith("snapshot"));
  const told = ({ messages }: typeof late) => messages.map(({ type, event }) => [type, event?.type].join(" ").trim());
  expect(told(early)).toEqual([
    "@xstate.actor",
    "@xstate.event xstate.init",
    "@xstate.snapshot xstate.init",
    "@xstate.event count",
    "@xstate.snapshot count",
    "@xstate.event last",
    "@xstate.snapshot last",
  ]);
  expect(told(late)).toEqual([
    "@xstate.actor",
    "@xstate.snapshot count",
    "@xstate.event last",
    "@xstate.snapshot last",
  ]);
});

test("what happened just before the relay closes still reaches its pages", async () => {
  const inspector = await running();
  const page = await openPage(inspector.url);
  createActor(counter, { id: "counter", inspect: counting(inspector).under }).start();
  const closed = once(page.socket, "close");
  await inspector.close();
  await closed;
  expect(actors(page.messages)).toEqual(["counter"]);
});

test("a page that comes late gets what lives first, as it is now, and nothing of what has ended", async () => {
  const inspector = await running();
  const { port, event } = await runGatehouse([smtp], { backend, inspect: inspector.inspect });
  const early = await openPage(inspector.url);
  const gone = await rawClient(port("smtp"));
  gone.socket.end("QUIT\r\n");
  await event("connection.closed");
  const staying = await rawClient(port("smtp"));
  staying.socket.write("EHLO here\r\n");
  await staying.until("250 ");
  await early.until(({ snapshot, event: sent }) => snapshot?.value === "ready" && sent?.type === "command.ehlo");

  const late = await openPage(inspector.url);
  await late.until(({ name }) => name?.startsWith("smtp:") === true);
  expect(actors(late.messages)).toEqual(["server", "listener:smtp", "reload", "connection:ID", "smtp:ID"]);
  const states = late.messages.flatMap(({ type, snapshot }) => (type === "@xstate.actor" ? [snapshot?.value] : []));
  expect(states).toEqual(["running", "listening", "idle", "active", "ready"]);
  staying.socket.end("QUIT\r\n");
  await late.until(({ snapshot }) => snapshot?.value === "closing");
});

test("what a slow page does not read is dropped; then it is told how much, and gets what lives again", async () => {
  const inspector = await running();
  const page = await openPage(inspector.url);
  page.socket.pause();
  // One machine that does much: the kernel's buffers and the relay's are full after some megabytes.
  const server = createActor(serverMachine, { id: "server", inspect: inspector.inspect });
  const big = createMachine({ id: "big", initial: "a", states: { a: { on: { [`go.${"x".repeat(190)}`]: "a" } } } });
  // A machine needs its parent, which has to have started: that of a server that was never provided stays in `starting`.
  server.subscribe({ error: () => {} });
  const actor = createActor(big, { id: "big", inspect: inspector.inspect.under(server) }).start();
  for (let count = 0; inspector.dropped === 0; count += 1) {
    actor.send({ type: `go.${"x".repeat(190)}` });
    if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  page.socket.resume();
  const { count } = await page.until(({ type }) => type === "gatehouse.dropped");
  expect(count).toBe(inspector.dropped);
  const notice = page.messages.findIndex(({ type }) => type === "gatehouse.dropped");
  await page.until((message) => page.messages.indexOf(message) > notice && message.name === "big");
});

describe("the relay lets in", () => {
  test("Stately's page in a frame, where that is chosen", async () => {
    const { url } = await running({ page: "stately" });
    const page = await get(url);
    expect(page.status).toBe(200);
    expect(page.body).toContain('<iframe id="inspector" src="https://stately.ai/inspect"');
    const policy = page.headers["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`connect-src ws://${new URL(url).host}`);
    expect(policy).toContain("frame-src https://stately.ai");
    expect(policy).toContain("frame-ancestors 'none'");
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(String(policy)) ?? [];
    expect(page.body).toContain(`<script nonce="${nonce}">`);
  });

  test("its own page only: by its URL, on a name of this host, with nothing from elsewhere", async () => {
    const { url } = await running();
    const page = await get(url);
    expect(page.status).toBe(200);
    const policy = page.headers["content-security-policy"] ?? "";
    for (const rule of [
      "default-src 'none'",
      "script-src 'self' 'sha256-",
      "style-src 'self'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(rule);
    expect(policy).toContain(`connect-src 'self' ws://${new URL(url).host}`);
    const links = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links.length).toBeGreaterThan(6);
    for (const link of links) expect([link, (await get(new URL(link, url).href)).status]).toEqual([link, 200]);
    expect((await get(new URL("/", url).href)).status).toBe(404);
    expect((await get(new URL("../inspector.html", url).href)).status).toBe(404);
    // DNS rebinding: a name of somebody else's leads here.
    expect((await get(url, { Host: "evil.example" })).status).toBe(403);
    expect((await get(url, { Host: "127.0.0.1.evil.example:80" })).status).toBe(403);
    // A tunnel to this host has a port of its own.
    expect((await get(url, { Host: "localhost:9000" })).status).toBe(200);
  });

  test.each([
    ["of another site", { Origin: "https://evil.example" }],
    ["without an origin", { Origin: "" }],
    ["of another port of this host", { Origin: "http://127.0.0.1:1" }],
    ["under another name", { Host: "evil.example", Origin: "http://evil.example" }],
  ])("no WebSocket %s", async (_, headers) => {
    const { url } = await running();
    await expect(openPage(url, headers)).rejects.toThrow("403");
  });

  test("no WebSocket without the key", async () => {
    const { url } = await running();
    await expect(openPage(new URL("/", url).href)).rejects.toThrow("403");
    await expect(openPage(new URL("/guessed/", url).href)).rejects.toThrow("403");
  });

  test("nobody from another host", async () => {
    const { url } = await running();
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one !== undefined && !one.internal && one.family === "IPv4");
    for (const other of others) {
      const socket = connect(Number(new URL(url).port), other?.address);
      await expect(once(socket, "connect")).rejects.toThrow("ECONNREFUSED");
    }
  });

  test("no more than eight pages", async () => {
    const { url } = await running();
    for (let pages = 0; pages < 8; pages += 1) await openPage(url);
    await expect(openPage(url)).rejects.toThrow("503");
  });
});

test("a port that is taken is an error that says so", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const refused = startInspector({ port });
  await expect(refused).rejects.toThrow(InspectorError);
  await expect(refused).rejects.toThrow(`127.0.0.1:${port}`);
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}
