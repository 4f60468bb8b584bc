/** The page of `gatehouse serve --inspect` in a real browser, with a stand-in for Stately's page in its frame. */
import { describe, expect, onTestFinished, test } from "vitest";
import { type RunningInspector, startInspector } from "../../src/inspect/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { hasChromium, openPage } from "./chromium.ts";
import { openDialogue } from "./smtp-dialogue.ts";
import { type Received, type StandInInspector, startStandIn } from "./stand-in-inspector.ts";
import { openTunnel } from "./tunnel.ts";

interface Watched {
  readonly inspector: RunningInspector;
  readonly standIn: StandInInspector;
  readonly server: RunningGatehouse;
}

async function startWatched(): Promise<Watched> {
  const standIn = await startStandIn();
  const inspector = await startInspector({ inspectorUrl: standIn.url });
  onTestFinished(() => inspector.close());
  const server = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"] }], { inspect: inspector.inspect });
  return { inspector, standIn, server };
}

const named =
  (chart: string, load = 1) =>
  (received: Received): boolean =>
    received.load === load && received.event.type === "@xstate.actor" && received.event.name.startsWith(chart);

describe.skipIf(!hasChromium)("Chromium", () => {
  test("hands the inspector every event of a connection, with charts that it can draw, and complains of nothing", async () => {
    const { inspector, standIn, server } = await startWatched();
    const page = await openPage(inspector.url);
    await standIn.until(named("reload"));
    expect(await page.evaluate(`document.getElementById("notice").textContent`)).toBe("");

    const client = await openDialogue(server.port("smtp"));
    const { event: actor } = await standIn.until(named("connection:"));
    await client.ask("EHLO a");
    await client.ask("QUIT");
    await standIn.until(
      ({ event }) =>
        event.type === "@xstate.snapshot" && event.sessionId === actor.sessionId && event.snapshot.status === "done",
    );
    const own = standIn.received.map(({ event }) => event).filter(({ sessionId }) => sessionId === actor.sessionId);
    const states = own.flatMap((event) =>
      event.type === "@xstate.snapshot" ? [Reflect.get(event.snapshot, "value")] : [],
    );
    expect([...new Set(states)]).toEqual(["accepted", "active", "closed"]);
    expect(own[0]).toMatchObject({ type: "@xstate.actor", parentId: expect.any(String), rootId: expect.any(String) });
    const definition = JSON.parse(String(Reflect.get(actor, "definition"))) as { readonly states: object };
    expect(Object.keys(definition.states)).toContain("handshaking");
    expect(standIn.received.filter(({ load }) => load !== 1)).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  test("gives a page that is opened late, and an inspector that is loaded again, what lives", async () => {
    const { inspector, standIn, server } = await startWatched();
    const client = await openDialogue(server.port("smtp"));
    await client.ask("EHLO a");
    const page = await openPage(inspector.url);
    await standIn.until(named("smtp:"));
    const first = standIn.received.map(({ event }) => event).filter(({ type }) => type === "@xstate.actor");
    expect(first.map((event) => Reflect.get(event, "name").split(":")[0])).toEqual(
      expect.arrayContaining(["server", "listener", "reload", "connection", "smtp"]),
    );
    await standIn.until(
      ({ event }) => event.type === "@xstate.snapshot" && Reflect.get(event.snapshot, "value") === "ready",
    );

    await page.evaluate(`void (document.getElementById("inspector").src += "")`);
    await standIn.until(named("smtp:", 2));
    const again = standIn.received.filter(({ load, event }) => load === 2 && event.type === "@xstate.actor");
    expect(again.map(({ event }) => event.sessionId)).toEqual(first.map(({ sessionId }) => sessionId));
    expect(page.complaints).toEqual([]);
  });

  test("comes back after its connection was cut, and gets what lives then", async () => {
    const { inspector, standIn, server } = await startWatched();
    const tunnel = await openTunnel(Number(new URL(inspector.url).port));
    const page = await openPage(inspector.url.replace(/:\d+\//, `:${tunnel.port}/`));
    await standIn.until(named("reload"));

    tunnel.cut();
    await page.locator("#notice", { hasText: "does not answer" }).waitFor();
    await openDialogue(server.port("smtp"));
    await page.locator("#notice:empty").waitFor({ state: "attached" });
    await standIn.until(named("connection:"));
    // The tree from its root on, a second time.
    const names = standIn.received.flatMap(({ event }) => (event.type === "@xstate.actor" ? [event.name] : []));
    expect(names.filter((name) => name === "server")).toHaveLength(2);
    expect(names.lastIndexOf("server")).toBeLessThan(names.findIndex((name) => name.startsWith("connection:")));
    expect(page.complaints).toEqual([]);
  });
});
