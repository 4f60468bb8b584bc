import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { ann, bob, type MailServer, sharedMailServer, startMailServer, type TlsMode, tlsModes } from "./mail-server.ts";
import { eightBitMessage, messageOf, trickyMessage, twentyMegabytes } from "./messages.ts";
import { installed, type Outcome, run } from "./programs.ts";
import { tapWire } from "./wire-tap.ts";

const mailServer = sharedMailServer();

interface Delivery {
  readonly tls?: TlsMode;
  /** Instead of the server's own. */
  readonly port?: number;
  readonly sender?: string;
  readonly recipients?: readonly string[];
  readonly content?: Buffer;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** curl's exit statuses, by their names in libcurl. */
const exits = { ok: 0, sendError: 55, loginDenied: 67 } as const;

/** Sends a file, whose size curl announces. What curl said is in stderr, the dialogue with it. */
async function send(server: MailServer, delivery: Delivery): Promise<Outcome> {
  const { tls = "clear", port = server.portFor(tls), content = trickyMessage, args = [] } = delivery;
  const { sender = ann.address, recipients = [bob.address] } = delivery;
  const file = join(temporaryDirectory(), "message");
  await writeFile(file, content);
  const url = `${tls === "implicit" ? "smtps" : "smtp"}://127.0.0.1:${port}/client.example.org`;
  const security = tls === "STARTTLS" ? ["--ssl-reqd"] : [];
  const envelope = ["--mail-from", sender, ...recipients.flatMap((address) => ["--mail-rcpt", address])];
  const rest = ["--cacert", server.certificateFile, "-T", file, ...args];
  return run("curl", ["-sSv", url, ...security, ...envelope, ...rest], { env: { LC_ALL: "C.UTF-8" } });
}

const login = ["--user", `${ann.address}:${ann.password}`];
const mechanisms: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["its own choice", []],
  ["PLAIN", ["--login-options", "AUTH=PLAIN"]],
  ["LOGIN", ["--login-options", "AUTH=LOGIN"]],
  ["an initial response", ["--sasl-ir"]],
];

