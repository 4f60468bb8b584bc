/** When a backend answers, and how it takes a message: at once or later, as a stream, in one piece or not at all. */
import { buffer } from "node:stream/consumers";
import { setImmediate as immediate } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Backend,
  type IncomingMessage,
  lmtp,
  type SessionProtocol,
  smtp,
  type WholeMessage,
} from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { expectNobodyInside } from "./ends.ts";
import { gone, type RawClient, rawClient } from "./raw-client.ts";

const envelope = "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\n";
const queued = "250 2.0.0 Ok: queued\r\n";
const temporary = "451 4.3.0 Temporary failure, try again later\r\n";
const unknown = { code: 550, enhanced: "5.1.1", text: "No such user" } as const;

let house: RunningGatehouse;

afterEach(async () => {
  await expectNobodyInside(house);
});

/** A client that has introduced itself. */
async function introduced(protocol: SessionProtocol): Promise<RawClient> {
  house = await runGatehouse([{ name: "mail", protocol: protocol.name, bind: ["127.0.0.1:0"], useTls: false }], {
    protocols: [protocol],
  });
  const client = await rawClient(house.port("mail"));
  await client.until("220 ");
  client.socket.write(protocol.name === "lmtp" ? "LHLO load\r\n" : "EHLO load\r\n");
  await client.until("250 HELP\r\n");
  return client;
}

/** What the client hears of what it sends in one piece, up to the reply to QUIT. */
async function heardOf(client: RawClient, sent: string): Promise<string> {
  const before = client.received().length;
  client.socket.write(`${sent}QUIT\r\n`);
  const all = await client.until("221 2.0.0 Bye\r\n");
  await gone(client);
  await house.event("connection.closed");
  return all.slice(before, -"221 2.0.0 Bye\r\n".length);
}

/** A client within DATA, and the message that its backend was given. */
async function withinData(
  take: (message: IncomingMessage) => ReturnType<NonNullable<Backend["message"]>>,
): Promise<{ readonly client: RawClient; readonly message: IncomingMessage }> {
  const given = Promise.withResolvers<IncomingMessage>();
  const client = await introduced(
    smtp({
      backend: {
        recipient: () => undefined,
        message: (message) => {
          given.resolve(message);
          return take(message);
        },
      },
    }),
  );
  client.socket.write(`${envelope}DATA\r\n`);
  await client.until("354 ");
  return { client, message: await given.promise };
}

const failures = () => house.events.filter(({ type }) => type === "session.backendFailed");

