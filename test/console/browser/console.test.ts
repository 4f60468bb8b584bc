import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasChromium, violations } from "../../real/chromium.ts";
import { account, type OwnConsole, ownConsole, tabTo } from "./own-browser.ts";

const patience = 120_000;

describe.skipIf(!hasChromium)("The console", () => {
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

  it("adds a listener by the keyboard alone: a wrong address has the start's words at its field, the plan is shown, a client is greeted", async () => {
    const page = await open("#/now");
    const press = (key: string) => page.keyboard.press(key);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    await tabTo(page, "link", "Listeners");
    await press("Enter");
    await page.getByRole("link", { name: "Add listener" }).waitFor();
    await tabTo(page, "link", "Add listener");
    await press("Enter");
    await page.getByRole("heading", { name: "New listener" }).waitFor();
    await tabTo(page, "textbox", "Name");
    await page.keyboard.type("second");
    await tabTo(page, "textbox", "Addresses");
    await page.keyboard.type("192.0.2.1:2500");
    await tabTo(page, "button", "Review and save");
    await press("Enter");
    // Whether an address can be bound shows when it is.
    await page.getByRole("dialog").getByText("added").waitFor();
    await press("Enter");
    await page.locator(".field .error").first().waitFor();
    expect(await page.locator(".field", { hasText: "Addresses" }).locator(".error").first().textContent()).toMatch(
      /192\.0\.2\.1:2500.*(EADDRNOTAVAIL|address)/i,
    );
    await tabTo(page, "textbox", "Addresses");
    await press("Control+A");
    await page.keyboard.type("127.0.0.1:0");
    await tabTo(page, "button", "Review and save");
    await press("Enter");
    await page.getByRole("dialog").getByText("127.0.0.1:0").waitFor();
    expect(await violations(page)).toEqual([]);
    await press("Enter");
    await page.getByRole("link", { name: "second" }).waitFor();
    expect(await greeting(client("second"))).toMatch(/^220 /);
    expect(readFileSync(own.file, "utf8")).toContain("// Where mail comes in.");
  });

  it("shows every mistake of a save at its field", async () => {
    const page = await open("#/settings/x%3ANetworkListener/new");
    await page.getByLabel("Name", { exact: true }).fill("smtp");
    await page.getByLabel("Addresses").fill("nonsense");
    await page.getByRole("button", { name: "Review and save" }).click();
    await page.locator("#errors").waitFor();
    for (const label of ["Name", "Addresses"])
      await page.locator(".field", { hasText: label }).locator(".error").first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

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

  it("sorts connections by what a head of a column names, the longest first, and the other way round", async () => {
    const clients = [client("smtp"), client("smtp")];
    for (const socket of clients) expect(await greeting(socket)).toMatch(/^220 /);
    const [, second] = clients;
    second?.write("EHLO second.example\r\n");
    await once(second as Socket, "data");
    const page = await open("#/settings/x%3AConnection");
    const peers = () => page.getByRole("row", { name: /smtp/ }).locator("td:nth-child(2)").allInnerTexts();
    const [still, busy] = clients.map(({ localPort }) => `127.0.0.1:${localPort}`);
    await page.getByRole("button", { name: "Read" }).click();
    await page.locator('[aria-sort="descending"]', { hasText: "Read" }).waitFor();
    await expect.poll(peers).toEqual([busy, still]);
    await page.getByRole("button", { name: "Read" }).press("Enter");
    await page.locator('[aria-sort="ascending"]', { hasText: "Read" }).waitFor();
    await expect.poll(peers).toEqual([still, busy]);
    await page.setViewportSize({ width: 380, height: 800 });
    await page.getByLabel("Sort by").selectOption("Read ↓");
    await expect.poll(peers).toEqual([busy, still]);
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

  it("saves general settings, a certificate, a blocked and an allowed address, and an account", async () => {
    const save = async (page: Page, verb: string) => {
      await page.getByRole("button", { name: "Review and save" }).click();
      await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
      await page.getByText("Saved, and in force.").waitFor();
    };
    const general = await open("#/settings/x%3ASystemSettings");
    await general.getByLabel("Connections at most").fill("4321");
    await save(general, "Apply");

    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], { keySize: 2048 });
    const certificate = await open("#/settings/x%3ACertificate/new");
    await certificate.getByLabel("Certificate, kind").selectOption("Text");
    await certificate.getByLabel("Private key, kind").selectOption("Text");
    await certificate.locator("textarea").first().fill(cert);
    await certificate.locator("textarea").nth(1).fill(key);
    await save(certificate, "Add");

    for (const [view, address] of [
      ["x:BlockedIp", "192.0.2.0/24"],
      ["x:AllowedIp", "198.51.100.7"],
    ] as const) {
      const page = await open(`#/settings/${encodeURIComponent(view)}/new`);
      await page.getByLabel("Address or network").fill(address);
      await save(page, "Add");
    }

    const person = await open("#/settings/x%3AAccount/new");
    await person.getByLabel("Address", { exact: true }).fill("olga@example.com");
    await person.getByLabel("Password, kind").selectOption("Text");
    await person.locator("input[type=password], textarea").first().fill("a secret of hers");
    await save(person, "Add");

    const { configuration } = own.gatehouse;
    expect(configuration.system.maxConnections).toBe(4321);
    expect(configuration.certificates).toHaveLength(1);
    expect(configuration.blocked).toMatchObject([{ address: "192.0.2.0/24" }]);
    expect(configuration.allowed).toMatchObject([{ address: "198.51.100.7" }]);
    expect(configuration.accounts.map(({ address }) => address)).toContain("olga@example.com");
  });

  it("shows the history of documents, with what changed, and goes back to an earlier one", async () => {
    const taken = [{ name: "elsewhere", bind: ["203.0.113.1:0"] }];
    await own.gatehouse.reload({ NetworkListener: taken }).catch(() => {});
    const page = await open("#/now");
    const by = `account ${account.address}`;
    await page.getByText("The newest document is not in force.").getByText("203.0.113.1").waitFor();
    await page.getByRole("button", { name: /embedder.*rejected.*203\.0\.113\.1/ }).click();
    await page.locator(".opened .error").waitFor();
    const first = page.getByRole("button", { name: /start.*document 1/ });
    await first.click();
    const changes = own.gatehouse.generation;
    await page.getByRole("button", { name: /^Back to the document of/ }).click();
    await page.getByRole("dialog").getByText("second").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Go back" }).click();
    await page.getByText("The earlier document is in force again.").waitFor();
    await expect.poll(() => page.getByText("The newest document is not in force.").count()).toBe(0);
    expect(own.gatehouse.generation).toBe(changes + 1);
    expect(own.gatehouse.listeners().map(({ name }) => name)).not.toContain("second");
    const latest = page.getByRole("button", { name: new RegExp(`${by}.*in force.*document ${changes + 1}`) });
    await latest.click();
    await page.getByRole("group", { name: "Difference of the documents" }).getByText("maxConnections: 4321").waitFor();
  });

  const pages = [
    "#/now",
    "#/lifecycles",
    "#/ends",
    "#/explain/smtp/192.0.2.7/direct",
    "#/settings/x%3ANetworkListener",
    "#/settings/x%3ANetworkListener/edit/smtp",
    "#/settings/x%3ASystemSettings",
    "#/settings/x%3ACertificate",
    "#/settings/x%3ABlockedIp",
    "#/settings/x%3AAllowedIp",
    "#/settings/x%3AAccount",
    "#/settings/x%3AConnection",
  ];

  async function show(page: Page, hash: string): Promise<void> {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await expect.poll(() => page.locator("main").textContent()).not.toContain("Loading…");
  }

  it("has no page that axe complains of, light or dark, wide or at 380 pixels, where nothing stands over", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const width = colorScheme === "light" ? 1200 : 380;
      const page = await open("#/now", { width, colorScheme });
      for (const hash of pages) {
        await show(page, hash);
        expect([hash, colorScheme, await violations(page)]).toEqual([hash, colorScheme, []]);
        const widest = await page.evaluate("document.documentElement.scrollWidth");
        expect([hash, widest]).toEqual([hash, width]);
      }
    }
  });

  it("has asked nothing of anybody else, and no page has failed", () => {
    expect(own.complaints).toEqual([]);
  });
});
