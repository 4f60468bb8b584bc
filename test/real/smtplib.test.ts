/** Python's smtplib, driven by `smtplib_client.py`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { ann, bob, type MailServer, sharedMailServer, startMailServer, type TlsMode, tlsModes } from "./mail-server.ts";
import { eightBitMessage, fourMegabytes, message, messageOf, trickyMessage } from "./messages.ts";
import { installed, python, run } from "./programs.ts";
import { tapWire } from "./wire-tap.ts";

const mailServer = sharedMailServer();

const program = fileURLToPath(new URL("./smtplib_client.py", import.meta.url));

interface Job {
  readonly tls?: TlsMode;
  /** Instead of the server's own. */
  readonly port?: number;
  readonly sender?: string;
  readonly recipients?: readonly string[];
  readonly content?: Buffer;
  readonly login?: {
    readonly username: string;
    readonly password: string;
    readonly mechanism?: string;
    readonly initialResponse?: boolean;
  };
  readonly mailOptions?: readonly string[];
  readonly rcptOptions?: readonly string[];
  readonly chunks?: readonly number[];
  readonly pipelined?: boolean;
}

interface Outcome {
  readonly features?: Readonly<Record<string, string>>;
  readonly refused?: Readonly<Record<string, number>>;
  readonly codes?: readonly number[];
  readonly error?: string;
  readonly code?: number;
  readonly text?: string;
}

/** Carries the jobs out one after the other, in one process. */
async function sendAll(server: MailServer, jobs: readonly Job[]): Promise<Outcome[]> {
  const folder = temporaryDirectory();
  const written = jobs.map(async ({ content = trickyMessage, tls = "clear", ...job }, number) => {
    const file = join(folder, String(number));
    await writeFile(file, content);
    const defaults = { port: server.portFor(tls), sender: ann.address, recipients: [bob.address] };
    return { ...defaults, ...job, tls, file, certificate: server.certificateFile };
  });
  const input = JSON.stringify(await Promise.all(written));
  const { code, stdout, stderr } = await run(python(), [program], { input });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Outcome[];
}

async function send(server: MailServer, job: Job): Promise<Outcome> {
  const [outcome = {}] = await sendAll(server, [job]);
  return outcome;
}

const login = { username: ann.address, password: ann.password };

