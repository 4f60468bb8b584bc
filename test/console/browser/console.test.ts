import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { installed } from "../../real/programs.ts";
import { type OwnConsole, ownConsole, violations } from "./own-browser.ts";

const patience = 60_000;

describe.skipIf(!installed("chromium"))("The console", () => {
  let own: OwnConsole;

  beforeAll(async () => {
    own = await ownConsole();
  });

  afterAll(async () => {
    await own.close();
  });

  async function open(hash: string, options: Parameters<OwnConsole["open"]>[1] = {}): Promise<Page> {
    const page = await own.open(hash, options);
    page.setDefaultTimeout(patience);
    onTestFinished(() => page.close());
    return page;
  }

  function client(listener: string): Socket {
    const socket = connect(own.port(listener), "127.0.0.1");
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  }

  const greeting = async (socket: Socket) => String((await once(socket, "data"))[0]);

  it("suspends a listener after saying what that touches: clients wait, and are greeted when it is resumed", async () => {
    const page = await open("#/now");
    await page.getByRole("button", { name: "Suspend smtp" }).click();
    await page.getByRole("dialog").getByText("New clients wait in the kernel's queue").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Suspend", exact: true }).click();
    await page.getByRole("row", { name: /smtp.*suspended by hand/ }).waitFor();
    const waiting = client("smtp");
    await once(waiting, "connect");
    const greeted = greeting(waiting);
    expect(own.gatehouse.connections().filter(({ listener }) => listener === "smtp")).toEqual([]);
    await page.getByRole("button", { name: "Resume smtp" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Resume", exact: true }).click();
    expect(await greeted).toMatch(/^220 /);
    await page.getByRole("row", { name: /smtp.*1 of 2/ }).waitFor();
    waiting.destroy();
  });

  it("shows why clients were refused, who they were, and what would become of them now", async () => {
    const held = [client("smtp"), client("smtp")];
    for (const socket of held) expect(await greeting(socket)).toMatch(/^220 /);
    expect(await greeting(client("smtp"))).toMatch(/^421 /);
    const page = await open("#/ends");
    await page.getByRole("button", { name: /^listener-cap/ }).click();
    await page.getByRole("row", { name: /127\.0\.0\.1:\d+.*smtp.*2 of 2/ }).waitFor();
    // The same by the bar of this minute.
    const plot = page.locator(".half", { hasText: "Refusals by rule" }).locator(".u-over");
    const { width = 0, height = 0 } = (await plot.boundingBox()) ?? {};
    await plot.click({ position: { x: width * (1 - 45 / (59 * 60 + 90)), y: height - 3 } });
    await expect.poll(() => page.getByLabel("Minute").inputValue()).not.toBe("");
    await page
      .getByRole("link", { name: /^Explain 127\.0\.0\.1/ })
      .first()
      .click();
    await page.getByText("It is refused.").waitFor();
    await page.getByText("2 of 2, 0 left").waitFor();
    await page.locator("svg .step.walked").first().waitFor();
    for (const socket of held) socket.destroy();
    await page.getByLabel("Address").fill("nobody");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByRole("alert").getByText("is no IP address").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it("has asked nothing of anybody else, and no page has failed", () => {
    expect(own.complaints).toEqual([]);
  });
});
