/** How backend, mailboxes, log-in and take-over of an embedder come together with the built-in protocols. */
import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { CONTINUE, close, type GatehouseOptions, type Session, type Wire } from "../src/index.ts";
import { plainSession } from "./plain-session.ts";
import { MemoryMailboxes } from "./protocols/memory-mailbox.ts";
import { type RunningGatehouse, runGatehouse } from "./running-gatehouse.ts";
import { type RawClient, rawClient, tlsClient } from "./runtime/raw-client.ts";

let house: RunningGatehouse;

const protocols = ["imap", "pop3", "manageSieve"] as const;
const account = { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } } as const;

async function serve(options: Partial<GatehouseOptions> = {}): Promise<void> {
  const reading = protocols.map((protocol) => ({
    ...{ name: protocol, protocol, bind: ["127.0.0.1:0"], tlsImplicit: true },
  }));
  const document = {
    SystemSettings: { defaultHostname: "localhost" },
    Account: account,
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }, ...reading],
  };
  house = await runGatehouse(document, options);
}

const greetings = { imap: "* OK", pop3: "+OK", manageSieve: "OK " } as const;

/** What the server says to a log-in, as a pattern. */
const answers = {
  imap: "a (?:OK|NO).*\\r\\n",
  pop3: "(?:\\+OK|-ERR).*\\r\\n(?:\\+OK|-ERR).*\\r\\n",
  manageSieve: "(?:OK|NO) .*\\r\\n",
} as const;