describe("a backend that answers at once", () => {
  test("Pipelined commands are answered in their order, also where some of the answers come later.", async () => {
    const asked: string[] = [];
    const backend: Backend = {
      sender: ({ sender }) => {
        asked.push(sender);
        return undefined;
      },
      recipient: (_envelope, { address }) => {
        asked.push(address);
        if (address.startsWith("nobody")) return unknown;
        return address.startsWith("later") ? immediate(undefined) : undefined;
      },
      message: ({ body }) => buffer(body).then(() => undefined),
    };
    const client = await introduced(smtp({ backend }));
    const recipients = ["a@b.c", "later1@b.c", "nobody@b.c", "d@b.c", "later2@b.c"];
    const lines = recipients.map((address) => `RCPT TO:<${address}>\r\n`).join("");
    const heard = await heardOf(client, `MAIL FROM:<ann@example.org>\r\n${lines}DATA\r\nHi\r\n.\r\nNOOP\r\n`);
    const ok = "250 2.1.5 Ok\r\n";
    expect(heard).toBe(
      `250 2.1.0 Ok\r\n${ok}${ok}550 5.1.1 No such user\r\n${ok}${ok}354 End data with <CR><LF>.<CR><LF>\r\n${queued}250 2.0.0 Ok\r\n`,
    );
    expect(asked).toEqual(["ann@example.org", ...recipients]);
    expect(await house.event("session.messageAccepted")).toMatchObject({ size: 4, recipients: 4 });
  });

  test("What it throws is a temporary failure, which is told of, and the session goes on.", async () => {
    const fail = (text: string) => (): never => {
      throw new Error(text);
    };
    let calls = 0;
    const backend: Backend = {
      sender: () => (calls++ === 0 ? fail("sender")() : undefined),
      recipient: (_envelope, { address }) => (address.startsWith("x") ? fail("recipient")() : undefined),
      message: fail("message"),
    };
    const client = await introduced(smtp({ backend }));
    const heard = await heardOf(
      client,
      `MAIL FROM:<ann@example.org>\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<x@b.c>\r\nRCPT TO:<y@b.c>\r\nDATA\r\nHi\r\n.\r\nNOOP\r\n`,
    );
    expect(heard).toBe(
      `${temporary}250 2.1.0 Ok\r\n${temporary}250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n${temporary}250 2.0.0 Ok\r\n`,
    );
    const told = ["sender", "recipient", "message"];
    expect(failures()).toMatchObject(told.map((text) => ({ operation: text, error: new Error(text) })));
  });

  test("A code that ends no command is a failure like any other.", async () => {
    const backend: Backend = { recipient: () => ({ code: 354, enhanced: "2.0.0", text: "Go on" }) };
    const client = await introduced(smtp({ backend }));
    expect(await heardOf(client, envelope)).toBe(`250 2.1.0 Ok\r\n${temporary}`);
    expect(failures()).toMatchObject([{ operation: "recipient", error: { code: "backend-reply-invalid" } }]);
  });

  test("A promise that is not of this realm is waited for like any other.", async () => {
    const backend: Backend = { recipient: () => runInNewContext("Promise.resolve(answer)", { answer: unknown }) };
    const client = await introduced(smtp({ backend }));
    expect(await heardOf(client, envelope)).toBe("250 2.1.0 Ok\r\n550 5.1.1 No such user\r\n");
  });

  test("A message that it has refused before it came is read to its end before the client hears of it.", async () => {
    const full = { code: 452, enhanced: "4.3.1", text: "Full" } as const;
    const { client } = await withinData(() => full);
    client.socket.write("Hi\r\n");
    await immediate();
    expect(client.received()).not.toContain("452");
    expect(await heardOf(client, ".\r\nNOOP\r\n")).toBe("452 4.3.1 Full\r\n250 2.0.0 Ok\r\n");
  });

  test("A message that it accepted before it came is not acknowledged before it has come.", async () => {
    const { client } = await withinData(() => undefined);
    client.socket.write("Hi\r\n".repeat(50_000));
    await immediate();
    expect(client.received()).not.toContain(queued);
    expect(await heardOf(client, ".\r\n")).toBe(queued);
  });

  test("An LMTP client hears of each recipient.", async () => {
    const backend: Backend = { recipient: () => undefined, message: () => [undefined, unknown] };
    const client = await introduced(lmtp({ backend }));
    const heard = await heardOf(client, `${envelope}RCPT TO:<eve@example.com>\r\nDATA\r\nHi\r\n.\r\n`);
    expect(heard.endsWith(`${queued}550 5.1.1 No such user\r\n`)).toBe(true);
  });

  test("Many recipients in one piece need no depth of calls.", async () => {
    const client = await introduced(smtp({ backend: { recipient: () => undefined }, recipients: 20_000 }));
    const heard = await heardOf(client, `MAIL FROM:<>\r\n${"RCPT TO:<a@b.c>\r\n".repeat(20_000)}`);
    expect(heard.length).toBe("250 2.1.0 Ok\r\n".length + 20_000 * "250 2.1.5 Ok\r\n".length);
  });
});

