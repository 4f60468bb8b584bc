/** LMTP in, POP3 out: the built-in protocols over the default mailbox, and what is left after a restart. */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { gone, type RawClient, rawClient, tlsClient } from "../runtime/raw-client.ts";

const document = {
  SystemSettings: { defaultHostname: "mail.example.com" },
  Account: {
    "ann@example.com": { secret: { "@type": "Text" as const, secret: "wonderland" } },
    "bob@example.com": { secret: { "@type": "Text" as const, secret: "builder" } },
  },
  NetworkListener: [
    { name: "lmtp", protocol: "lmtp", bind: ["127.0.0.1:0"] },
    { name: "pop3s", protocol: "pop3", bind: ["127.0.0.1:0"], tlsImplicit: true },
  ],
};

async function deliver(house: RunningGatehouse, text: string): Promise<void> {
  const client = await rawClient(house.port("lmtp"));
  const recipients = ["ann", "bob"].map((name) => `RCPT TO:<${name}@example.com>\r\n`).join("");
  client.socket.write(`LHLO relay.example.net\r\nMAIL FROM:<eve@example.org>\r\n${recipients}DATA\r\n`);
  await client.until("354 ");
  client.socket.write(`${text}.\r\nQUIT\r\n`);
  const said = await client.until("221 ");
  expect(said.match(/^250 2\.0\.0 Ok: queued\r$/gm)).toHaveLength(2);
  await gone(client);
}

/** Ann's session. */
async function logIn(house: RunningGatehouse): Promise<RawClient> {
  const client = await tlsClient({ port: house.port("pop3s") });
  client.socket.write("USER ann@example.com\r\nPASS wonderland\r\n");
  return client;
}

async function ask(client: RawClient, command: string, wanted: RegExp): Promise<string> {
  const before = client.received().length;
  client.socket.write(`${command}\r\n`);
  return (await client.until(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*?${wanted.source}`))).slice(before);
}

test("what LMTP brings is there for POP3, under the same name after a restart, until a client removes it", async () => {
  const dataDirectory = temporaryDirectory();
  const house = await runGatehouse(document, { dataDirectory });
  await deliver(house, "Subject: one\r\n\r\n..dot\r\n");
  await deliver(house, "Subject: two\r\n\r\n");

  const first = await logIn(house);
  await first.until("+OK 2 messages\r\n");
  const second = await logIn(house);
  await second.until("-ERR [IN-USE] ");
  const text = await ask(first, "RETR 1", /\r\n\.\r\n/);
  expect(text).toMatch(/^\+OK \d+ octets\r\nReturn-Path: <eve@example\.org>\r\nReceived: from relay\.example\.net /);
  expect(text).toMatch(/ with LMTP[\s\S]*\r\nSubject: one\r\n\r\n\.\.dot\r\n\.\r\n$/);
  const octets = Number(/^\+OK (\d+)/.exec(text)?.[1]);
  expect(text.length - `+OK ${octets} octets\r\n.\r\n`.length - 1).toBe(octets);
  const names = await ask(first, "UIDL", /\r\n\.\r\n/);
  await ask(first, "DELE 1", /\+OK .*\r\n/);
  // Without QUIT nothing is removed, and the lock is given back.
  await gone(first);
  await house.event("connection.closed", ({ connection }) => connection.listener === "pop3s");
  await gone(second);
  await house.gatehouse.stop();

  const restarted = await runGatehouse(document, { dataDirectory });
  const third = await logIn(restarted);
  await third.until("+OK 2 messages\r\n");
  expect(await ask(third, "UIDL", /\r\n\.\r\n/)).toBe(names);
  await ask(third, "DELE 1\r\nQUIT", /\+OK Bye\r\n/);
  await gone(third);
  await restarted.event("connection.closed", ({ cause }) => cause === "quit");

  const fourth = await logIn(restarted);
  await fourth.until("+OK 1 messages\r\n");
  expect((await ask(fourth, "UIDL 1", /\r\n/)).split(" ")[2]).toBe(
    names.split("\r\n")[2]?.split(" ")[1]?.concat("\r\n"),
  );
  await gone(fourth);
});
