/** The mail that Gatehouse keeps itself, served by several workers. */
import { connect as connectInClear, type Socket } from "node:net";
import { connect as connectByTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createGatehouse } from "../../../src/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";

const workers = { count: 2, module: new URL("./talk-module.ts", import.meta.url) };

function document(...names: readonly string[]) {
  const bind = ["127.0.0.1:0"];
  const reading = (name: string, protocol: string) => ({ name, protocol, bind, tlsImplicit: true });
  const accounts = names.map((name) => [`${name}@example.com`, { secret: { "@type": "Text" as const, secret: name } }]);
  return {
    NetworkListener: [
      { name: "smtp", protocol: "smtp", bind, useTls: false },
      { name: "talk", protocol: "talk", bind, useTls: false },
      reading("imap", "imap"),
      reading("pop3", "pop3"),
      reading("sieve", "manageSieve"),
    ],
    SystemSettings: { defaultHostname: "mail.example.com", drainTimeout: "1s" },
    Account: Object.fromEntries(accounts),
  };
}

/** A client that says lines and waits for what it is told. */
class Dialogue {
  readonly socket: Socket;
  #heard = "";
  #news = Promise.withResolvers<void>();

  constructor(port: number, { clear = false } = {}) {
    const to = { port, host: "127.0.0.1" };
    this.socket = clear ? connectInClear(to) : connectByTls({ ...to, rejectUnauthorized: false });
    this.socket.on("error", () => {});
    const wake = (): void => {
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    };
    this.socket.on("data", (data) => {
      this.#heard += data.toString("latin1");
      wake();
    });
    this.socket.on("close", wake);
  }

  /** Waits for a line that begins so. @returns what was heard until its end */
  async hears(start: string): Promise<string> {
    for (;;) {
      const lines = this.#heard.split("\r\n");
      const index = lines.findIndex((line, at) => at < lines.length - 1 && line.startsWith(start));
      if (index >= 0) {
        this.#heard = lines.slice(index + 1).join("\r\n");
        return lines.slice(0, index + 1).join("\n");
      }
      if (this.socket.destroyed) throw new Error(`The connection ended: ${this.#heard}`);
      await this.#news.promise;
    }
  }

  says(line: string, start: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.hears(start);
  }

  end(): void {
    this.socket.destroy();
  }
}

