/** A Postfix that delivers by LMTP. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Answer, Backend, Envelope } from "../../src/index.ts";
import { type LmtpOptions, lmtp } from "../../src/protocols/lmtp/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { gone, rawClient } from "../runtime/raw-client.ts";
import { eightBitMessage, message, trickyLines } from "./messages.ts";
import { postfixRuns, startPostfix } from "./postfix.ts";

/** Postfix cuts lines that are longer than SMTP has them. */
const dots = message(trickyLines.filter((line) => line.length < 998));

interface Taken {
  readonly envelope: Envelope;
  readonly content: Buffer;
}

/** Mailboxes by their names: what the server answers for each after the message. */
class NamedMailboxes implements Backend {
  readonly taken: Taken[] = [];
  /** Answers for each recipient, once the message is there. */
  readonly answers = new Map<string, Answer>();

  recipient: Backend["recipient"] = async (_envelope, { address }) =>
    address.startsWith("nobody@") ? { code: 550, enhanced: "5.1.1", text: "No such user here" } : undefined;

  message: Backend["message"] = async ({ envelope, body }) => {
    this.taken.push({ envelope, content: await buffer(body) });
    return envelope.recipients.map(({ address }) => this.answers.get(address));
  };
}

async function serve(backend: Backend, options: Partial<LmtpOptions> = {}): Promise<RunningGatehouse> {
  const protocol = lmtp({ backend, ...options });
  return runGatehouse([{ name: "lmtp", protocol: "lmtp", bind: ["127.0.0.1:0"] }], { protocols: [protocol] });
}

/** What Postfix' log says of each recipient of the last delivery. */
function statuses(log: string): Record<string, string> {
  const lines = log.matchAll(/lmtp\[\d+\]: \w+: to=<([^>]*)>.* status=(\w+)/g);
  return Object.fromEntries([...lines].map(([, address, status]) => [address, status]));
}

/** Without the header fields that Postfix writes before those of the sender. */
function body(content: Buffer): string {
  const text = content.toString("latin1");
  return text.slice(text.indexOf("\r\n\r\n"));
}

describe.skipIf(!postfixRuns)("Postfix", () => {
  test("hears of each recipient what became of the message, and tries only those again that have to wait", async () => {
    const backend = new NamedMailboxes();
    backend.answers.set("full@example.com", { code: 452, enhanced: "4.2.2", text: "Mailbox full" });
    backend.answers.set("gone@example.com", { code: 550, enhanced: "5.2.1", text: "Mailbox disabled" });
    const house = await serve(backend);
    const postfix = await startPostfix(house.port("lmtp"));
    await postfix.submit(
      ["ann", "full", "gone", "nobody"].map((name) => `${name}@example.com`),
      dots,
    );
    for (const name of ["ann", "full", "gone"]) await postfix.logged(new RegExp(`to=<${name}@example\\.com>.*status=`));
    expect(statuses(await postfix.logged(/to=<nobody@example\.com>.*status=/))).toEqual({
      "ann@example.com": "sent",
      "full@example.com": "deferred",
      "gone@example.com": "bounced",
      "nobody@example.com": "bounced",
    });
    expect(backend.taken.map(({ envelope }) => envelope.recipients.map(({ address }) => address))).toEqual([
      ["ann@example.com", "full@example.com", "gone@example.com"],
    ]);
    expect(house.events).toContainEqual(expect.objectContaining({ type: "session.messageAccepted", recipients: 1 }));
    expect(house.events).toContainEqual(expect.objectContaining({ type: "session.messageRejected", code: 452 }));

    backend.answers.clear();
    await postfix.retry();
    await postfix.logged(/to=<full@example\.com>.*status=sent/);
    expect(backend.taken.map(({ envelope }) => envelope.recipients.length)).toEqual([3, 1]);
    expect(backend.taken.map(({ content }) => body(content) === body(dots))).toEqual([true, true]);
  });

  test("uses STARTTLS, 8BITMIME and the client's name in LHLO, and addresses with dots in any place", async () => {
    const backend = new NamedMailboxes();
    const house = await serve(backend);
    const postfix = await startPostfix(house.port("lmtp"), { lmtp_tls_security_level: "encrypt" });
    // As docomo has them, and a detail.
    const recipients = ["ann+lists", "a..b", ".a", "a."].map((name) => `${name}@example.com`);
    await postfix.submit(recipients, eightBitMessage);
    const log = await postfix.logged(/(to=<[^>]*>.*status=sent \(250 2\.0\.0 Ok: queued\)[\s\S]*){4}/);
    expect(Object.values(statuses(log))).toEqual(["sent", "sent", "sent", "sent"]);
    expect(backend.taken.flatMap(({ envelope }) => envelope.recipients.map(({ address }) => address)).sort()).toEqual([
      '".a"@example.com',
      '"a."@example.com',
      '"a..b"@example.com',
      "ann+lists@example.com",
    ]);
    expect(backend.taken).toMatchObject([
      {
        envelope: {
          protocol: "LMTP",
          helo: "relay.example.net",
          sender: "sender@example.org",
          body: "8BITMIME",
          connection: { tls: { version: "TLSv1.3" } },
        },
      },
    ]);
    expect(backend.taken.map(({ content }) => body(content))).toEqual([body(eightBitMessage)]);
  });

  test("keeps its message when the server has no room for the connection", async () => {
    const backend = new NamedMailboxes();
    const house = await serve(backend);
    const port = house.port("lmtp");
    await house.gatehouse.reload([
      { name: "lmtp", protocol: "lmtp", bind: [`127.0.0.1:${port}`], maxConnectionsPerAddress: 1 },
    ]);
    const first = await rawClient(port);
    await first.until("220 ");
    const postfix = await startPostfix(port);
    await postfix.submit(["ann@example.com"], dots);
    await postfix.logged(/to=<ann@example\.com>.*status=deferred.*421 4\.3\.2/);
    expect(backend.taken).toEqual([]);
    await gone(first);
  });

  test("delivers over a Unix socket that belongs to it, and nobody else's program may connect", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-lmtp-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755);
    const path = join(folder, "lmtp.sock");
    const backend = new NamedMailboxes();
    const file = { bind: [`unix:${path}`], socketMode: "0600", socketOwner: "postfix" };
    await runGatehouse([{ name: "lmtp", protocol: "lmtp", ...file }], { protocols: [lmtp({ backend })] });
    const postfix = await startPostfix(0, { virtual_transport: `lmtp:unix:${path}` });
    await postfix.submit(["ann@example.com"], dots);
    expect(statuses(await postfix.logged(/to=<ann@example\.com>.*status=/))).toEqual({ "ann@example.com": "sent" });
    expect(backend.taken.map(({ content }) => body(content))).toEqual([body(dots)]);
  });
});