describe.skipIf(!installed("python3"))("Python's smtplib", () => {
  test.each(tlsModes)("sends byte for byte, with and without AUTH: %s", async (tls) => {
    const server = await (tls === "clear" ? startMailServer({ smtp: { authWithoutTls: true } }) : mailServer());
    const logins = [
      undefined,
      { ...login, mechanism: "PLAIN" },
      { ...login, mechanism: "PLAIN", initialResponse: false },
      { ...login, mechanism: "LOGIN" },
      { ...login, mechanism: "LOGIN", initialResponse: false },
      login,
    ];
    const outcomes = await sendAll(
      server,
      logins.map((given) => (given ? { tls, login: given } : { tls })),
    );
    expect(outcomes).toMatchObject(logins.map(() => ({ refused: {} })));
    const received = await server.received();
    expect(received.map(({ content }) => content.equals(trickyMessage))).toEqual(logins.map(() => true));
    expect(received.map(({ authenticatedAs }) => authenticatedAs)).toEqual(
      logins.map((given) => given?.username ?? null),
    );
    expect(received[0]).toMatchObject({ sender: ann.address, recipient: bob.address, receivedFrom: "127.0.0.1" });
    expect(new Set(received.map((stored) => stored.tls)).size).toBe(1);
    if (tls === "clear") expect(received[0]?.tls).toBeNull();
    else expect(received[0]?.tls).toMatch(/^TLSv1\.3 TLS_/);
  });

  test("is not offered AUTH in clear, and is refused when it tries", async () => {
    const server = await mailServer();
    const [clear, secured, insisting] = await sendAll(server, [
      {},
      { tls: "STARTTLS" },
      { login: { ...login, mechanism: "PLAIN" } },
    ]);
    expect(clear?.features).not.toHaveProperty("auth");
    expect(secured?.features).toMatchObject({ auth: " PLAIN LOGIN" });
    expect(insisting).toMatchObject({ error: "SMTPAuthenticationError", code: 538 });
    expect(server.events.some(({ type }) => type === "session.authenticated")).toBe(false);
  });

  test("is told of a wrong password", async () => {
    const server = await startMailServer();
    const outcome = await send(server, { tls: "STARTTLS", login: { ...login, password: "Wonderland" } });
    expect(outcome).toMatchObject({ error: "SMTPAuthenticationError", code: 535 });
    expect(await server.received()).toEqual([]);
  });

  test("is refused unknown users, foreign domains, and senders that are not the login's", async () => {
    const server = await mailServer();
    const refused = { "nobody@example.com": 550, "someone@example.net": 550 };
    const outcomes = await sendAll(server, [
      { recipients: Object.keys(refused) },
      { tls: "STARTTLS", login, recipients: ["someone@example.net"] },
      { tls: "STARTTLS", login, sender: "eve@example.com" },
    ]);
    expect(outcomes).toMatchObject([
      { error: "SMTPRecipientsRefused", refused },
      { error: "SMTPRecipientsRefused", refused: { "someone@example.net": 550 } },
      { error: "SMTPSenderRefused", code: 550 },
    ]);
    expect(await server.received()).toEqual([]);
  });

  test("sends 4 MB byte for byte under STARTTLS", async () => {
    const server = await mailServer();
    const content = messageOf(fourMegabytes);
    await send(server, { tls: "STARTTLS", login, content });
    const [stored] = await server.received();
    expect(stored?.size).toBe(content.length);
    expect(stored?.content.equals(content)).toBe(true);
  });

  test("reaches 1,000 recipients, and is refused the one after that for now", async () => {
    const addresses = Array.from({ length: 1001 }, (_, number) => `user${number}@example.com`);
    const server = await startMailServer({ addresses });
    expect(await send(server, { recipients: addresses })).toMatchObject({ refused: { "user1000@example.com": 452 } });
    const received = await server.received();
    expect(received.map(({ account }) => account)).toEqual(addresses.slice(0, 1000));
    expect(received.every(({ content }) => content.equals(trickyMessage))).toBe(true);
  });

  test("sends to and from internationalized addresses by SMTPUTF8", async () => {
    const server = await startMailServer({ addresses: ["jürgen@bücher.example"], smtp: {} });
    const job = { sender: "анна@example.com", recipients: ["jürgen@bücher.example"], content: eightBitMessage };
    await send(server, { ...job, mailOptions: ["SMTPUTF8", "BODY=8BITMIME"] });
    const [stored] = await server.received();
    expect(stored).toMatchObject({ sender: job.sender, recipient: job.recipients[0] });
    expect(stored?.account).toBe("jürgen@xn--bcher-kva.example");
    expect(stored?.content.equals(eightBitMessage)).toBe(true);
    expect(server.envelopes).toMatchObject([{ smtpUtf8: true, body: "8BITMIME" }]);
  });

  test("passes the parameters of SIZE and DSN on to the backend", async () => {
    const server = await startMailServer({ smtp: {} });
    await send(server, {
      mailOptions: ["RET=HDRS", "ENVID=batch+2B1"],
      rcptOptions: ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;b.o+2Bb@example.com"],
    });
    expect(server.envelopes).toMatchObject([
      {
        size: trickyMessage.length,
        dsn: { ret: "HDRS", envid: "batch+1" },
        recipients: [{ notify: ["SUCCESS", "DELAY"], orcpt: "rfc822;b.o+b@example.com" }],
      },
    ]);
  });

  test("sends the whole envelope in one write, and QUIT right behind the message", async () => {
    const server = await mailServer();
    const outcome = await send(server, { tls: "implicit", pipelined: true, recipients: [ann.address, bob.address] });
    expect(outcome.codes).toEqual([250, 250, 250, 354, 250, 221]);
    const received = await server.received();
    expect(received.map(({ account }) => account)).toEqual([ann.address, bob.address]);
    expect(received.every(({ content }) => content.equals(trickyMessage))).toBe(true);
  });

  test.each([
    ["one after the other", false],
    ["all at once", true],
  ])("sends chunks by BDAT, %s, byte for byte and without dot-stuffing", async (_, pipelined) => {
    const server = await mailServer();
    const content = Buffer.concat([trickyMessage, messageOf(300_000)]);
    const job = { chunks: [0, 1, 700, 150_000], pipelined, content };
    const outcomes = await sendAll(
      server,
      tlsModes.map((tls) => ({ ...job, tls })),
    );
    expect(outcomes.map(({ codes }) => codes)).toEqual(tlsModes.map(() => Array(7).fill(250)));
    const received = await server.received();
    expect(received.map((stored) => stored.content.equals(content))).toEqual([true, true, true]);
  });

  test.each([
    ["empty", Buffer.alloc(0)],
    ["one dot", Buffer.from(".")],
    ["no line end at the end", Buffer.from("Subject: x\r\n\r\nno end")],
    ["only line ends", Buffer.from("\r\n\r\n")],
  ])("has stored what it put on the wire: %s", async (_, content) => {
    const server = await mailServer();
    const tap = await tapWire(server.portFor("clear"));
    expect(await send(server, { port: tap.port, content })).toMatchObject({ refused: {} });
    const [stored] = await server.received();
    expect(tap.contents()).toEqual([stored?.content]);
    const ended = content.subarray(-2).equals(Buffer.from("\r\n"));
    expect(stored?.content).toEqual(ended ? content : Buffer.concat([content, Buffer.from("\r\n")]));
  });

  test("is refused a message with a bare LF, which could hide a second message", async () => {
    const server = await mailServer();
    const content = Buffer.concat([message(["one"]), Buffer.from("\n.\nMAIL FROM:<eve@example.net>\n")]);
    expect(await send(server, { content })).toMatchObject({ error: "SMTPDataError", code: 550 });
    expect(await server.received()).toEqual([]);
  });
});