/** Logs in, and gives what the server said to that. */
async function logIn(
  protocol: (typeof protocols)[number],
  username = "ann@example.com",
  password = "wonderland",
): Promise<{ readonly client: RawClient; readonly said: string }> {
  const client = await tlsClient({ port: house.port(protocol) });
  await client.until(greetings[protocol]);
  const before = client.received().length;
  const plain = Buffer.from(`\0${username}\0${password}`).toString("base64");
  const lines = {
    imap: `a LOGIN ${username} ${password}\r\n`,
    pop3: `USER ${username}\r\nPASS ${password}\r\n`,
    manageSieve: `AUTHENTICATE "PLAIN" "${plain}"\r\n`,
  };
  client.socket.write(lines[protocol]);
  await client.until(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*?(?:${answers[protocol]})`));
  return { client, said: client.received().slice(before) };
}

async function send(recipient: string): Promise<void> {
  const client = await rawClient(house.port("smtp"));
  await client.until("220 ");
  client.socket.write(`EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`);
  await client.until("354 ");
  client.socket.write("Subject: Hello\r\n\r\nIt works.\r\n.\r\nQUIT\r\n");
  await client.until("221 ");
}

async function ask(client: RawClient, line: string, wanted: string | RegExp): Promise<string> {
  client.socket.write(`${line}\r\n`);
  return client.until(wanted);
}

describe("the default", () => {
  test("has what SMTP takes in for IMAP in IDLE at once, and for POP3", async () => {
    await serve();
    const { client: imap } = await logIn("imap");
    await ask(imap, "b SELECT INBOX", "b OK");
    await ask(imap, "c IDLE", "+ ");
    await send("ann@example.com");
    await imap.until("* 1 EXISTS");
    const { client: pop3 } = await logIn("pop3");
    expect(await ask(pop3, "RETR 1", "\r\n.\r\n")).toContain("Subject: Hello\r\n\r\nIt works.\r\n");
  });

  test("counts failed log-ins of an address over all protocols", async () => {
    const clock = new SimulatedClock();
    await serve({ clock });
    const failure = (mechanism: string) =>
      house.event("session.authenticationFailed", (event) => event.mechanism === mechanism);
    const first = logIn("pop3", "ann@example.com", "wrong");
    await failure("USER");
    clock.increment(1000);
    expect((await first).said).toContain("-ERR [AUTH]");

    const second = logIn("manageSieve", "ann@example.com", "wrong");
    await failure("PLAIN");
    clock.increment(1999);
    expect(house.gatehouse.connections().find(({ listener }) => listener === "manageSieve")?.session).toBe("verifying");
    clock.increment(1);
    expect((await second).said).toContain("NO ");
  });
});

describe("an embedder", () => {
  test("replaces the log-in alone: mail stays in the default store", async () => {
    await serve({
      authenticate: async ({ password }) => (password === "token" ? { username: "ann@example.com", roles: [] } : null),
    });
    await send("ann@example.com");
    const { client, said } = await logIn("imap", "whoever", "token");
    expect(said).toContain("a OK");
    expect(await ask(client, "b STATUS INBOX (MESSAGES)", "b OK")).toContain("(MESSAGES 1)");
  });

  test("replaces the mailboxes: the default backend still says who may log in", async () => {
    const mailboxes = new MemoryMailboxes();
    mailboxes.deliver("ann@example.com", "Subject: From memory\r\n\r\n");
    await serve({ mailboxes });
    const { client } = await logIn("pop3");
    expect(await ask(client, "RETR 1", "\r\n.\r\n")).toContain("Subject: From memory");
  });

  test("replaces both", async () => {
    const authenticate = async () => ({ username: "bob", roles: [] });
    await serve({ backend: { authenticate }, mailboxes: new MemoryMailboxes() });
    expect((await logIn("manageSieve", "bob", "any")).said).toContain('OK "Logged in"');
  });

  test("with a backend and no mailboxes is told that the protocols that read mail are not there", async () => {
    const error = await runGatehouse([{ name: "imap", protocol: "imap", bind: ["127.0.0.1:0"] }], { backend: {} }).then(
      () => null,
      (reason: AggregateError) => reason,
    );
    expect(error?.errors).toMatchObject([{ code: "protocol-unavailable" }]);
    expect(String(error?.errors[0])).toContain("createGatehouse({ mailboxes })");
  });

  test.each(protocols)("takes the dialogue over after a log-in by %s", async (protocol) => {
    const chat = (wire: Wire): Session =>
      plainSession({
        state: "chatting",
        greet: () => {
          wire.write("what now?\r\n");
          return CONTINUE;
        },
        receive: (chunk) => {
          wire.write(chunk);
          return close("quit");
        },
      });
    await serve({ takeOver: ({ username }, wire) => (username === "ann@example.com" ? chat(wire) : null) });
    const { client } = await logIn(protocol);
    await client.until("what now?");
    client.socket.write("nothing\r\n");
    await client.until("nothing\r\n");
    expect(await house.event("connection.closed")).toMatchObject({ cause: "quit" });
  });
});

test("each is spoken under TLS with a client that names it by ALPN, or names nothing, and with no other", async () => {
  const named = [
    ["smtp", "smtp"],
    ["smtp", "esmtp"],
    ["lmtp", "lmtp"],
    ["imap", "imap"],
    ["pop3", "pop3"],
    ["manageSieve", "managesieve"],
    ["http", "h2"],
    ["http", "http/1.1"],
    ["http", "http/1.0"],
  ] as const;
  const names = new Set<string>([...named.map(([, name]) => name), "acme-tls/1", "xmpp-client"]);
  const all = [...new Set(named.map(([protocol]) => protocol))];
  const listeners = all.map((name) => ({ name, protocol: name, bind: ["127.0.0.1:0"], tlsImplicit: true }));
  house = await runGatehouse(listeners);

  /** What a client that offers these names is told. */
  const agreed = async (protocol: string, ALPNProtocols: string[]): Promise<string | false | null> => {
    const client = connect({ port: house.port(protocol), rejectUnauthorized: false, ALPNProtocols });
    try {
      await once(client, "secureConnect");
      return client.alpnProtocol;
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : String(error);
    } finally {
      client.destroy();
    }
  };
  for (const protocol of all) {
    const own = new Set<string>(named.filter(([one]) => one === protocol).map(([, name]) => name));
    expect(await agreed(protocol, [])).toBe(false);
    for (const name of own) expect(await agreed(protocol, ["xmpp-client", name])).toBe(name);
    for (const name of names) {
      if (own.has(name)) continue;
      expect([name, await agreed(protocol, [name])]).toEqual([name, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"]);
    }
  }
});
