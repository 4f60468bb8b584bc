/** One headless Chromium for all tests of a process: its start takes longer than most of them. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// The first one has no windows at all, and takes a quarter of the time.
const lookUp = spawnSync("sh", ["-c", "command -v chromium-headless-shell || command -v chromium"], {
  encoding: "utf8",
});
const executablePath = lookUp.stdout.trim();

/** On a CI machine it must be there, as other programs must. */
export const hasChromium: boolean = executablePath !== "" || Boolean(process.env["CI"]);

// Root cannot use the sandbox; only pages of the tests' own are opened. No name resolves: nothing comes from elsewhere.
const args = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost"];

let started: Promise<Browser> | undefined;

/** It ends with the process. */
export function sharedChromium(): Promise<Browser> {
  started ??= chromium.launch({ executablePath, args });
  return started;
}

export interface WatchedPage extends Page {
  /** Errors and warnings on its console, and exceptions of its scripts, those of its frames included. */
  readonly complaints: readonly string[];
}

/** How long something on a page may take, in milliseconds: on a busy machine much takes many times as long. */
const patience = 120_000;

/** A page in a context of its own, until the test ends. Certificates that nobody has issued are accepted. */
export async function newPage({ width = 1280, height = 800 } = {}): Promise<Page> {
  const browser = await sharedChromium();
  const context = await browser.newContext({ viewport: { width, height }, ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  return page;
}

/** The same, with a page open, and what that complains of. */
export async function openPage(url: string, size?: Parameters<typeof newPage>[0]): Promise<WatchedPage> {
  const page = await newPage(size);
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return Object.assign(page, { complaints });
}

/** What axe has to say against a page. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found = (await page.evaluate("axe.run()")) as { violations: { id: string; nodes: { html: string }[] }[] };
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
