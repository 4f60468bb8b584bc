/** swaks, the Swiss Army Knife for SMTP. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { ann, bob, type MailServer, sharedMailServer, startMailServer, type TlsMode, tlsModes } from "./mail-server.ts";
import { dotStuffed, eightBitMessage, fourMegabytes, messageOf, trickyMessage } from "./messages.ts";
import { installed, type Outcome, run } from "./programs.ts";
import { tapWire } from "./wire-tap.ts";

const mailServer = sharedMailServer();

interface Delivery {
  readonly tls?: TlsMode;
  /** Instead of the server's own. */
  readonly port?: number;
  readonly recipients?: readonly string[];
  /** Sent as it stands, instead of the arguments' data. */
  readonly content?: Buffer;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** Exit statuses of swaks. */
const exits = { ok: 0, recipients: 24, data: 26, authentication: 28, tls: 29 } as const;

const security = { clear: [], STARTTLS: ["--tls"], implicit: ["--tls-on-connect"] } as const;

/** Sends one message; the dialogue is in stdout. */
async function send(server: MailServer, delivery: Delivery): Promise<Outcome> {
  const { tls = "clear", port = server.portFor(tls), recipients = [bob.address], content, args = [] } = delivery;
  const file = join(temporaryDirectory(), "message");
  // Without fix-up swaks leaves dot-stuffing to us as well; it adds the line end of the last line.
  const raw = content ? ["--no-data-fixup", "--data", `@${file}`] : [];
  if (content) await writeFile(file, Buffer.concat([dotStuffed(content), Buffer.from(".")]));
  const trust = tls === "clear" ? [] : ["--tls-verify", "--tls-ca-path", server.certificateFile];
  const to = ["--server", "127.0.0.1", "--port", String(port), "--from", ann.address, "--to", recipients.join(",")];
  const rest = ["--suppress-data", ...security[tls], ...trust, ...raw, ...args];
  return run("swaks", [...to, ...rest], { env: { HOME: temporaryDirectory() } });
}

function login(mechanism: string, password: string = ann.password): string[] {
  return ["--auth", mechanism, "--auth-user", ann.address, "--auth-password", password];
}

