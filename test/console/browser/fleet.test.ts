import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasChromium, violations } from "../../real/chromium.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { hasRedis, RedisServer } from "../../runtime/fleet/redis-server.ts";
import { bye, come } from "../../runtime/workers/clients.ts";
import { type OwnConsole, ownConsole } from "./own-browser.ts";

describe.skipIf(!hasChromium || !hasRedis)("The console of a node", () => {
  let engine: RedisServer;
  let own: OwnConsole;
  let others: LastingGatehouse[] = [];
  beforeAll(async () => {
    engine = await RedisServer.start();
    await engine.settled("console");
    const cluster = { url: engine.url, keyPrefix: "console", leaseTime: "3s" };
    const system = { maxConnections: 50, drainTimeout: "1s", cluster };
    own = await ownConsole({ system, node: "front-1" });
    others = await Promise.all(
      ["front-2", "front-3"].map((node) =>
        lastingGatehouse(
          {
            SystemSettings: system,
            NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
          } as never,
          { node, backend: {} },
        ),
      ),
    );
  });
  afterAll(async () => {
    await own.close();
    await Promise.all(others.map((node) => node.end()));
    await engine.stop();
  });

  it.each([1200, 380])("shows all nodes of its fleet, whose connections add up (%i pixels)", async (width) => {
    const inside = await Promise.all([own, ...others].map((node) => come(node.port("smtp"))));
    const page = await own.open("#/now", { width });
    onTestFinished(() => page.close());
    const table = page.getByRole("table", { name: "Nodes of the fleet" });
    await table.getByRole("row", { name: /front-1 this one.*running/ }).waitFor();
    for (const name of ["front-2", "front-3"])
      await table.getByRole("row", { name: new RegExp(`${name}.*running`) }).waitFor();
    const sum = async (): Promise<boolean> => {
      const cells = await table.getByRole("row").locator("td:nth-child(3)").allInnerTexts();
      const [all = 0, ...each] = cells.map((text) => Number.parseInt(text, 10)).reverse();
      return each.length === 3 && all === each.reduce((one, other) => one + other, 0);
    };
    await expect.poll(sum).toBe(true);
    await table.getByRole("row", { name: /All 3 nodes.* of 50/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    const pictures = process.env["GATEHOUSE_PICTURES"];
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/now-fleet-${width}.png`, fullPage: true });
    }
    await Promise.all(inside.map(bye));
    expect(own.complaints).toEqual([]);
  });

  it("drains a node, when that is confirmed, and has nothing to drain of one that does already", async () => {
    const [, third] = others as [LastingGatehouse, LastingGatehouse];
    const guest = await come(third.port("smtp"));
    const page = await own.open("#/now", { width: 1200 });
    onTestFinished(() => page.close());
    const table = page.getByRole("table", { name: "Nodes of the fleet" });
    const button = table.getByRole("button", { name: "Drain front-3" });
    await button.click();
    const question = page.getByRole("dialog", { name: "Drain front-3?" });
    await question.getByText("its process ends with its last session").waitFor();
    const pictures = process.env["GATEHOUSE_PICTURES"];
    if (pictures) {
      await page.screenshot({ path: `${pictures}/now-drain-1200.png` });
      await page.setViewportSize({ width: 380, height: 800 });
      await page.screenshot({ path: `${pictures}/now-drain-380.png` });
      await page.setViewportSize({ width: 1200, height: 800 });
    }
    expect(await violations(page)).toEqual([]);
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(third.gatehouse.state).toBe("running");
    await button.click();
    await question.getByRole("button", { name: "Drain" }).click();
    await page.getByText("front-3 drains: its process ends with its last session.").waitFor();
    expect(await third.event("fleet.draining")).toMatchObject({ by: "front-1" });
    await third.event("server.stopped");
    await guest.over;
    expect(own.complaints).toEqual([]);
  });
});