describe("the body of a message", () => {
  test("It may be looked at late, and is whole then, and the same stream at each look and in a copy.", async () => {
    const look = Promise.withResolvers<void>();
    const { client, message } = await withinData(async (incoming) => {
      await look.promise;
      const copy = { ...incoming };
      expect(copy.body).toBe(incoming.body);
      expect((await buffer(copy.body)).toString()).toBe("one\r\n.two\r\nthree\r\n");
      return undefined;
    });
    client.socket.write("one\r\n..two\r\n");
    await immediate();
    look.resolve();
    expect(message.body).toBe(message.body);
    expect(await heardOf(client, "three\r\n.\r\n")).toBe(queued);
  });

  test("It may be looked at only after all of it has come.", async () => {
    const look = Promise.withResolvers<void>();
    const { client } = await withinData(async (incoming) => {
      await look.promise;
      return { code: 250, enhanced: "2.0.0", text: `${(await buffer(incoming.body)).length} octets` };
    });
    const heard = heardOf(client, "Hi\r\n.\r\n");
    await immediate();
    look.resolve();
    expect(await heard).toBe("250 2.0.0 4 octets\r\n");
  });

  test("A backend that never looks holds the client back, and answers all the same.", async () => {
    const answer = Promise.withResolvers<undefined>();
    const { client } = await withinData(() => answer.promise);
    const octets = 32_000_000;
    const line = `${"x".repeat(998)}\r\n`;
    client.socket.write(line.repeat(octets / line.length));
    const heard = heardOf(client, ".\r\n");
    for (let turn = 0; turn < 100; turn++) await immediate();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    answer.resolve(undefined);
    expect(await heard).toBe(queued);
    expect(await house.event("session.messageAccepted")).toMatchObject({ size: octets });
  });

  test("A backend that looks when its client is held back gets everything.", async () => {
    const octets = 32_000_000;
    const line = `${"x".repeat(998)}\r\n`;
    const look = Promise.withResolvers<void>();
    const { client } = await withinData(async (message) => {
      await look.promise;
      return (await buffer(message.body)).length === octets ? undefined : unknown;
    });
    client.socket.write(line.repeat(octets / line.length));
    const heard = heardOf(client, ".\r\n");
    for (let turn = 0; turn < 100; turn++) await immediate();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    look.resolve();
    expect(await heard).toBe(queued);
  });

  test.each<[string, (message: IncomingMessage) => Promise<unknown>]>([
    ["at once", ({ body }) => buffer(body)],
    [
      "afterwards",
      async (message) => {
        await house.event("connection.closed");
        return buffer(message.body);
      },
    ],
  ])("A backend that looks %s hears that its client has gone before the end.", async (_when, read) => {
    const error = Promise.withResolvers<unknown>();
    const { client } = await withinData(async (message) => {
      await read(message).then(() => error.resolve("nothing"), error.resolve);
      return undefined;
    });
    client.socket.write("Hi\r\n");
    await immediate();
    await gone(client);
    expect(await error.promise).toMatchObject({ code: "message-incomplete" });
    await house.event("connection.closed");
    expect(house.events.filter(({ type }) => type === "session.messageAccepted")).toEqual([]);
  });

  test("A backend that never looks, and one that looks and forgets, bear a client that goes.", async () => {
    for (const forget of [() => {}, ({ body }: IncomingMessage) => body]) {
      const { client } = await withinData((message) => {
        void forget(message);
        return new Promise(() => {});
      });
      client.socket.write("Hi\r\n");
      await gone(client);
      await house.event("connection.closed");
      expect(failures()).toEqual([]);
      await expectNobodyInside(house);
    }
  });

  test("A backend that has not looked yet hears that the session refuses it.", async () => {
    const look = Promise.withResolvers<void>();
    const error = Promise.withResolvers<unknown>();
    const { client } = await withinData(async (message) => {
      await look.promise;
      await buffer(message.body).catch(error.resolve);
      return undefined;
    });
    expect(await heardOf(client, "bare\nline feed\r\n.\r\n")).toMatch(/^550 5\.6\.11 /);
    look.resolve();
    expect(await error.promise).toMatchObject({ code: "message-refused" });
  });

  test("What comes after the answer is not given to a backend that looks then.", async () => {
    const { client, message } = await withinData(() => undefined);
    expect(await heardOf(client, "Hi\r\n.\r\n")).toBe(queued);
    expect(message.body.destroyed).toBe(true);
  });
});

