/**
 * `gatehouse inspect` in a real browser, fed by the official package from projects that are not ours. No name but this
 * host's resolves: the page needs no internet.
 */
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { openRelay, type Relay, startInspector } from "../../src/inspect/index.ts";
import { onFreePort } from "../free-port.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { hasChromium, newPage, openPage, violations } from "./chromium.ts";
import { serveForeignPage, startForeignProgram } from "./foreign-project.ts";
import { openDialogue } from "./smtp-dialogue.ts";
import { openTunnel } from "./tunnel.ts";

const building = `
import { createWebSocketInspector } from "@statelyai/inspect";
import { createActor, createMachine, door } from "./door.mjs";
import { actors, listen } from "./listening.mjs";
const { inspect } = createWebSocketInspector({ url: process.argv[2] });
const house = createMachine({ id: "house", initial: "open", states: { open: { invoke: [{ src: door, id: "front" }, { src: door, id: "back" }] } } });
createActor(door, { id: "phantom", inspect });
const root = createActor(house, { id: "house", inspect });
root.start();
Object.assign(actors, root.getSnapshot().children);
listen();
`;

const crowd = `
import { createWebSocketInspector } from "@statelyai/inspect";
import { createActor, door } from "./door.mjs";
import { actors, listen } from "./listening.mjs";
const { inspect } = createWebSocketInspector({ url: process.argv[2], maxDeferredEvents: 100_000 });
for (let count = 0; count < 500; count += 1) {
  const actor = createActor(door, { id: "door " + count, inspect });
  actors["door " + count] = actor;
  actor.start();
  for (let time = 0; time < 5; time += 1) for (const type of ["OPEN", "CLOSE"]) actor.send({ type });
}
listen();
`;

const bridged = `
import { createWebSocketInspector } from "@statelyai/inspect";
import { createInspectorServer } from "@statelyai/inspect/server";
import { createActor, door } from "./door.mjs";
const [url, port] = process.argv[2].split(" ");
createInspectorServer({ url, port: Number(port), autoOpen: false });
const { inspect } = createWebSocketInspector({ url: "ws://127.0.0.1:" + port });
createActor(door, { id: "bridged door", inspect }).start();
`;