describe("the mail of a server with two workers", () => {
  let running: LastingGatehouse;

  beforeAll(async () => {
    running = await lastingGatehouse(document("ann", "bob"), { workers });
  });
  afterAll(() => running.end());

  /** Clients of a listener in different workers. */
  async function inBoth(listener: string, greeting: string): Promise<readonly [Dialogue, Dialogue]> {
    const byWorker = new Map<number | undefined, Dialogue>();
    for (;;) {
      const client = new Dialogue(running.port(listener));
      await client.hears(greeting);
      const { worker } = await running.event(
        "connection.accepted",
        ({ connection }) => connection.peer.port === client.socket.localPort,
      );
      if (byWorker.has(worker)) client.end();
      byWorker.set(worker, byWorker.get(worker) ?? client);
      const [one, other] = byWorker.values();
      if (one && other) return [one, other];
    }
  }

  async function select(client: Dialogue, name = "ann"): Promise<void> {
    await client.says(`a LOGIN ${name}@example.com ${name}`, "a OK");
    await client.says("b SELECT INBOX", "b OK");
  }

  async function deliver(to = "ann"): Promise<void> {
    const client = new Dialogue(running.port("smtp"), { clear: true });
    await client.hears("220 ");
    await client.says("EHLO client.example", "250 ");
    await client.says("MAIL FROM:<bob@example.net>", "250");
    await client.says(`RCPT TO:<${to}@example.com>`, "250");
    await client.says("DATA", "354");
    await client.says("Subject: news\r\n\r\nnews\r\n.", "250");
    await client.says("QUIT", "221");
  }

  it("wakes IDLE in every worker, whichever took the message in", async () => {
    const clients = await inBoth("imap", "* OK");
    await Promise.all(clients.map((client) => select(client)));
    await Promise.all(clients.map((client) => client.says("c IDLE", "+")));
    for (let count = 1; count <= 6; count++) {
      await deliver();
      await Promise.all(clients.map((client) => client.hears(`* ${count} EXISTS`)));
    }
    for (const client of clients) await client.says("DONE", "c OK");
    for (const client of clients) client.end();
  });

  it("tells a client that asks what another worker's client has done before", async () => {
    const [one, other] = await inBoth("imap", "* OK");
    await Promise.all([select(one, "bob"), select(other, "bob")]);
    for (let count = 1; count <= 5; count++) {
      one.socket.write("d APPEND INBOX {5}\r\n");
      await one.hears("+");
      await one.says("x: y\n", "d OK");
      expect(await other.says("e NOOP", "e OK")).toContain(`* ${count} EXISTS`);
    }
    await other.says("f STORE 1 +FLAGS (\\Deleted)", "f OK");
    expect(await one.says("g NOOP", "g OK")).toContain("\\Deleted");
    await other.says("h EXPUNGE", "h OK");
    expect(await one.says("i NOOP", "i OK")).toContain("* 1 EXPUNGE");
    for (const client of [one, other]) client.end();
  });

  it("gives a maildrop to one session at a time, in whichever worker the others are", async () => {
    const [one, other] = await inBoth("pop3", "+OK");
    for (const client of [one, other]) await client.says("USER ann@example.com", "+OK");
    await one.says("PASS ann", "+OK");
    await other.says("PASS ann", "-ERR [IN-USE]");
    await one.says("QUIT", "+OK");
    await other.says("USER ann@example.com", "+OK");
    await other.says("PASS ann", "+OK");
    await other.says("QUIT", "+OK");
  });

  it("takes scripts by any worker", async () => {
    const [one, other] = await inBoth("sieve", "OK");
    const plain = Buffer.from("\0ann@example.com\0ann").toString("base64");
    for (const client of [one, other]) await client.says(`AUTHENTICATE "PLAIN" "${plain}"`, "OK");
    await one.says('PUTSCRIPT "mine" {5+}\r\nkeep;', "OK");
    expect(await other.says("LISTSCRIPTS", "OK")).toContain('"mine"');
    for (const client of [one, other]) client.end();
  });

  it("holds up log-ins after failures in another worker", async () => {
    const [one, other] = await inBoth("imap", "* OK");
    const began = performance.now();
    one.socket.write("a LOGIN ann@example.com wrong\r\n");
    await running.event("session.authenticationFailed");
    await other.says("a LOGIN ann@example.com ann", "a OK");
    expect(performance.now() - began).toBeGreaterThan(900);
    for (const client of [one, other]) client.end();
  });

  it("gives back the maildrops of a worker that dies, and keeps the mail", async () => {
    const [one, other] = await inBoth("pop3", "+OK");
    await one.says("USER ann@example.com", "+OK");
    await one.says("PASS ann", "+OK");
    const mine = running.gatehouse.connections({ listener: "pop3" });
    const worker = (
      await running.event("connection.accepted", ({ connection }) => connection.peer.port === one.socket.localPort)
    ).worker;
    expect(mine.length).toBeGreaterThan(1);
    for (;;) {
      const talk = new Dialogue(running.port("talk"), { clear: true });
      await talk.hears("hello");
      const its = await running.event(
        "connection.accepted",
        ({ connection }) => connection.peer.port === talk.socket.localPort,
      );
      if (its.worker === worker) {
        talk.socket.write("die\r\n");
        break;
      }
      talk.end();
    }
    await running.event("worker.failed");
    await running.event(
      "worker.running",
      (event) =>
        event.worker === worker &&
        running.events.indexOf(event) > running.events.findIndex(({ type }) => type === "worker.failed"),
    );
    await other.says("USER ann@example.com", "+OK");
    await other.says("PASS ann", "+OK");
    expect(await other.says("STAT", "+OK")).toMatch(/^\+OK 6 /);
    await other.says("QUIT", "+OK");
    await deliver();
  });

  it("lets the accounts of the next document log in, in every worker, and the former ones no longer", async () => {
    await running.gatehouse.reload(document("bob", "carol"));
    const clients = await inBoth("imap", "* OK");
    for (const client of clients) await select(client, "carol");
    for (const client of clients) client.end();
    const smtp = new Dialogue(running.port("smtp"), { clear: true });
    await smtp.hears("220 ");
    await smtp.says("EHLO client.example", "250 ");
    await smtp.says("MAIL FROM:<bob@example.net>", "250");
    await smtp.says("RCPT TO:<ann@example.com>", "550");
    await smtp.says("RCPT TO:<carol@example.com>", "250");
    smtp.end();
  });
});

it("makes an administrator, who can log in to a worker", async () => {
  const made = Promise.withResolvers<{ address: string; password: string }>();
  const gatehouse = createGatehouse({
    ...{ config: document(), dataDirectory: temporaryDirectory(), workers, onAdministratorMade: made.resolve },
  });
  await gatehouse.start();
  onTestFinished(() => gatehouse.stop({ wait: false }));
  const { address, password } = await made.promise;
  const client = new Dialogue(gatehouse.listeners().find(({ name }) => name === "imap")?.addresses[0]?.port ?? 0);
  await client.hears("* OK");
  await client.says(`a LOGIN ${address} ${password}`, "a OK");
  client.end();
});
