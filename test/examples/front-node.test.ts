import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import { runGatehouse } from "../running-gatehouse.ts";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { runExample } from "./running-example.ts";

test.skipIf(!hasRedis)("two front nodes give their mail to one mailbox node, and answer what it says", async () => {
  const engine = await RedisServer.start();
  onTestFinished(() => engine.stop());
  await engine.settled("gatehouse");
  const mailbox = await runGatehouse({
    NetworkListener: [{ name: "lmtp", protocol: "lmtp", bind: ["127.0.0.1:0"] }],
    Account: { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } },
  });
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-example-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const fronts = await Promise.all(
    ["front-1", "front-2"].map((node) =>
      runExample("front-node.ts", join(folder, node), node, String(mailbox.port("lmtp")), engine.url),
    ),
  );
  for (const { port } of fronts) {
    const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
    const sent = await transport.sendMail({ from: "ben@example.org", to: "ann@example.com", text: "Hello" });
    expect(sent.response).toMatch(/^250 2\.\d\.\d /);
    const refused = transport.sendMail({ from: "ben@example.org", to: "nobody@example.com", text: "Hello" });
    await expect(refused).rejects.toThrow(/550 5\.1\.1 /);
  }
  expect(mailbox.events.filter(({ type }) => type === "session.messageAccepted")).toHaveLength(2);
  for (const front of fronts) expect(await front.interrupt()).toBe(0);
});