describe.skipIf(!hasChromium)("The inspector's page in Chromium", () => {
  async function receiving(): Promise<Relay> {
    const relay = await openRelay({ receives: true });
    onTestFinished(() => relay.close());
    return relay;
  }

  const tree = (page: Page) => page.getByRole("treeitem");
  const actor = (page: Page, name: RegExp) => page.getByRole("treeitem", { name });
  const lit = (page: Page, state: string) =>
    page.locator("svg .state.taken text", { hasText: new RegExp(`^${state}$`) });
  const eventRow = (page: Page, name: RegExp) => page.getByRole("option", { name });

  test("shows another project's actors, their charts, events and snapshots, and every moment that has been", async () => {
    const relay = await receiving();
    const page = await openPage(relay.url);
    await page.getByText(`createWebSocketInspector({ url: "${relay.url.replace("http:", "ws:")}" })`).waitFor();
    expect(await violations(page)).toEqual([]);
    const program = startForeignProgram(building, relay.url.replace("http:", "ws:"));

    // It begins with one that runs, not with the phantom, which came first.
    await page.getByRole("heading", { name: "house" }).waitFor();
    await actor(page, /^front closed$/).click();
    await lit(page, "closed").waitFor();
    program.send("front", { type: "OPEN", by: "<b>Anna</b>" });
    program.send("front", { type: "PUSH" });
    await lit(page, "wide").waitFor();
    await actor(page, /^front open\.wide$/).waitFor();
    program.send("front", { type: "CLOSE" });
    program.send("front", { type: "LOCK" });
    await lit(page, "checked").waitFor();
    await actor(page, /^front checked$/).waitFor();
    expect(await violations(page)).toEqual([]);

    // Back in time: the whole page shows that moment, and what is only data stays data.
    await eventRow(page, / front OPEN open\.ajar_a_bit$/).click();
    await lit(page, "ajar_a_bit").waitFor();
    const details = page.getByRole("region", { name: "Details" });
    await details.getByText('"by": "<b>Anna</b>"').waitFor();
    await details.getByRole("group", { name: "Context" }).getByText('"note": "<img src=x onerror=alert(1)>"').waitFor();
    await details.getByText("Changed").waitFor();
    await actor(page, /^front open\.ajar_a_bit$/).waitFor();
    await page.getByRole("button", { name: "One step on" }).click();
    await lit(page, "wide").waitFor();
    const slider = page.getByRole("slider", { name: "Step" });
    await slider.press("Home");
    await lit(page, "closed").waitFor();
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^Step 1 of \d+: xstate\.init → closed$/);
    await page.getByRole("button", { name: "Live" }).click();
    await lit(page, "checked").waitFor();

    // Ghosts: the actor that was invoked and has ended, the one that never started, and one that ends now.
    program.send("front", { type: "DESTROY" });
    await actor(page, /^front done$/).waitFor();
    await actor(page, /^phantom never started$/).waitFor();
    await page.getByLabel("Hide ended and never started").check();
    await actor(page, /^phantom /).waitFor({ state: "detached" });
    expect(await tree(page).allInnerTexts()).toEqual([
      expect.stringContaining("house"),
      expect.stringContaining("back"),
    ]);

    // A second program is a tree of its own; the first one leaves ghosts.
    await page.getByLabel("Hide ended and never started").uncheck();
    startForeignProgram(building, relay.url.replace("http:", "ws:"));
    await page.getByText("2 programs").waitFor();
    await program.end();
    await page.getByText("1 program", { exact: true }).waitFor();
    await actor(page, /^house gone$/).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await actor(page, /gone$/).first().waitFor({ state: "detached" });
    expect(page.complaints).toEqual([]);

    // Who comes later, or without a mouse or with a small window, sees the same.
    const late = await openPage(relay.url, { width: 380, height: 760 });
    await actor(late, /^front/)
      .first()
      .waitFor();
    expect(await violations(late)).toEqual([]);
    await late.getByRole("tree").focus();
    await late.keyboard.press("End");
    await late.keyboard.press("Home");
    for (const pane of ["Chart", "Events", "Details"]) {
      await late.getByRole("button", { name: pane, exact: true }).click();
      await late.getByRole("region", { name: pane }).waitFor();
      expect([pane, await late.evaluate("document.documentElement.scrollWidth")]).toEqual([pane, 380]);
    }
    await late.getByRole("button", { name: "Events", exact: true }).click();
    await late.getByRole("listbox").focus();
    await late.keyboard.press("End");
    await late.getByRole("option", { selected: true }).waitFor();
    expect(late.complaints).toEqual([]);
  });

  test("handles hundreds of actors and thousands of events, and draws only what is in sight", async () => {
    const relay = await receiving();
    const page = await openPage(relay.url);
    const program = startForeignProgram(crowd, relay.url.replace("http:", "ws:"));
    await page.getByRole("heading", { name: "Actors 500" }).waitFor();
    await page.getByRole("heading", { name: "Events 5500" }).waitFor();
    expect(await tree(page).count()).toBeLessThan(60);
    expect(await page.getByRole("option").count()).toBeLessThan(60);

    await page.getByLabel("Search actors by name, state or worker").fill("door 499");
    await actor(page, /^door 499 /).click();
    program.send("door 499", { type: "LOCK" });
    await lit(page, "checked").waitFor();
    await page.getByLabel("Search events by type, actor or state").fill("lock");
    await eventRow(page, / LOCK locked$/).click();
    await lit(page, "locked").waitFor();
    await page.getByLabel("Search actors by name, state or worker").fill("");
    // All are there again, not the one that was found.
    await tree(page).nth(5).waitFor();
    await page.getByRole("tree").focus();
    await page.keyboard.press("Home");
    await page.getByRole("heading", { name: "door 0" }).waitFor();
    await page.keyboard.press("PageDown");
    await page.getByRole("heading", { name: /^door [1-9]/ }).waitFor();
    expect(page.complaints).toEqual([]);
  });

  test("shows what createBrowserInspector sends to the window that it opens", async () => {
    const relay = await receiving();
    const project = await openPage(await serveForeignPage(relay.url));
    const opened = project.waitForEvent("popup");
    await project.getByRole("button", { name: "Start" }).click();
    const page = await opened;
    await actor(page, /^light on$/).waitFor();
    await lit(page, "on").waitFor();
    await project.evaluate("switchLight()");
    await lit(page, "off").waitFor();
    await page.getByText("1 program", { exact: true }).waitFor();
    expect(project.complaints).toEqual([]);
  });

  test("shows in the frame of createInspectorServer what that is sent", async () => {
    const relay = await receiving();
    await onFreePort(async (port) => {
      startForeignProgram(bridged, `${relay.url} ${port}`);
      const page = await newPage();
      await expect
        .poll(
          () =>
            page.goto(`http://localhost:${port}`).then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true);
      await page
        .frameLocator("iframe")
        .getByRole("treeitem", { name: /^bridged door closed$/ })
        .waitFor();
    });
  });

  test("comes back when its server was out of reach, and shows nothing twice", async () => {
    const relay = await receiving();
    const tunnel = await openTunnel(Number(new URL(relay.url).port));
    const page = await openPage(relay.url.replace(/:\d+\//, `:${tunnel.port}/`));
    const program = startForeignProgram(building, relay.url.replace("http:", "ws:"));
    await actor(page, /^front closed$/).click();
    await page.getByRole("heading", { name: "Events 3", exact: true }).waitFor();

    tunnel.cut();
    await page.getByRole("alert").getByText("does not answer").waitFor();
    program.send("front", { type: "OPEN" });
    await lit(page, "ajar_a_bit").waitFor();
    await page.getByRole("heading", { name: "Events 4", exact: true }).waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("is what `serve --inspect` shows, without the internet: server, listeners, connections and sessions", async () => {
    const inspector = await startInspector();
    onTestFinished(() => inspector.close());
    const server = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"] }], { inspect: inspector.inspect });
    const client = await openDialogue(server.port("smtp"));
    await client.ask("EHLO a");
    const page = await openPage(inspector.url);
    await actor(page, /^smtp:.*ready$/).click();
    await lit(page, "ready").waitFor();
    await client.ask("QUIT");
    await actor(page, /^connection:.*done$/).waitFor();
    await actor(page, /listener:smtp.*listening$/).click();
    await lit(page, "listening").waitFor();
    expect(page.complaints).toEqual([]);
  });
});
