/** nodemailer, in this process. */
import { readFile } from "node:fs/promises";
import { createTransport } from "nodemailer";
import { expect, test } from "vitest";
import { ann, bob, type MailServer, sharedMailServer, startMailServer, type TlsMode, tlsModes } from "./mail-server.ts";
import { eightBitMessage, fourMegabytes, messageOf, trickyMessage } from "./messages.ts";
import { tapWire } from "./wire-tap.ts";

const mailServer = sharedMailServer();

const login = { user: ann.address, pass: ann.password };

interface Delivery {
  readonly tls?: TlsMode;
  /** Instead of the server's own. */
  readonly port?: number;
  readonly auth?: { readonly user: string; readonly pass: string };
  /** One to insist on, announced or not. */
  readonly mechanism?: "PLAIN" | "LOGIN";
  readonly sender?: string;
  readonly recipients?: readonly string[];
  readonly content?: Buffer;
  readonly envelope?: object;
  /** How often, over the same connection. */
  readonly times?: number;
}

/** Sends a message as it stands; rejects with nodemailer's error. */
async function send(server: MailServer, delivery: Delivery) {
  const { tls = "clear", port = server.portFor(tls), content = trickyMessage, times = 1, auth, mechanism } = delivery;
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    pool: true,
    maxConnections: 1,
    secure: tls === "implicit",
    requireTLS: tls === "STARTTLS",
    ignoreTLS: tls === "clear",
    tls: { ca: await readFile(server.certificateFile), servername: "localhost" },
    ...(auth && { auth }),
    ...(mechanism && { authMethod: mechanism, forceAuth: true }),
  });
  try {
    const { sender = ann.address, recipients = [bob.address], envelope } = delivery;
    const mail = { raw: content, envelope: { from: sender, to: [...recipients], ...envelope } };
    return await Promise.all(Array.from({ length: times }, () => transport.sendMail(mail)));
  } finally {
    transport.close();
  }
}

test.each(tlsModes)("nodemailer sends byte for byte, with and without AUTH: %s", async (tls) => {
  const server = await (tls === "clear" ? startMailServer({ smtp: { authWithoutTls: true } }) : mailServer());
  await send(server, { tls });
  for (const mechanism of ["PLAIN", "LOGIN"] as const) await send(server, { tls, auth: login, mechanism });
  const received = await server.received();
  expect(received.map(({ content }) => content.equals(trickyMessage))).toEqual([true, true, true]);
  expect(received.map(({ authenticatedAs }) => authenticatedAs)).toEqual([null, ann.address, ann.address]);
  for (const stored of received) {
    if (tls === "clear") expect(stored.tls).toBeNull();
    else expect(stored.tls).toMatch(/^TLSv1\.3 TLS_/);
  }
});

test("nodemailer is offered no AUTH in clear and does not log in, and is refused where it insists", async () => {
  const server = await mailServer();
  const [sent] = await send(server, { auth: login });
  expect(sent?.ehlo?.filter((line: string) => line.startsWith("AUTH"))).toEqual([]);
  const insisting = send(server, { auth: login, mechanism: "PLAIN" });
  await expect(insisting).rejects.toMatchObject({ code: "EAUTH", responseCode: 538 });
  expect(server.events.some(({ type }) => type === "session.authenticated")).toBe(false);
});

test.each(["PLAIN", "LOGIN"] as const)("nodemailer is told of a wrong password by AUTH %s", async (mechanism) => {
  const server = await startMailServer();
  const auth = { user: ann.address, pass: "Wonderland" };
  const sending = send(server, { tls: "implicit", auth, mechanism });
  await expect(sending).rejects.toMatchObject({ code: "EAUTH", responseCode: 535 });
});