describe.skipIf(!installed("swaks"))("swaks", () => {
  test.each(tlsModes)("sends byte for byte, with and without AUTH: %s", async (tls) => {
    const server = await (tls === "clear" ? startMailServer({ smtp: { authWithoutTls: true } }) : mailServer());
    for (const args of [[], login("PLAIN"), login("LOGIN")]) {
      expect(await send(server, { tls, content: trickyMessage, args })).toMatchObject({ code: exits.ok });
    }
    const received = await server.received();
    expect(received.map(({ content }) => content.equals(trickyMessage))).toEqual([true, true, true]);
    expect(received.map(({ authenticatedAs }) => authenticatedAs)).toEqual([null, ann.address, ann.address]);
    for (const stored of received) {
      if (tls === "clear") expect(stored.tls).toBeNull();
      else expect(stored.tls).toMatch(/^TLSv1\.3 TLS_/);
    }
  });

  test("is offered no AUTH in clear and gives up", async () => {
    const server = await mailServer();
    const { code, stdout } = await send(server, { args: login("PLAIN") });
    expect(code).toBe(exits.authentication);
    expect(stdout).not.toContain("250-AUTH");
    expect(await server.received()).toEqual([]);
  });

  test.each(["PLAIN", "LOGIN"])("is told of a wrong password by AUTH %s", async (mechanism) => {
    const server = await startMailServer();
    const { code, stdout } = await send(server, { tls: "STARTTLS", args: login(mechanism, "Wonderland") });
    expect(code).toBe(exits.authentication);
    expect(stdout).toContain("535 5.7.8 ");
  });

  test("is refused unknown users and foreign domains, logged in or not", async () => {
    const server = await mailServer();
    const unknown = await send(server, { recipients: ["nobody@example.com"] });
    expect(unknown).toMatchObject({ code: exits.recipients, stdout: expect.stringContaining(" 550 5.1.1 ") });
    const relay = await send(server, { recipients: ["someone@example.net"] });
    expect(relay).toMatchObject({ code: exits.recipients, stdout: expect.stringContaining(" 550 5.7.1 ") });
    const args = login("PLAIN");
    const submission = await send(server, { tls: "implicit", recipients: ["someone@example.net"], args });
    expect(submission).toMatchObject({ code: exits.recipients, stdout: expect.stringContaining(" 550 5.7.1 ") });
    expect(await server.received()).toEqual([]);
  });

  test.each(tlsModes)("sends by PIPELINING to those recipients that are taken: %s", async (tls) => {
    const server = await mailServer();
    const recipients = [bob.address, "nobody@example.com", ann.address];
    const delivery = { tls, recipients, content: trickyMessage, args: ["--pipeline"] };
    expect(await send(server, delivery)).toMatchObject({ code: exits.ok });
    const received = await server.received();
    expect(received.map(({ account }) => account)).toEqual([bob.address, ann.address]);
    expect(received.every(({ content }) => content.equals(trickyMessage))).toBe(true);
  });

  test("sends 4 MB byte for byte under STARTTLS", async () => {
    const server = await mailServer();
    const content = messageOf(fourMegabytes);
    expect(await send(server, { tls: "STARTTLS", content })).toMatchObject({ code: exits.ok });
    const [stored] = await server.received();
    expect(stored?.size).toBe(content.length);
    expect(stored?.content.equals(content)).toBe(true);
  });

  test.each([
    ["one by one", []],
    ["by PIPELINING", ["--pipeline"]],
  ])("reaches 1,000 recipients %s, and is refused the one after that for now", async (_, args) => {
    const recipients = Array.from({ length: 1001 }, (_, number) => `user${number}@example.com`);
    const server = await startMailServer({ addresses: recipients });
    const { code, stdout } = await send(server, { recipients, content: trickyMessage, args });
    expect(code).toBe(exits.ok);
    expect(stdout.match(/ 452 4\.5\.3 /g)).toHaveLength(1);
    const received = await server.received();
    expect(received.map(({ account }) => account)).toEqual(recipients.slice(0, 1000));
    expect(received.every(({ content }) => content.equals(trickyMessage))).toBe(true);
  });

  test("sends octets above 127 unchanged, although it cannot announce 8BITMIME", async () => {
    const server = await mailServer();
    expect(await send(server, { content: eightBitMessage })).toMatchObject({ code: exits.ok });
    const [stored] = await server.received();
    expect(stored?.content.equals(eightBitMessage)).toBe(true);
  });

  test.each([
    ["its own message", []],
    ["leading dots", ["--data", "Subject: x\\n\\n.\\n..\\n.dot\\n"]],
    ["no line end at the end", ["--data", "Subject: x\\n\\nno end"]],
    ["no body", ["--data", "Subject: x\\n"]],
    ["an attachment", ["--attach", "a\\nb"]],
  ])("has stored what it put on the wire: %s", async (_, args) => {
    const server = await mailServer();
    const tap = await tapWire(server.portFor("clear"));
    expect(await send(server, { port: tap.port, args })).toMatchObject({ code: exits.ok });
    const [stored] = await server.received();
    expect(stored?.size).toBeGreaterThan(0);
    expect(tap.contents()).toEqual([stored?.content]);
  });

  test("speaks HELO only, when told to, and sends all the same", async () => {
    const server = await mailServer();
    const args = ["--protocol", "SMTP", "--helo", "old.example.org"];
    const { code, stdout } = await send(server, { content: trickyMessage, args });
    expect(code).toBe(exits.ok);
    expect(stdout).toContain(" -> HELO old.example.org");
    expect((await server.received()).map(({ helo }) => helo)).toEqual(["old.example.org"]);
  });

  test("is refused a message with bare line feeds", async () => {
    const server = await mailServer();
    const outcome = await send(server, { content: Buffer.from("Subject: x\n\nend\r\n") });
    expect(outcome).toMatchObject({ code: exits.data, stdout: expect.stringContaining(" 550 5.6.11 ") });
    expect(await server.received()).toEqual([]);
  });
});