describe.skipIf(!installed("curl"))("curl", () => {
  test.each(tlsModes)("sends byte for byte, with and without AUTH: %s", async (tls) => {
    const server = await (tls === "clear" ? startMailServer({ smtp: { authWithoutTls: true } }) : mailServer());
    expect(await send(server, { tls })).toMatchObject({ code: exits.ok });
    for (const [, mechanism] of mechanisms) {
      expect(await send(server, { tls, args: [...login, ...mechanism] })).toMatchObject({ code: exits.ok });
    }
    const received = await server.received();
    expect(received.map(({ content }) => content.equals(trickyMessage))).toEqual([true, true, true, true, true]);
    expect(received.map(({ authenticatedAs }) => authenticatedAs)).toEqual([
      null,
      ...mechanisms.map(() => ann.address),
    ]);
    for (const stored of received) {
      expect(stored.helo).toBe("client.example.org");
      if (tls === "clear") expect(stored.tls).toBeNull();
      else expect(stored.tls).toMatch(/^TLSv1\.3 TLS_/);
    }
  });

  test("is offered no AUTH in clear, and sends without", async () => {
    const server = await mailServer();
    const { code, stderr } = await send(server, { args: login });
    expect(code).toBe(exits.ok);
    expect(stderr).not.toMatch(/AUTH/);
    expect((await server.received()).map(({ authenticatedAs }) => authenticatedAs)).toEqual([null]);
  });

  test.each(mechanisms)("is told of a wrong password: %s", async (_, mechanism) => {
    const server = await startMailServer();
    const args = ["--user", `${ann.address}:Wonderland`, ...mechanism];
    expect(await send(server, { tls: "implicit", args })).toMatchObject({ code: exits.loginDenied });
    expect(await server.received()).toEqual([]);
  });

  test("is refused unknown users and foreign domains, logged in or not", async () => {
    const server = await mailServer();
    const unknown = await send(server, { recipients: ["nobody@example.com"] });
    expect(unknown).toMatchObject({ code: exits.sendError, stderr: expect.stringContaining("< 550 5.1.1 ") });
    const relay = await send(server, { recipients: ["someone@example.net"] });
    expect(relay).toMatchObject({ code: exits.sendError, stderr: expect.stringContaining("< 550 5.7.1 ") });
    const submission = await send(server, { tls: "STARTTLS", recipients: ["someone@example.net"], args: login });
    expect(submission).toMatchObject({ code: exits.sendError, stderr: expect.stringContaining("< 550 5.7.1 ") });
    expect(await server.received()).toEqual([]);
  });

  test("says by --mail-auth that the original submitter is not known", async () => {
    const server = await mailServer();
    const args = [...login, "--mail-auth", "<>"];
    const { code, stderr } = await send(server, { tls: "STARTTLS", args });
    expect(code).toBe(exits.ok);
    expect(stderr).toMatch(/> MAIL FROM:.* AUTH=<>/);
  });

  test("sends 20 MB byte for byte, with its size announced, in clear", async () => {
    const server = await startMailServer({ smtp: {} });
    const content = messageOf(twentyMegabytes);
    expect(await send(server, { content })).toMatchObject({ code: exits.ok });
    const [stored] = await server.received();
    expect(stored?.size).toBe(content.length);
    expect(stored?.content.equals(content)).toBe(true);
    expect(server.envelopes).toMatchObject([{ size: content.length }]);
  });

  test("is refused a message that is too big before it sends it", async () => {
    const server = await startMailServer({ smtp: { messageSize: trickyMessage.length - 1 } });
    const { code, stderr } = await send(server, {});
    expect(code).toBe(exits.sendError);
    expect(stderr).toContain("< 552 5.3.4 ");
    expect(stderr).not.toContain("> DATA");
  });

  test("reaches 1,000 recipients, and is refused the one after that for now", async () => {
    const addresses = Array.from({ length: 1001 }, (_, number) => `user${number}@example.com`);
    const server = await startMailServer({ addresses });
    const { code, stderr } = await send(server, { recipients: addresses, args: ["--mail-rcpt-allowfails"] });
    expect(code).toBe(exits.ok);
    expect(stderr.match(/^< 452 4\.5\.3 /gm)).toHaveLength(1);
    const received = await server.received();
    expect(received.map(({ account }) => account)).toEqual(addresses.slice(0, 1000));
    expect(received.every(({ content }) => content.equals(trickyMessage))).toBe(true);
  });

  test("sends to and from internationalized addresses by SMTPUTF8", async () => {
    const server = await startMailServer({ addresses: ["jürgen@bücher.example"], smtp: {} });
    const [sender, recipient] = ["анна@example.com", "jürgen@bücher.example"];
    const { code, stderr } = await send(server, { sender, recipients: [recipient], content: eightBitMessage });
    expect({ code, refused: stderr.match(/^< [45]\d\d.*/gm) }).toEqual({ code: exits.ok, refused: null });
    expect(server.envelopes).toMatchObject([{ smtpUtf8: true, sender }]);
    const [stored] = await server.received();
    expect(stored?.account).toBe("jürgen@xn--bcher-kva.example");
    expect(stored?.content.equals(eightBitMessage)).toBe(true);
  });

  test.each([
    ["empty", ""],
    ["one dot", "."],
    ["no line end at the end", "Subject: x\r\n\r\nno end"],
    ["only line ends", "\r\n\r\n"],
    ["bare line feeds, which --crlf mends", "Subject: x\n\n.dot\nend\n"],
  ])("has stored what it put on the wire: %s", async (_, text) => {
    const server = await mailServer();
    const tap = await tapWire(server.portFor("clear"));
    const args = text.includes("\r\n") ? [] : ["--crlf"];
    const { code } = await send(server, { port: tap.port, content: Buffer.from(text), args });
    expect(code).toBe(exits.ok);
    const [stored] = await server.received();
    expect(tap.contents()).toEqual([stored?.content]);
    const lines = text.replace(/\r?\n/g, "\r\n");
    expect(stored?.content.toString()).toBe(lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`);
  });

  test("is refused a message with bare line feeds without --crlf", async () => {
    const server = await mailServer();
    const { code, stderr } = await send(server, { content: Buffer.from("Subject: x\n\nend\n") });
    expect(code).not.toBe(exits.ok);
    expect(stderr).toContain("< 550 5.6.11 ");
    expect(await server.received()).toEqual([]);
  });
});
