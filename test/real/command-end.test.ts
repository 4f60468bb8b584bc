/** How the command ends: by a signal, once or twice, with sessions under way; and without warning. */
import { describe, expect, test } from "vitest";
import { type ServingCommand, serve } from "./command.ts";
import { receivedIn } from "./mail-server.ts";
import { dotStuffed, messageOf, trickyMessage } from "./messages.ts";
import { openDialogue, type SmtpDialogue, startData } from "./smtp-dialogue.ts";

const ann = "ann@example.com";

function documentWith(system: object = {}): object {
  return {
    SystemSettings: { defaultHostname: "localhost", ...system },
    Account: { [ann]: { secret: { "@type": "Text", secret: "wonderland" } } },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }],
  };
}

/** A session in the middle of its message. */
async function halfSent(server: ServingCommand): Promise<SmtpDialogue & { readonly rest: string }> {
  const dialogue = await openDialogue(server.port("smtp"));
  await startData(dialogue, ann);
  const stuffed = dotStuffed(trickyMessage).toString();
  dialogue.send(stuffed.slice(0, 2000));
  return { ...dialogue, rest: `${stuffed.slice(2000)}.\r\n` };
}

function nextMessage(dialogue: SmtpDialogue): Promise<string | null> {
  dialogue.send(`MAIL FROM:<someone@example.net>\r\nRCPT TO:<${ann}>\r\n`);
  return dialogue
    .reply()
    .then(() => dialogue.reply())
    .then(() => dialogue.ask("DATA"));
}

describe("a signal while sessions are under way", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "lets the message finish, then says 421 and exits with 0: %s",
    async (signal) => {
      const server = await serve(documentWith());
      const sender = await halfSent(server);
      const idle = await openDialogue(server.port("smtp"));
      await idle.ask("EHLO client.example.org");

      server.kill(signal);
      expect(await idle.reply()).toMatch(/^421 4\.3\.2 localhost /);
      expect(await idle.reply()).toBeNull();
      const late = await openDialogue(server.port("smtp")).catch((error: NodeJS.ErrnoException) => error);
      if (late instanceof Error) expect(late.code).toBe("ECONNREFUSED");
      else expect(late.greeting).toMatch(/^421 /);

      sender.send(sender.rest);
      expect(await sender.reply()).toMatch(/^250 2\.0\.0 /);
      expect(await sender.reply()).toMatch(/^421 4\.3\.2 localhost /);
      expect(await sender.reply()).toBeNull();
      expect(await server.end).toEqual([0, null]);
      expect((await receivedIn(server.data)).map(({ content }) => content.toString())).toEqual([
        trickyMessage.toString(),
      ]);
      expect(server.log.filter(({ event }) => event === "connection.closed").map(({ cause }) => cause)).toEqual(
        expect.arrayContaining(["drained", "drained"]),
      );
    },
  );

  test("refuses the next transaction of a client that pipelines it behind the message", async () => {
    const server = await serve(documentWith());
    const sender = await halfSent(server);
    server.kill("SIGTERM");
    await server.logged({ event: "server.draining" });
    sender.send(`${sender.rest}MAIL FROM:<someone@example.net>\r\nRCPT TO:<${ann}>\r\nDATA\r\n`);
    expect(await sender.reply()).toMatch(/^250 /);
    expect(await sender.reply()).toMatch(/^421 /);
    expect(await sender.reply()).toBeNull();
    expect(await server.end).toEqual([0, null]);
    expect(await receivedIn(server.data)).toHaveLength(1);
  });

  test("a second one does not wait, and the unfinished message is not delivered", async () => {
    const server = await serve(documentWith());
    const sender = await halfSent(server);
    server.kill("SIGTERM");
    await server.logged({ event: "server.draining" });
    server.kill("SIGTERM");
    expect(await server.end).toEqual([0, null]);
    expect(await sender.reply()).toBeNull();
    expect(await receivedIn(server.data)).toEqual([]);
    expect(await server.logged({ event: "connection.closed" })).toMatchObject({ cause: "stopped" });
  });

  test("waits for drainTimeout and no longer", async () => {
    const server = await serve(documentWith({ drainTimeout: "200ms" }));
    const sender = await halfSent(server);
    server.kill("SIGTERM");
    expect(await server.end).toEqual([0, null]);
    expect(await sender.reply()).toBeNull();
    expect(await server.logged({ event: "connection.closed" })).toMatchObject({ cause: "drain-timeout" });
    expect(await receivedIn(server.data)).toEqual([]);
  });

  test("ends a server without sessions at once", async () => {
    const server = await serve(documentWith());
    server.kill("SIGTERM");
    expect(await server.end).toEqual([0, null]);
    expect(server.log.at(-1)).toMatchObject({ event: "server.stopped" });
  });
});

describe("kill -9", () => {
  test("loses no acknowledged message, delivers no torn one, and the next start finds all of them", async () => {
    const server = await serve(documentWith());
    const acknowledged: string[] = [];
    const sent = new Set<string>();
    const clients = Array.from({ length: 6 }, async (_, client) => {
      const dialogue = await openDialogue(server.port("smtp"));
      await startData(dialogue, ann);
      for (let number = 0; ; number++) {
        // Every third is too large for the database and gets a file.
        const content = `Subject: ${client}-${number}\r\n\r\n${messageOf(number % 3 === 0 ? 100_000 : 500)}`;
        sent.add(content);
        dialogue.send(`${dotStuffed(Buffer.from(content)).toString()}.\r\n`);
        const answer = await dialogue.reply().catch(() => null);
        if (!answer?.startsWith("250 ")) return;
        acknowledged.push(content);
        if (acknowledged.length === 100) server.kill("SIGKILL");
        const ready = await nextMessage(dialogue).catch(() => null);
        if (!ready) return;
      }
    });
    await Promise.all(clients);
    expect(await server.end).toEqual([null, "SIGKILL"]);

    const again = await serve(documentWith(), server.data);
    const received = new Set((await receivedIn(again.data)).map(({ content }) => content.toString()));
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(acknowledged.filter((content) => !received.has(content))).toEqual([]);
    expect([...received].filter((content) => !sent.has(content))).toEqual([]);
    const dialogue = await openDialogue(again.port("smtp"));
    await startData(dialogue, ann);
    expect(await dialogue.ask("Subject: after\r\n\r\n.")).toMatch(/^250 /);
  });

  test("delivers no message whose final dot had not come", async () => {
    const server = await serve(documentWith());
    const sender = await halfSent(server);
    server.kill("SIGKILL");
    expect(await server.end).toEqual([null, "SIGKILL"]);
    expect(await sender.reply().catch(() => null)).toBeNull();
    const again = await serve(documentWith(), server.data);
    expect(await receivedIn(again.data)).toEqual([]);
  });
});

test("SIGUSR1 opens no debugger: it is logged, and does nothing", async () => {
  const server = await serve(documentWith());
  server.kill("SIGUSR1");
  expect(await server.logged({ event: "signal.refused", signal: "SIGUSR1" })).toMatchObject({ level: 40 });
  expect((await openDialogue(server.port("smtp"))).greeting).toMatch(/^220 /);
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
  expect(await server.words).not.toContain("Debugger listening");
});