test("nodemailer is refused unknown users and foreign domains, and reaches the others", async () => {
  const server = await mailServer();
  const recipients = ["nobody@example.com", bob.address, "someone@example.net"];
  const [sent] = await send(server, { tls: "STARTTLS", auth: login, recipients });
  expect(sent).toMatchObject({
    accepted: [bob.address],
    rejected: ["nobody@example.com", "someone@example.net"],
    rejectedErrors: [{ responseCode: 550 }, { responseCode: 550 }],
  });
  const nobody = send(server, { recipients: ["nobody@example.com"] });
  await expect(nobody).rejects.toMatchObject({ code: "EENVELOPE", responseCode: 550 });
  expect((await server.received()).map(({ account }) => account)).toEqual([bob.address]);
});

test("nodemailer sends many messages over one connection", async () => {
  const server = await mailServer();
  await send(server, { tls: "implicit", auth: login, times: 20 });
  const received = await server.received();
  expect(received.filter(({ content }) => content.equals(trickyMessage))).toHaveLength(20);
  expect(server.events.filter(({ type }) => type === "connection.accepted")).toHaveLength(1);
});

test("nodemailer sends 4 MB byte for byte under implicit TLS", async () => {
  const server = await mailServer();
  const content = messageOf(fourMegabytes);
  await send(server, { tls: "implicit", auth: login, content });
  const [stored] = await server.received();
  expect(stored?.size).toBe(content.length);
  expect(stored?.content.equals(content)).toBe(true);
});

test("nodemailer reaches 1,000 recipients by PIPELINING, and is refused the one after that for now", async () => {
  const addresses = Array.from({ length: 1001 }, (_, number) => `user${number}@example.com`);
  const server = await startMailServer({ addresses });
  const [sent] = await send(server, { recipients: addresses });
  expect(sent?.accepted).toEqual(addresses.slice(0, 1000));
  expect(sent).toMatchObject({ rejected: ["user1000@example.com"], rejectedErrors: [{ responseCode: 452 }] });
  expect(await server.received()).toHaveLength(1000);
});

test("nodemailer sends to and from internationalized addresses, and eight-bit bodies", async () => {
  const server = await startMailServer({ addresses: ["jürgen@bücher.example"], smtp: {} });
  const envelope = { use8BitMime: true };
  const [sender, recipient] = ["анна@example.com", "jürgen@bücher.example"];
  await send(server, { sender, recipients: [recipient], content: eightBitMessage, envelope });
  expect(server.envelopes).toMatchObject([{ smtpUtf8: true, body: "8BITMIME", sender }]);
  const [stored] = await server.received();
  expect(stored?.account).toBe("jürgen@xn--bcher-kva.example");
  expect(stored?.content.equals(eightBitMessage)).toBe(true);
});

test("nodemailer's DSN parameters reach the backend", async () => {
  const server = await startMailServer({ smtp: {} });
  const dsn = { id: "batch+1", return: "headers", notify: ["failure", "delay"], recipient: "rfc822;b.o+b@example.com" };
  await send(server, { envelope: { dsn } });
  expect(server.envelopes).toMatchObject([
    {
      dsn: { ret: "HDRS", envid: "batch+1" },
      recipients: [{ notify: ["FAILURE", "DELAY"], orcpt: "rfc822;b.o+b@example.com" }],
    },
  ]);
});

test.each([
  ["empty", ""],
  ["one dot", "."],
  ["no line end at the end", "Subject: x\r\n\r\nno end"],
  ["bare line feeds, which nodemailer mends", "Subject: x\n\n.dot\nend\n"],
])("what nodemailer put on the wire was stored: %s", async (_, text) => {
  const server = await mailServer();
  const tap = await tapWire(server.portFor("clear"));
  await send(server, { port: tap.port, content: Buffer.from(text) });
  const [stored] = await server.received();
  expect(tap.contents()).toEqual([stored?.content]);
  expect(stored?.content.toString()).toBe(`${text.replace(/\r?\n$/, "").replace(/\r?\n/g, "\r\n")}\r\n`);
});
