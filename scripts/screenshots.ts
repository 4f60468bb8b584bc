/**
 * Takes the pictures of the console that README and docs show: of a running server with real clients, whose clock is moved
 * through an hour so that there is something to see. `npm run screenshots`, or `npm run screenshots FOLDER` for every page,
 * wide and narrow, dark and light.
 */
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { type ConfigurationSections, createGatehouse, type Gatehouse } from "../src/index.ts";
import { systemClock } from "../src/runtime/time/clock.ts";

const account = { address: "anna@example.com", password: "of the console" };
const document = {
  SystemSettings: { defaultHostname: "mail.example.com", maxConnections: 2_000 },
  Account: { [account.address]: { secret: { "@type": "Text", secret: account.password }, roles: ["admin"] } },
  BlockedIp: [{ address: "127.0.0.66", reason: "spam" }],
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], maxConnections: 500, maxConnectionsPerAddress: 8 },
    { name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true, maxConnections: 200 },
    { name: "lmtp", protocol: "lmtp", bind: ["127.0.0.1:0"], maxConnections: 3 },
    { name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true, maxConnections: 50 },
  ],
} satisfies ConfigurationSections;

const folder = fileURLToPath(new URL("../docs/pictures", import.meta.url));
const everything = process.argv[2];

/** The server's date: behind the system's by so many milliseconds. */
let behind = 0;

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "gatehouse-screenshots-"));
  const clock = { ...systemClock, date: () => Date.now() - behind };
  const gatehouse = createGatehouse({ config: document, dataDirectory: data, clock });
  behind = 60 * 60_000;
  await gatehouse.start();
  const executablePath = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((file) => existsSync(file));
  if (!executablePath) throw new Error("There is no Chromium: install chromium-headless-shell or chromium.");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    await live(gatehouse);
    const stay = await Promise.all(
      Array.from({ length: 7 }, (_, index) => client(gatehouse, "smtp", `127.0.0.${10 + index}`)),
    );
    await takeAll(browser, gatehouse);
    for (const socket of stay) socket?.destroy();
  } finally {
    await browser.close();
    await gatehouse.stop({ wait: false });
    rmSync(data, { recursive: true, force: true });
  }
}

/** An hour of mail, in seconds. */
async function live(gatehouse: Gatehouse): Promise<void> {
  for (let minute = 59; minute >= 0; minute -= 1) {
    behind = minute * 60_000;
    const tide = 3 + Math.round(2 * Math.sin(minute / 7)) + (minute % 3);
    const visits = Array.from({ length: tide }, () => visit(gatehouse, "smtp"));
    visits.push(visit(gatehouse, "imaps"));
    if (minute % 4 === 0) visits.push(fails(gatehouse));
    if (minute % 5 < 2) visits.push(leaves(gatehouse));
    if (minute > 18 && minute < 34)
      visits.push(...Array.from({ length: 1 + (minute % 4) }, () => refused(gatehouse, "smtp", "127.0.0.66")));
    if (minute > 8 && minute < 22) visits.push(crowd(gatehouse));
    await Promise.all(visits);
    if (minute === 40) await gatehouse.reload(changed({ maxConnections: 600 }), { by: "account anna@example.com" });
    if (minute === 12)
      await gatehouse.reload(changed({ maxConnections: 600, connectionRate: { count: 30, interval: "1m" } }), {
        by: "file",
      });
    if (minute === 9)
      await gatehouse.reload({ ...document, NetworkListener: "none" as never }, { by: "SIGHUP" }).catch(() => {});
  }
}

function changed(settings: object): object {
  const [smtp, ...others] = document.NetworkListener;
  return { ...document, NetworkListener: [{ ...smtp, ...settings }, ...others] };
}

function portOf(gatehouse: Gatehouse, name: string): number {
  return gatehouse.listeners().find((listener) => listener.name === name)?.addresses[0]?.port ?? 0;
}