describe("a backend that takes whole messages", () => {
  interface Taking {
    readonly taken: WholeMessage[];
    readonly backend: Backend;
  }

  /** It is never asked for a message that comes. */
  function taking(answer: NonNullable<Backend["wholeMessage"]> = () => undefined): Taking {
    const taken: WholeMessage[] = [];
    const backend: Backend = {
      recipient: () => undefined,
      message: () => {
        throw new Error("This backend takes no streams.");
      },
      wholeMessage: (message) => {
        taken.push(message);
        return answer(message);
      },
    };
    return { taken, backend };
  }

  const contents = (taken: readonly WholeMessage[]) => taken.map(({ content }) => content.toString());

  test("It gets an empty one, one in pieces and one in chunks, each once and in one piece.", async () => {
    const { taken, backend } = taking();
    const client = await introduced(smtp({ backend }));
    client.socket.write(`${envelope}DATA\r\n.\r\n${envelope}DATA\r\none\r\n.`);
    await client.until("354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok: queued\r\n");
    expect(contents(taken)).toEqual([""]);
    const heard = await heardOf(client, `.two\r\n.\r\n${envelope}BDAT 3\r\nHi\rBDAT 3 LAST\r\n\nHo`);
    expect(heard.endsWith(`250 2.0.0 3 octets received\r\n${queued}`)).toBe(true);
    expect(contents(taken)).toEqual(["", "one\r\n.two\r\n", "Hi\r\nHo\r\n"]);
    expect(taken[0]?.envelope).toMatchObject({
      sender: "ann@example.org",
      recipients: [{ address: "bob@example.com" }],
    });
  });

  test.each<[string, NonNullable<Backend["wholeMessage"]>]>([
    ["at once", () => ({ code: 250, enhanced: "2.6.0", text: "Kept" })],
    ["later", () => immediate({ code: 250, enhanced: "2.6.0", text: "Kept" })],
  ])("The client hears what it answers %s, before the reply to the next command.", async (_when, answer) => {
    const client = await introduced(smtp({ backend: taking(answer).backend }));
    const heard = await heardOf(client, `${envelope}DATA\r\nHi\r\n.\r\nNOOP\r\n`);
    expect(heard.endsWith("250 2.6.0 Kept\r\n250 2.0.0 Ok\r\n")).toBe(true);
    expect(await house.event("session.messageAccepted")).toMatchObject({ size: 4, recipients: 1 });
  });

  test.each<[string, NonNullable<Backend["wholeMessage"]>]>([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
    ["answers with a code that ends no command", () => ({ code: 354, enhanced: "2.0.0", text: "More" })],
  ])("One that %s is a temporary failure, and nothing is acknowledged.", async (_how, answer) => {
    const client = await introduced(smtp({ backend: taking(answer).backend }));
    const heard = await heardOf(client, `${envelope}DATA\r\nHi\r\n.\r\nNOOP\r\n`);
    expect(heard.endsWith(`${temporary}250 2.0.0 Ok\r\n`)).toBe(true);
    expect(failures()).toMatchObject([{ operation: "message" }]);
    expect(house.events.filter(({ type }) => type === "session.messageAccepted")).toEqual([]);
  });

  test("An LMTP client hears of each recipient.", async () => {
    const client = await introduced(lmtp({ backend: taking(() => [undefined, unknown]).backend }));
    const heard = await heardOf(client, `${envelope}RCPT TO:<eve@example.com>\r\nDATA\r\nHi\r\n.\r\n`);
    expect(heard.endsWith(`${queued}550 5.1.1 No such user\r\n`)).toBe(true);
  });

  test("It never hears of a message that breaks off, is reset, is refused or is too long.", async () => {
    const { taken, backend } = taking();
    const client = await introduced(smtp({ backend, messageSize: 1000 }));
    const heard = await heardOf(
      client,
      `${envelope}DATA\r\nbare\nline feed\r\n.\r\n${envelope}BDAT 4\r\nHi\r\nRSET\r\n${envelope}DATA\r\n${"x".repeat(1000)}\r\n.\r\n`,
    );
    expect(heard).toMatch(/^550 5\.6\.11 /m);
    expect(heard).toMatch(/^552 5\.3\.4 /m);
    const second = await rawClient(house.port("mail"));
    second.socket.write(`EHLO load\r\n${envelope}DATA\r\nHi\r\n`);
    await second.until("354 ");
    await gone(second);
    await house.event("connection.closed", ({ cause }) => cause !== "quit");
    expect(taken).toEqual([]);
  });
});
