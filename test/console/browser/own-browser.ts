/** A console to look at in Chromium: a server that keeps its document in a file, and one log-in for all tests of a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { RunningDocument } from "../../../src/config/index.ts";
import { createGatehouse, type Gatehouse, type ReloadReport } from "../../../src/index.ts";
import { sharedChromium } from "../../real/chromium.ts";

export const account = { address: "anna@example.com", password: "of the console" };

/** With comments, which stay. */
const text = `{
  "SystemSettings": { "defaultHostname": "localhost" },
  "Account": { "${account.address}": { "secret": { "@type": "Text", "secret": "${account.password}" }, "roles": ["admin"] } },
  "NetworkListener": [
    // Where mail comes in.
    { "name": "smtp", "bind": ["127.0.0.1:0"], "useTls": false, "maxConnections": 2 },
    { "name": "deliveries-of-a-customer-whose-name-is-long", "protocol": "lmtp", "bind": ["127.0.0.1:0"] },
    { "name": "management", "protocol": "http", "bind": ["127.0.0.1:0"], "ignoreServerCap": true }
  ]
}
`;

export interface OwnConsole {
  readonly gatehouse: Gatehouse;
  /** The document. */
  readonly file: string;
  readonly url: string;
  /** What pages complained of, and requests that left the server; empty when all is well. */
  readonly complaints: readonly string[];
  /** A page of somebody who has logged in. */
  open(hash: string, options?: { readonly width?: number; readonly colorScheme?: "light" | "dark" }): Promise<Page>;
  port(listener: string): number;
  close(): Promise<void>;
}

/** @param own of SystemSettings, and the name of the node */
export async function ownConsole(own: { readonly system?: object; readonly node?: string } = {}): Promise<OwnConsole> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-console-"));
  const file = join(folder, "gatehouse.json");
  const system = JSON.stringify({ defaultHostname: "localhost", ...own.system });
  writeFileSync(file, text.replace('{ "defaultHostname": "localhost" }', system));
  const document = new RunningDocument<ReloadReport>({ file, keptFile: join(folder, "kept.json") });
  const gatehouse = createGatehouse({
    ...{ config: await document.read(), document, dataDirectory: join(folder, "data") },
    ...(own.node === undefined ? {} : { node: own.node }),
  });
  document.manage(gatehouse);
  await gatehouse.start();
  const port = (name: string) => {
    const address = gatehouse.listeners().find((listener) => listener.name === name)?.addresses[0];
    if (!address) throw new Error(`There is no listener "${name}".`);
    return address.port;
  };
  const url = `http://127.0.0.1:${port("management")}/console/`;
  const complaints: string[] = [];
  const context: BrowserContext = await (await sharedChromium()).newContext();
  context.on("request", (request) => {
    if (!request.url().startsWith(new URL("/", url).href)) complaints.push(`left the origin: ${request.url()}`);
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => {
    const isAnswer = /status of 40[14]/.test(message.text());
    if (message.type() === "error" && !isAnswer) complaints.push(message.text());
  });
  const first = await context.newPage();
  await first.goto(url);
  await first.getByLabel("Account").fill(account.address);
  await first.getByLabel("Password").fill(account.password);
  await first.keyboard.press("Enter");
  await first.getByRole("heading", { name: "Now" }).waitFor();
  await first.close();
  return {
    ...{ gatehouse, file, url, complaints, port },
    open: async (hash, { width = 1200, colorScheme = "light" } = {}) => {
      const page = await context.newPage();
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(`${url}${hash}`);
      await page.locator("main h1").waitFor();
      return page;
    },
    close: async () => {
      await context.close();
      await gatehouse.stop({ wait: false });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const mostTabs = 150;

/** Presses the tab key until the focus is on the element with this role and name. */
export async function tabTo(page: Page, role: Parameters<Page["getByRole"]>[0], name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).and(page.locator(":focus"));
  for (let count = 0; count < mostTabs; count += 1) {
    await page.keyboard.press("Tab");
    if ((await wanted.count()) > 0) return;
  }
  throw new Error(`The tab key does not lead to the ${role} "${name}".`);
}
