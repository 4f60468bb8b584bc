import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ConfigurationInput, http } from "../../src/index.ts";
import { replayRecording } from "../../src/inspect/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { hasChromium, newPage, violations } from "./chromium.ts";

const account = { address: "anna@example.com", password: "of the console" };

const smtp = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"] };
const management = { name: "management", protocol: "http", bind: ["127.0.0.1:0"] };
const document = {
  SystemSettings: { defaultHostname: "localhost" },
  Account: { [account.address]: { secret: { "@type": "Text", secret: account.password }, roles: ["admin"] } },
  NetworkListener: [smtp, management],
} satisfies ConfigurationInput;

describe.skipIf(!hasChromium)("The console in Chromium", () => {
  async function open({ width = 1200, path = "" } = {}) {
    const protocols =
      path === "" ? [] : [http({ fetch: () => new Response(null, { status: 404 }), management: { path } })];
    const running = await runGatehouse(document, { protocols });
    const page = await newPage({ width });
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 40[14]/.test(message.text())) complaints.push(message.text());
    });
    const url = `http://127.0.0.1:${running.port("management")}${path}/console/`;
    await page.goto(url);
    return { running, page, url, complaints };
  }

  async function logIn(page: Page, password: string = account.password) {
    await page.getByLabel("Account").fill(account.address);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
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
    await page.getByRole("option", { name: new RegExp(`127.0.0.1:${client.localPort}`) }).waitFor();
    await page.locator("svg .state.taken text", { hasText: /^start 1$/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    client.write("EHLO client.example\r\n");
    await page.getByRole("link", { name: /^start 0$/ }).waitFor();
    client.destroy();

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Password").waitFor();
    expect(complaints).toEqual([]);
  });

  it("comes over HTTP/2 and TLS, with the live feeds of many pages and all their requests on one connection", async () => {
    const running = await runGatehouse({ ...document, NetworkListener: [smtp, { ...management, tlsImplicit: true }] });
    const url = `https://localhost:${running.port("management")}/console/`;
    const first = await newPage();
    await first.goto(url);
    await logIn(first);
    await first.getByRole("row", { name: /smtp.*listening/ }).waitFor();

    // Each page has a feed that never ends: by HTTP/1.1, a browser would open six connections and let the others wait.
    const further = await Promise.all(Array.from({ length: 9 }, () => first.context().newPage()));
    await Promise.all(further.map((page) => page.goto(url)));
    const pages = [first, ...further];
    for (const page of pages) await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    const client = connect(running.port("smtp"), "127.0.0.1");
    await once(client, "data");
    for (const page of pages) await page.getByRole("row", { name: /smtp.*1 of/ }).waitFor();
    client.destroy();
    for (const page of pages) await page.getByRole("row", { name: /smtp.*0 of/ }).waitFor();

    // Many at once, beside the feeds.
    const statuses = await first.evaluate(
      "Promise.all(Array.from({ length: 60 }, async () => (await fetch('/jmap/session')).status))",
    );
    expect(new Set(statuses as number[])).toEqual(new Set([200]));
    for (const page of pages) {
      const protocols = await page.evaluate(
        "performance.getEntries().flatMap(({ nextHopProtocol }) => nextHopProtocol ?? [])",
      );
      expect(new Set(protocols as string[])).toEqual(new Set(["h2"]));
    }
    const open = running.gatehouse.connections({ listener: "management", state: "active" });
    expect(open.map(({ tls }) => tls?.alpn)).toEqual(["h2"]);
  });

  it("can be used at 380 pixels, below a path of an app, and says when the server has gone", async () => {
    const { running, page, complaints } = await open({ width: 380, path: "/admin" });
    expect(await violations(page)).toEqual([]);
    await logIn(page);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
    await page.getByRole("link", { name: "Lifecycles" }).click();
    await page.locator("svg .state").first().waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await running.gatehouse.stop({ wait: false });
    await page.getByRole("alert").getByText("connection to the server is lost").waitFor();
  });

  it("shows a client's states as they go by, step by step, and saves what a replay reads", async () => {
    const { running, page, url, complaints } = await open();
    await logIn(page);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    await page.goto(`${url}#/lifecycles/connection`);
    await page.getByRole("button", { name: "The next one" }).click();
    await page.getByRole("heading", { name: "The next connection" }).waitFor();
    // A client that comes before the server looks out for it is not the next one.
    await page.getByText("Waiting.").waitFor();

    const client = connect(running.port("smtp"), "127.0.0.1");
    await once(client, "data");
    await page.getByText("Connected.").waitFor();
    await page.getByRole("link", { name: /^active \d/ }).click();
    await page.getByRole("option", { name: new RegExp(`127.0.0.1:${client.localPort}`) }).click();
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    // Both are watched before it goes.
    await page.getByText("Connected.").nth(1).waitFor({ timeout: 10_000 });
    await Promise.all([
      page.getByText("Ended: quit.").nth(1).waitFor(),
      // What flows by, beside the drawing and on it, is there for a moment.
      page.getByRole("listitem").filter({ hasText: "active → clos" }).first().waitFor(),
      page.locator(".edge.flowing text.flow", { hasText: "/s" }).first().waitFor(),
      client.write("EHLO client.example\r\nQUIT\r\n"),
    ]);
    expect(await violations(page)).toEqual([]);

    const pane = page.locator(".trace").first();
    const step = pane.getByRole("option", { selected: true });
    await step.filter({ hasText: "closed" }).waitFor();
    await pane.getByRole("slider").focus();
    await page.keyboard.press("Home");
    await step.filter({ hasText: "start → accepted" }).waitFor();
    await pane.locator(".state.taken", { hasText: "accepted" }).waitFor();
    await pane.getByRole("button", { name: "One step on" }).click();
    await pane.getByText("2 of", { exact: false }).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      pane.getByRole("button", { name: "Save recording" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trimEnd()
      .split("\n");
    const replay = await replayRecording(lines);
    expect(replay).toMatchObject({ differences: 0, actors: [{ chart: "connection" }, { chart: "smtp" }] });

    const other = connect(running.port("smtp"), "127.0.0.1");
    await once(other, "data");
    await page.getByRole("option", { name: new RegExp(`127.0.0.1:${other.localPort}`) }).click();
    await page.getByRole("button", { name: "Explain", exact: true }).click();
    await page.getByText("127.0.0.1 on smtp: It is served.").waitFor();
    other.destroy();
    expect(complaints).toEqual([]);
  });

  it("says when the connection to the server is lost, makes it again, and shows what has changed meanwhile", async () => {
    const { running, page, url } = await open();
    const way = await breakable(running.port("management"));
    await page.goto(url.replace(/:\d+/, `:${way.port}`));
    await logIn(page);
    await page.getByRole("row", { name: /smtp.*listening/ }).waitFor();
    way.cut();
    await page.getByRole("alert").getByText("connection to the server is lost").waitFor();
    await running.gatehouse.suspend("smtp");
    way.mend();
    await page.getByRole("row", { name: /smtp.*paused/ }).waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
    // Another server knows nobody who had logged in before.
    const port = running.port("management");
    await running.gatehouse.stop({ wait: false });
    await page.getByRole("alert").getByText("connection to the server is lost").waitFor();
    const management = { name: "management", protocol: "http", bind: [`127.0.0.1:${port}`] };
    await runGatehouse({ ...document, NetworkListener: [management] } as ConfigurationInput & object);
    await page.getByLabel("Password").waitFor();
    await logIn(page);
    await page.getByRole("row", { name: /management.*listening/ }).waitFor();
  });
});

/** A way to a port of loopback that can be cut. */
async function breakable(to: number) {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const inner = connect(to, "127.0.0.1");
    for (const socket of [client, inner]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        inner.destroy();
      });
    }
    client.pipe(inner).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => {
      isCut = false;
    },
  };
}
