/** One tree for any inspector, from the actors of a server that serves. */
import { createInspector, type StatelyInspectionEvent } from "@statelyai/inspect";
import { expect, test } from "vitest";
import { type AnyActorRef, type AnyEventObject, createActor, createMachine, type InspectionEvent } from "xstate";
import { close, type Inspector, type SessionProtocol, type Wire } from "../../src/index.ts";
import { disclosures } from "../../src/inspect/disclosure.ts";
import { charts, inspectionTree } from "../../src/inspect/index.ts";
import { serverMachine } from "../../src/machines/index.ts";
import { plainSession } from "../plain-session.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";
import { closed, collectEvents, pathOf } from "./collected-events.ts";

const backend = { recipient: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0"], useTls: false };

async function quit(port: number): Promise<void> {
  const client = await rawClient(port);
  await client.until("220 ");
  client.socket.end("QUIT\r\n");
  await client.until("221 ");
}

test.each(["compiled", "interpreted"] as const)(
  "server, listeners, connections and sessions are one tree (%s)",
  async (lifecycle) => {
    const { observer, events, until } = collectEvents();
    const { gatehouse, port } = await runGatehouse([smtp, { ...smtp, name: "other" }], {
      backend,
      lifecycle,
      inspect: inspectionTree([observer]),
    });
    await quit(port("smtp"));
    await until(closed);
    await gatehouse.reload([smtp]);
    await gatehouse.stop();

    const charted = events.filter(({ type, actorRef }) => type === "@xstate.actor" && actorRef.chart !== null);
    expect(charted.map(pathOf)).toEqual([
      "server",
      "server/listener:smtp",
      "server/listener:other",
      "server/reload",
      "server/listener:smtp/connection:ID",
      "server/listener:smtp/connection:ID/smtp:ID",
    ]);
    const [{ actorRef: server } = { actorRef: null }] = charted;
    expect(new Set(events.map(({ rootId }) => rootId))).toEqual(new Set([server?.sessionId]));
    // Each actor is told of before anything happens to it, and as it begins.
    expect(charted.map(({ actorRef }) => actorRef.getSnapshot().value)).toEqual([
      "starting",
      { binding: "addresses" },
      { binding: "addresses" },
      "idle",
      "accepted",
      "greeting",
    ]);
    // What is invoked hangs under who invokes it, and ends.
    const invoked = events.filter(({ type, actorRef }) => type === "@xstate.actor" && actorRef.chart === null);
    expect(invoked.map(pathOf)).toContain("server/listener:smtp/0.listener.binding.addresses");
    for (const { actorRef } of events.filter(({ type }) => type === "@xstate.actor")) {
      const last = events.findLast((event) => event.type === "@xstate.snapshot" && event.actorRef === actorRef);
      expect(last).toMatchObject({ snapshot: { status: expect.stringMatching(/^(done|stopped)$/) } });
    }
  },
);

test("an observer of XState's own gets what XState tells, with the actors themselves", async () => {
  const events: InspectionEvent[] = [];
  const { port, event, gatehouse } = await runGatehouse([smtp], { backend, inspect: (one) => void events.push(one) });
  await quit(port("smtp"));
  await event("connection.closed");
  await gatehouse.stop();
  const actors = events.filter(({ type }) => type === "@xstate.actor").map(({ actorRef }) => actorRef as AnyActorRef);
  expect(actors.filter(({ _parent }) => !_parent).map(({ id }) => id.split(":")[0])).toEqual([
    "server",
    "listener",
    "reload",
    "connection",
    expect.stringMatching(/-1$/),
  ]);
  expect(actors.every((actor) => typeof actor.subscribe === "function")).toBe(true);
  expect(events.some(({ type }) => type === "@xstate.microstep")).toBe(true);
});

test("the official inspector is one of the observers that get the tree", async () => {
  const got: StatelyInspectionEvent[] = [];
  const told = Promise.withResolvers<void>();
  const { inspect } = createInspector({
    send: (event) => {
      got.push(event);
      if (event.type === "@xstate.actor" && event.name.startsWith("smtp:")) told.resolve();
    },
  });
  const { port } = await runGatehouse([smtp], { backend, inspect: inspectionTree([inspect]) });
  await quit(port("smtp"));
  await told.promise;
  const actors = got.filter((event) => event.type === "@xstate.actor");
  const above = new Map(
    actors.map((actor) => [actor.sessionId, actors.find(({ sessionId }) => sessionId === actor.parentId)]),
  );
  const path = (actor: (typeof actors)[number] | undefined): string[] =>
    actor ? [...path(above.get(actor.sessionId)), actor.name.split(":")[0] ?? ""] : [];
  expect(path(actors.find(({ name }) => name.startsWith("smtp:")))).toEqual([
    "server",
    "listener",
    "connection",
    "smtp",
  ]);
});

test("an embedder's session hangs under its connection; its states and event types are shown, and nothing else", async () => {
  const machine = createMachine({
    id: "guestbook",
    context: { secret: "in the context" },
    initial: "open",
    states: {
      open: { entry: { type: "note", params: { secret: "in a parameter" } }, on: { "guest.wrote": "thanked" } },
      thanked: {},
    },
  });
  const { observer, events, until } = collectEvents();
  const sanitize = { guestbook: { event: (event: AnyEventObject) => ({ page: event["page"] }) } };
  for (const [options, field] of [
    [{}, undefined],
    [{ sanitize }, 7],
  ] as const) {
    const tree = inspectionTree([observer], options);
    const { port, gatehouse } = await runGatehouse([{ name: "book", protocol: "book", bind: ["127.0.0.1:0"] }], {
      protocols: [
        guestbook((wire) => {
          const actor = createActor(machine, { id: wire.id, inspect: wire.inspect }).start();
          actor.send({ type: "guest.wrote", text: "in the event", page: 7 } as never);
        }),
      ],
      inspect: tree,
    });
    const client = await rawClient(port("book"));
    client.socket.end("x");
    await until(closed);
    await gatehouse.stop();
    const written = events.findLast(
      ({ type, actorRef }) => type === "@xstate.snapshot" && actorRef.chart === "guestbook",
    );
    expect(written && pathOf(written)).toBe("server/listener:book/connection:ID/guestbook:ID");
    expect(written).toMatchObject({ event: { type: "guest.wrote" }, snapshot: { status: "active", value: "thanked" } });
    expect(written && "event" in written && written.event["page"]).toBe(field);
    expect(written && "snapshot" in written && written.snapshot.context).toBeUndefined();
  }
  const shown = JSON.stringify(events.map((event) => ({ ...event, definition: event.actorRef.logic.config })));
  expect(shown).toContain("guest.wrote");
  expect(shown).not.toMatch(/in the (context|event)|in a parameter/);
});

test("a chart that only has the name of one of Gatehouse's is an embedder's", async () => {
  const { observer, events } = collectEvents();
  const tree = inspectionTree([observer]);
  const server = createActor(serverMachine, { id: "server", inspect: tree });
  const impostor = createMachine({ id: "connection", context: { cause: "quit" }, initial: "a", states: { a: {} } });
  createActor(impostor, { inspect: tree.under(server) }).start();
  const [first] = events;
  expect(first?.actorRef).toMatchObject({ chart: "connection", own: false });
  expect(first?.actorRef.getSnapshot()).toEqual({ status: "active", value: "a" });
});

test("whatever an observer or a sanitiser throws reaches no machine", async () => {
  const tree = inspectionTree(
    [
      () => {
        throw new Error("no room");
      },
    ],
    { sanitize: { any: {} } },
  );
  const { port, event } = await runGatehouse([smtp], { backend, inspect: tree });
  await quit(port("smtp"));
  expect(await event("connection.closed")).toMatchObject({ cause: "quit" });
  expect(tree.counts.failed).toBeGreaterThan(10);
});

test("a connection that nobody watches has no inspector, and neither has its session", async () => {
  const inspectors: (Inspector | undefined)[] = [];
  const { port, event } = await runGatehouse(
    ["a", "b"].map((name) => ({ name, protocol: "book", bind: ["127.0.0.1:0"] })),
    {
      protocols: [guestbook((wire) => void inspectors.push(wire.inspect))],
      inspect: inspectionTree([() => {}], { listeners: ["b"] }),
    },
  );
  for (const name of ["a", "b"]) {
    const client = await rawClient(port(name));
    client.socket.end("x");
    await event("connection.closed", ({ connection }) => connection.listener === name);
  }
  expect(inspectors).toEqual([undefined, expect.anything()]);
});

test("every chart of Gatehouse's has an allow-list", () => {
  for (const { id } of Object.values(charts)) expect(disclosures).toHaveProperty(id);
});

function guestbook(opened: (wire: Wire) => void): SessionProtocol {
  return {
    kind: "session",
    name: "book",
    startTls: false,
    busy: () => "busy\r\n",
    open: (wire) => {
      opened(wire);
      return plainSession({ ended: () => close("quit") });
    },
  };
}
