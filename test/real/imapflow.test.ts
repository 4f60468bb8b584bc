import { once } from "node:events";
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ImapServer, letter, letterWithAttachment, startImapServer } from "./imap-server.ts";
import { ann, type TlsMode, tlsModes } from "./mail-server.ts";

async function connect(server: ImapServer, mode: TlsMode = "clear", password: string = ann.password) {
  const client = new ImapFlow({
    host: "localhost",
    port: server.portFor(mode),
    secure: mode === "implicit",
    doSTARTTLS: mode === "STARTTLS",
    tls: { ca: readFileSync(server.certificateFile) },
    auth: { user: ann.address, pass: password },
    logger: false,
  });
  onTestFinished(() => client.close());
  await client.connect();
  return client;
}

describe("imapflow", () => {
  test.each(tlsModes)("logs in and reads a message: %s", async (mode) => {
    const server = await startImapServer();
    await server.deliver(letter("Hello"));
    const client = await connect(server, mode);
    expect(client.secureConnection).toBe(mode !== "clear");
    const mailbox = await client.mailboxOpen("INBOX");
    expect(mailbox).toMatchObject({ exists: 1, uidNext: 2, readOnly: false, delimiter: "/" });
    const message = await client.fetchOne("1", { source: true, envelope: true, flags: true });
    if (!message) throw new Error("There is no message.");
    expect(message.envelope).toMatchObject({ subject: "Hello", from: [{ name: "Bob", address: "bob@example.com" }] });
    expect(message.source?.toString()).toBe(letter("Hello").replaceAll("\n", "\r\n"));
    await client.logout();
    expect(await server.event("connection.closed")).toMatchObject({ cause: "quit" });
  });

  test("is told of a wrong password", async () => {
    const server = await startImapServer();
    await expect(connect(server, "implicit", "looking-glass")).rejects.toMatchObject({ authenticationFailed: true });
    expect(await server.event("session.authenticationFailed")).toMatchObject({ username: ann.address });
  });

  test("reads structures and parts", async () => {
    const server = await startImapServer();
    await server.deliver(letterWithAttachment);
    const client = await connect(server);
    await client.mailboxOpen("INBOX");
    const message = await client.fetchOne("1", { bodyStructure: true, bodyParts: ["1", "2.MIME"] });
    if (!message) throw new Error("There is no message.");
    expect(message.bodyStructure).toMatchObject({
      type: "multipart/mixed",
      childNodes: [
        { part: "1", type: "text/plain", encoding: "8bit", parameters: { charset: "utf-8" } },
        { part: "2", disposition: "attachment", dispositionParameters: { filename: "data.bin" } },
      ],
    });
    expect(message.bodyParts?.get("1")?.toString()).toBe("Grüße");
    const { meta, content } = await client.download("1", "2");
    expect(meta).toMatchObject({ contentType: "application/octet-stream", filename: "data.bin" });
    if (!content) throw new Error("There is no such part.");
    expect([...(await buffer(content))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("appends, flags, searches, copies, moves and deletes", async () => {
    const server = await startImapServer();
    for (const subject of ["One", "Two", "Three"]) await server.deliver(letter(subject));
    const client = await connect(server);
    await client.mailboxOpen("INBOX");
    const appended = await client.append("INBOX", letter("Four").replaceAll("\n", "\r\n"), ["\\Flagged", "$Label1"]);
    expect(appended).toMatchObject({ uid: 4, seq: 4 });
    expect(await client.search({ subject: "t" }, { uid: true })).toEqual([2, 3]);
    expect(await client.search({ keyword: "$Label1", seen: false })).toEqual([4]);
    await client.messageFlagsAdd("1:2", ["\\Seen"]);
    expect(await client.messageCopy("1", "Archive")).toMatchObject({ uidMap: new Map([[1, 1]]) });
    expect(await client.messageMove({ subject: "Two" }, "Trash")).toMatchObject({ uidMap: new Map([[2, 1]]) });
    await client.messageDelete("1");
    expect(await server.contents("INBOX")).toEqual(["Three:", "Four: \\Flagged $Label1"]);
    expect(await server.contents("Archive")).toEqual(["One: \\Seen"]);
    expect(await server.contents("Trash")).toEqual(["Two: \\Seen"]);
  });

  test("finds the special mailboxes, and manages its own", async () => {
    const server = await startImapServer();
    const client = await connect(server);
    const uses = new Map((await client.list()).map(({ path, specialUse }) => [path, specialUse]));
    expect(uses.get("INBOX")).toBe("\\Inbox");
    expect(uses.get("Sent")).toBe("\\Sent");
    await client.mailboxCreate(["Grüße", "Köln & Ümland"]);
    await client.mailboxRename("Grüße/Köln & Ümland", "Post/2024");
    await client.mailboxSubscribe("Post/2024");
    const listed = (await client.list()).find(({ path }) => path === "Post/2024");
    expect(listed).toMatchObject({ parent: ["Post"], subscribed: true, listed: true });
    expect(await client.status("Post/2024", { messages: true, uidNext: true })).toMatchObject({
      messages: 0,
      uidNext: 1,
    });
    await client.mailboxDelete("Post/2024");
    await expect(client.status("Post/2024", { messages: true })).rejects.toThrow();
  });

  test("is told in IDLE of what happens", async () => {
    const server = await startImapServer();
    await server.deliver(letter("One"));
    const client = await connect(server);
    const other = await connect(server);
    await client.mailboxOpen("INBOX");
    await other.mailboxOpen("INBOX");
    const told = async (event: string): Promise<unknown> => (await once(client, event))[0];
    const idling = client.idle();
    const arrived = told("exists");
    await server.deliver(letter("Two"));
    expect(await arrived).toMatchObject({ count: 2, prevCount: 1 });
    const flagged = told("flags");
    await other.messageFlagsAdd("1", ["\\Flagged"]);
    expect(await flagged).toMatchObject({ seq: 1, flags: new Set(["\\Flagged", "\\Recent"]) });
    const gone = told("expunge");
    await other.messageDelete("1");
    expect(await gone).toMatchObject({ seq: 1 });
    await client.noop();
    await idling;
    expect(client.mailbox).toMatchObject({ exists: 1 });
  });

  test("is told in IDLE of a message that comes by SMTP", async () => {
    const server = await startImapServer();
    const client = await connect(server, "implicit");
    await client.mailboxOpen("INBOX");
    void client.idle();
    const arrived = once(client, "exists");
    const transport = createTransport({ host: "localhost", port: server.port("smtp"), ignoreTLS: true });
    await transport.sendMail({ from: "bob@example.org", to: ann.address, subject: "By SMTP", text: "Hello" });
    expect(await arrived).toMatchObject([{ count: 1 }]);
    const message = await client.fetchOne("1", { envelope: true, headers: ["received"] });
    expect(message).toMatchObject({ envelope: { subject: "By SMTP" } });
  });

  test("is said goodbye to when the server drains", async () => {
    const server = await startImapServer();
    const client = await connect(server);
    await client.mailboxOpen("INBOX");
    void client.idle();
    const closed = new Promise((resolve) => client.once("close", () => resolve(null)));
    await server.gatehouse.stop();
    await closed;
    expect(await server.event("connection.closed")).toMatchObject({ cause: "drained" });
  });
});
