import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import { runExample } from "./running-example.ts";

test("the backend example prints the message of a client that logs in after STARTTLS", async () => {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-example-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const backend = await runExample("backend.ts", data);
  const transport = createTransport({
    host: "127.0.0.1",
    port: backend.port,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: "anna@example.com", pass: "secret" },
  });

  const sent = await transport.sendMail({ from: "anna@example.com", to: "ben@example.com", text: "Hello" });
  expect(sent.response).toBe("250 2.0.0 Printed");
  expect(await backend.line()).toBe("from <anna@example.com> to ben@example.com:");

  const refused = transport.sendMail({ from: "anna@example.com", to: "ben@example.org", text: "Hello" });
  await expect(refused).rejects.toThrow("550 5.7.1 Only example.com is served here");
  expect(await backend.interrupt()).toBe(0);
});