/** Null when it was turned away. */
async function client(gatehouse: Gatehouse, listener: string, localAddress = "127.0.0.1"): Promise<Socket | null> {
  const socket = connect({ port: portOf(gatehouse, listener), host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  const [greeting] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  return String(greeting).startsWith("220") ? socket : null;
}

async function visit(gatehouse: Gatehouse, listener: string): Promise<void> {
  if (listener === "imaps") {
    const socket = connectTls({
      port: portOf(gatehouse, listener),
      host: "127.0.0.1",
      servername: "mail.example.com",
      rejectUnauthorized: false,
    });
    socket.on("error", () => {});
    await once(socket, "data");
    socket.write("a LOGOUT\r\n");
    socket.resume();
    await once(socket, "close");
    return;
  }
  const socket = await client(gatehouse, listener);
  socket?.resume().write("QUIT\r\n");
  if (socket) await once(socket, "close");
}

/** No TLS where TLS is due. */
async function fails(gatehouse: Gatehouse): Promise<void> {
  const socket = connect(portOf(gatehouse, "imaps"), "127.0.0.1");
  socket.on("error", () => {}).resume();
  socket.write("a LOGIN anna secret\r\n");
  await once(socket, "close");
}

async function leaves(gatehouse: Gatehouse): Promise<void> {
  const socket = await client(gatehouse, "smtp");
  const closed = gatehouse.connections().length;
  socket?.destroy();
  while (gatehouse.connections().length >= closed && closed > 0) await new Promise((resolve) => setImmediate(resolve));
}

async function refused(gatehouse: Gatehouse, listener: string, address: string): Promise<void> {
  const socket = await client(gatehouse, listener, address);
  socket?.destroy();
}

/** More than the cap of the listener. */
async function crowd(gatehouse: Gatehouse): Promise<void> {
  const sockets: (Socket | null)[] = [];
  for (let count = 0; count < 5; count += 1) sockets.push(await client(gatehouse, "lmtp"));
  await Promise.all(
    sockets.map(async (socket) => {
      socket?.resume().write("QUIT\r\n");
      if (socket) await once(socket, "close");
    }),
  );
}

const pages: readonly (readonly [name: string, hash: string, prepare?: (page: Page) => Promise<unknown>])[] = [
  ["now", "#/now", (page) => page.waitForTimeout(2_500)],
  ["lifecycles", "#/lifecycles/connection", (page) => page.locator("svg .state.taken").first().waitFor()],
  [
    "ends",
    "#/ends",
    (page) =>
      page
        .getByRole("button", { name: /tls-failed|blocked/ })
        .first()
        .click(),
  ],
  ["explain", "#/explain/imaps/127.0.0.66/direct/mail.example.com", (page) => page.locator(".outcome").waitFor()],
  ["explain-served", "#/explain/imaps/192.0.2.7/direct/mail.example.com", (page) => page.locator(".outcome").waitFor()],
  ["listeners", "#/settings/x%3ANetworkListener", (page) => page.getByRole("link", { name: "imaps" }).waitFor()],
  ["listener", "#/settings/x%3ANetworkListener/edit/smtp", (page) => page.getByLabel("Name").waitFor()],
  ["general", "#/settings/x%3ASystemSettings", (page) => page.locator("fieldset").first().waitFor()],
  ["certificates", "#/settings/x%3ACertificate", (page) => page.locator("main h1").waitFor()],
  ["blocked", "#/settings/x%3ABlockedIp", (page) => page.getByRole("link", { name: "127.0.0.66" }).waitFor()],
  ["accounts", "#/settings/x%3AAccount", (page) => page.getByRole("link", { name: account.address }).waitFor()],
  ["connections", "#/settings/x%3AConnection", (page) => page.locator("table").waitFor()],
];

/** Shown in README and docs. */
const kept: readonly string[] = ["ends"];

async function takeAll(browser: Browser, gatehouse: Gatehouse): Promise<void> {
  const into = everything ?? folder;
  mkdirSync(into, { recursive: true });
  const schemes = everything === undefined ? (["light"] as const) : (["light", "dark"] as const);
  for (const width of everything === undefined ? [1280] : [1280, 380]) {
    for (const colorScheme of schemes) {
      const page = await browser.newPage({
        viewport: { width, height: width === 380 ? 780 : 800 },
        colorScheme,
        reducedMotion: "reduce",
      });
      page.setDefaultTimeout(20_000);
      await page.goto(`http://127.0.0.1:${portOf(gatehouse, "management")}/console/`);
      await page.getByLabel("Account").fill(account.address);
      await page.getByLabel("Password").fill(account.password);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Now" }).waitFor();
      for (const [name, hash, prepare] of pages) {
        if (everything === undefined && !kept.includes(name)) continue;
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        try {
          await prepare?.(page);
          await page.waitForTimeout(400);
        } catch (error) {
          process.stderr.write(`${name}: ${String(error)}\n`);
        }
        const file = everything === undefined ? `console-${name}.png` : `${name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(into, file), fullPage: everything !== undefined });
      }
      await page.close();
    }
  }
}

await main();
