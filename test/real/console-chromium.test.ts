import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigurationDocument } from "../../src/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { installed } from "./programs.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const account = { address: "anna@example.com", password: "of the console" };

const document: ConfigurationDocument & object = {
  SystemSettings: { defaultHostname: "localhost" },
  Account: { [account.address]: { secret: { "@type": "Text", secret: account.password }, roles: ["admin"] } },
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"] },
    { name: "management", protocol: "http", bind: ["127.0.0.1:0"] },
  ],
};

describe.skipIf(!installed("chromium"))("The console in Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    // Root cannot use the sandbox; only pages of the tests' own are opened. No name resolves: nothing comes from elsewhere.
    const args = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"];
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  });

  afterAll(async () => {
    await browser.close();
  });

  async function open({ width = 1200 } = {}) {
    const running = await runGatehouse(document);
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 40[14]/.test(message.text())) complaints.push(message.text());
    });
    const url = `http://127.0.0.1:${running.port("management")}/console/`;
    await page.goto(url);
    return { running, page, url, complaints };
  }

  async function logIn(page: Page, password: string = account.password) {
    await page.getByLabel("Account").fill(account.address);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
  }

  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(axeSource);
    const found = (await page.evaluate("axe.run()")) as { violations: { id: string; nodes: { html: string }[] }[] };
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  it("lets in whoever knows the password, shows what runs, and who is in which state", async () => {
    const { running, page, complaints } = await open();
    await logIn(page, "wrong");
    await page.getByRole("alert").getByText("do not belong together").waitFor();
    await logIn(page);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    expect(await violations(page)).toEqual([]);

    const client = connect(running.port("smtp"), "127.0.0.1");
    await once(client, "data");
    await page.getByRole("row", { name: /smtp.*1 of/ }).waitFor();
    await page.getByRole("link", { name: "Lifecycles" }).click();
    await page.getByRole("link", { name: "smtp" }).click();
    await page.getByRole("link", { name: /^start 1$/ }).click();
    await page.getByRole("row", { name: new RegExp(`127.0.0.1:${client.localPort}`) }).waitFor();
    await page.locator("svg .state.taken text", { hasText: /^start 1$/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    client.write("EHLO client.example\r\n");
    await page.getByRole("link", { name: /^start 0$/ }).waitFor();
    client.destroy();

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Password").waitFor();
    expect(complaints).toEqual([]);
  });

  it("can be used at 380 pixels, and says when the server has gone", async () => {
    const { running, page } = await open({ width: 380 });
    expect(await violations(page)).toEqual([]);
    await logIn(page);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
    await page.getByRole("link", { name: "Lifecycles" }).click();
    await page.locator("svg .state").first().waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
    expect(await violations(page)).toEqual([]);
    await running.gatehouse.stop({ wait: false });
    await page.getByRole("alert").getByText("connection to the server is lost").waitFor();
  });
});
