/** The relay as a receiver: programs that send by the official package, and pages that come earlier, later or again. */
import { once } from "node:events";
import { createWebSocketInspector } from "@statelyai/inspect";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { assign, createActor, createMachine } from "xstate";
import { openRelay, type Relay, type RelayOptions } from "../../src/inspect/index.ts";
import { openPage } from "./inspector-page.ts";

const counter = createMachine({
  id: "counter",
  context: { count: 0 },
  initial: "counting",
  states: {
    counting: {
      on: { count: { actions: assign({ count: ({ context }) => context.count + 1 }) }, stop: "stopped" },
    },
    stopped: { type: "final" },
  },
});

async function running(options: RelayOptions = { receives: true }): Promise<Relay> {
  const relay = await openRelay(options);
  onTestFinished(() => relay.close());
  return relay;
}

function socketOf({ url }: Relay): string {
  return url.replace("http:", "ws:");
}

/** A program with one actor, by the official package. */
function program(relay: Relay, id: string) {
  const inspector = createWebSocketInspector({ url: socketOf(relay) });
  onTestFinished(() => inspector.stop());
  return { actor: createActor(counter, { id, inspect: inspector.inspect }), stop: () => inspector.stop() };
}

/** A client that says what it likes. */
async function sender(relay: Relay, headers: Readonly<Record<string, string>> = {}, path = ""): Promise<WebSocket> {
  const socket = new WebSocket(new URL(path, socketOf(relay)).href, { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

test("programs send by the official package; a page gets their actors, apart, and one that comes later gets the same", async () => {
  const relay = await running();
  const early = await openPage(relay.url);
  for (const name of ["first", "second"]) {
    const { actor } = program(relay, name);
    actor.start();
    actor.send({ type: "count" });
    await early.until(({ name: actorName }) => actorName === name);
  }
  const counted = ({ messages }: typeof early) =>
    messages.filter(
      ({ type, snapshot }) => type === "@xstate.snapshot" && JSON.stringify(snapshot?.context) === '{"count":1}',
    );
  await early.until(() => counted(early).length === 2);
  expect(new Set(counted(early).map((message) => Reflect.get(message, "client")))).toEqual(new Set([1, 2]));
  const registered = early.messages.find(({ type }) => type === "@xstate.actor");
  expect(JSON.parse(registered?.definition ?? "")).toMatchObject({ id: "counter", states: { counting: {} } });

  const late = await openPage(relay.url);
  await late.until(() => counted(late).length === 2);
  expect(late.messages).toEqual(early.messages);
});

test("a program that leaves is told of", async () => {
  const relay = await running();
  const page = await openPage(relay.url);
  const { actor, stop } = program(relay, "short");
  actor.start();
  await page.until(({ name }) => name === "short");
  stop();
  await page.until((message) => message.type === "gatehouse.client" && Reflect.get(message, "connected") === false);
});

test("of many messages the newest are kept for later pages, and each living actor as it was before them", async () => {
  const relay = await running();
  const client = await sender(relay);
  const send = (message: object): void => client.send(JSON.stringify({ createdAt: "1", ...message }));
  const snapshot = (status: string, count: number) => ({ status, value: "counting", context: { count } });
  for (const sessionId of ["stays", "ends"])
    send({ type: "@xstate.actor", sessionId, name: sessionId, snapshot: snapshot("active", 0) });
  send({ type: "@xstate.snapshot", sessionId: "stays", event: { type: "a" }, snapshot: snapshot("active", 7) });
  send({ type: "@xstate.snapshot", sessionId: "ends", event: { type: "a" }, snapshot: snapshot("done", 7) });
  for (let count = 0; count < 10_000; count += 1)
    send({ type: "@xstate.event", sessionId: "stays", event: { type: `e${count}` } });
  const early = await openPage(relay.url);
  await early.until(({ event }) => event?.type === "e9999");

  const page = await openPage(relay.url);
  await page.until(({ event }) => event?.type === "e9999");
  expect(page.messages.filter(({ type }) => type === "@xstate.event")).toHaveLength(10_000);
  const old = page.messages.filter(({ type }) => type !== "@xstate.event");
  expect(old.map(({ type, sessionId }) => `${type} ${sessionId}`)).toEqual([
    "gatehouse.client undefined",
    "@xstate.actor stays",
    "@xstate.snapshot stays",
  ]);
  expect(old.at(-1)?.snapshot?.context).toEqual({ count: 7 });
});

test("what is not of the format is passed over; what is too large loses its data, and its sender nothing", async () => {
  const relay = await running();
  const page = await openPage(relay.url);
  const client = await sender(relay);
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    '{"type":"@xstate.actor"}',
    '{"type":"other","sessionId":"x"}',
    '{"type":"@xstate.event","sessionId":7}',
  ])
    client.send(text);
  client.send(Buffer.from('{"type":"@xstate.event","sessionId":"binary"}'), { binary: true });
  const large = "x".repeat(300_000);
  client.send(
    JSON.stringify({
      type: "@xstate.actor",
      sessionId: "x:0",
      name: "large",
      definition: JSON.stringify({ id: large }),
      snapshot: {},
    }),
  );
  client.send(
    JSON.stringify({
      type: "@xstate.snapshot",
      sessionId: "x:0",
      event: { type: "go", large },
      snapshot: { status: "active", value: "on", context: { large } },
      other: "field",
    }),
  );
  client.send(JSON.stringify({ type: "@xstate.event", sessionId: "x:0", event: { type: "last" } }));
  await page.until(({ event }) => event?.type === "last");
  expect(page.messages.map(({ type }) => type)).toEqual([
    "gatehouse.client",
    "@xstate.actor",
    "@xstate.snapshot",
    "@xstate.event",
  ]);
  const [, actor, cut] = page.messages;
  expect(actor?.definition).toBeUndefined();
  expect(cut).toMatchObject({
    event: { type: "go" },
    snapshot: { status: "active", value: "on" },
    cut: expect.any(Number),
  });
  expect(page.text()).not.toContain(large);
  expect(page.text()).not.toContain("field");

  client.send("x".repeat(17_000_000));
  const [code] = await once(client, "close");
  expect(code).toBe(1009);
});

describe("the relay takes events", () => {
  test("of pages of this host, on any port", async () => {
    const relay = await running();
    for (const Origin of ["http://localhost:5173", "https://127.0.0.1:8443", "http://[::1]:3000"])
      await sender(relay, { Origin });
  });

  test.each([
    ["of a page of another site", { Origin: "https://evil.example" }, ""],
    ["of a page whose name only begins like this host's", { Origin: "http://localhost.evil.example" }, ""],
    ["of a page without an address", { Origin: "null" }, ""],
    ["under another name", { Host: "evil.example" }, ""],
    ["without the key", {}, "/"],
    ["with another key", {}, "/guessed/"],
    ["at another path", {}, "chart"],
  ])("not %s", async (_, headers, path) => {
    const relay = await running();
    await expect(sender(relay, headers, path)).rejects.toThrow("403");
  });

  test("not at all where it is Gatehouse's own", async () => {
    const relay = await running({});
    await expect(sender(relay)).rejects.toThrow("403");
  });

  test("of no more than 32 programs at once", async () => {
    const relay = await running();
    for (let count = 0; count < 32; count += 1) await sender(relay);
    await expect(sender(relay)).rejects.toThrow("503");
  });
});

test("only the page gets charts drawn, by its definition", async () => {
  const relay = await running();
  const origin = new URL(relay.url).origin;
  const ask = (body: string, headers: Readonly<Record<string, string>>) =>
    fetch(new URL("chart", relay.url), { method: "POST", body, headers });
  const definition = JSON.stringify(counter.config);
  expect((await ask(definition, { Origin: "https://evil.example" })).status).toBe(403);
  expect((await fetch(new URL("chart", relay.url))).status).toBe(403);
  const drawn = await ask(definition, { Origin: origin });
  expect(drawn.headers.get("Content-Type")).toBe("image/svg+xml");
  expect(await drawn.text()).toContain(">counting<");
  const refused = await ask('{"id":"nothing"}', { Origin: origin });
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain("no state machine");
  expect((await ask("x".repeat(300_000), { Origin: origin })).status).toBe(422);
});

test("only where it receives may its page be shown in a frame, of this host", async () => {
  const policyOf = async ({ url }: Relay) => (await fetch(url)).headers.get("Content-Security-Policy");
  expect(await policyOf(await running())).toContain("frame-ancestors http://localhost:* http://127.0.0.1:*");
  expect(await policyOf(await running({}))).toContain("frame-ancestors 'none'");
});
