/** What an inspector gets while passwords, keys and mail go through the server: none of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { expect, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { close, type SessionProtocol } from "../../src/index.ts";
import { type InspectorOptions, openRecording, type PresentedEvent, startInspector } from "../../src/inspect/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { plainSession } from "../plain-session.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { openPage } from "./inspector-page.ts";

const user = "anna@example.com";
const pass = "correct-horse-battery";
const subject = "Subject-that-nobody-else-reads";
const recipient = "berta@example.com";

const watched = [
  "credentials.given",
  "login.succeeded",
  "login.failed",
  "tls.secured",
  "content.ended",
  "message.answered",
  "heard",
  "document.arrived",
  "0.reload.rollingBack",
];

/** Spells a secret as it is, and as base64 has it within a longer text. */
function spellings(secret: string): string[] {
  const shifted = [0, 1, 2].map((shift) => Buffer.from(" ".repeat(shift) + secret).toString("base64"));
  return [secret, ...shifted.map((text) => text.slice(4, -4))];
}

/** A protocol that hands all it gets to its machine. */
const careless: SessionProtocol = {
  kind: "session",
  name: "careless",
  startTls: false,
  busy: () => "busy\r\n",
  open: (wire) => {
    const chart = createMachine({
      id: "careless",
      context: { heard: "" },
      initial: "a",
      states: { a: { on: { heard: "b" } }, b: {} },
    });
    const actor = createActor(chart, { id: wire.id, inspect: wire.inspect }).start();
    return plainSession({
      receive: (chunk) => {
        actor.send({ type: "heard", text: Buffer.from(chunk).toString() } as never);
        return close("quit");
      },
      ended: () => close("quit"),
    });
  },
};

async function inspected(options: InspectorOptions) {
  const inspector = await startInspector(options);
  const page = await openPage(inspector.url);
  return { inspector, page };
}

test("AUTH, STARTTLS, a delivery and reloads leave no secret in what pages, recordings and observers get", async () => {
  const file = join(temporaryDirectory(), "recording.jsonl");
  const seen: PresentedEvent[] = [];
  const recording = await openRecording(file);
  const { inspector, page } = await inspected({ also: [recording.observer, (event) => void seen.push(event)] });
  const pair = await issue({ names: ["localhost"] });
  const other = await issue({ names: ["localhost"] });
  const text = (value: string) => ({ "@type": "Text", value }) as const;
  const document = ({ certificate, privateKey }: typeof pair) => ({
    SystemSettings: { defaultHostname: "localhost" },
    Account: {
      [user]: { secret: { "@type": "Text" as const, secret: pass } },
      [recipient]: { secret: { "@type": "Text" as const, secret: pass } },
    },
    Certificate: { main: { certificate: text(certificate), privateKey: text(privateKey) } },
    NetworkListener: [
      { name: "submission", bind: ["127.0.0.1:0"] },
      { name: "careless", protocol: "careless", bind: ["127.0.0.1:0"] },
    ],
  });
  const { gatehouse, port, event } = await runGatehouse(document(pair), {
    inspect: inspector.inspect,
    protocols: [careless],
  });

  const transport = (password: string) =>
    createTransport({
      host: "127.0.0.1",
      port: port("submission"),
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user, pass: password },
    });
  await transport(pass).sendMail({ from: user, to: recipient, subject, text: "Body-that-nobody-else-reads" });
  await expect(
    transport(`wrong-${pass}`).sendMail({ from: user, to: recipient, subject, text: "x" }),
  ).rejects.toThrow();
  const client = await rawClient(port("careless"));
  client.socket.write(pass);
  await event("connection.closed", ({ connection }) => connection.listener === "careless");
  await gatehouse.reload(document(other));
  await expect(gatehouse.reload(document({ ...other, privateKey: pair.privateKey }))).rejects.toThrow();
  await gatehouse.stop();
  await page.until(
    ({ type, snapshot, sessionId }) =>
      type === "@xstate.snapshot" && sessionId === seen[0]?.rootId && snapshot?.status === "done",
  );
  await inspector.close();
  await recording.close();

  const recorded = await readFile(file, "utf8");
  const presented = JSON.stringify(
    seen.map((one) => ({ ...one, definition: one.actorRef.logic.config, at: one.actorRef.getSnapshot() })),
  );
  const keys = [pair, other].flatMap(({ privateKey }) => privateKey.split("\n").filter((line) => line.length > 20));
  const secrets = [...[user, recipient, pass, subject, "Body-that-nobody-else-reads"].flatMap(spellings), ...keys];
  for (const got of [page.text(), recorded, presented]) {
    // It was all watched.
    expect(watched.filter((type) => !got.includes(type))).toEqual([]);
    expect(secrets.filter((secret) => got.includes(secret))).toEqual([]);
    expect(got.includes("PRIVATE KEY")).toBe(false);
  }
});
