import { setImmediate as immediate } from "node:timers/promises";
import { type Observable, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Mailboxes } from "../../../src/protocols/mailbox.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann, connect, logIn, play, select } from "./fixture.ts";

const hello = "From: Bob <bob@example.com>\nTo: Ann <ann@example.com>\nSubject: Hello\n\nIt works.\n";

describe("the end", () => {
  it("comes between commands when the server drains, and in IDLE at once", async () => {
    const { wire } = await select();
    expect(wire.drain()).toBe("* BYE Server shutting down\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "drained" });
    const { wire: idling } = await select();
    await idling.send("a IDLE\r\n");
    expect(idling.drain()).toBe("* BYE Server shutting down\r\n");
  });

  it("waits for a command under way, and for the message of APPEND", async () => {
    const { wire } = await select([hello]);
    wire.push("a FETCH 1 BODY[TEXT]\r\nb NOOP\r\n");
    expect(wire.drain()).toBe("");
    expect(await wire.settle()).toBe(
      "* 1 FETCH (BODY[TEXT] {11}\r\nIt works.\r\n FLAGS (\\Seen \\Recent))\r\na OK Fetched\r\n* BYE Server shutting down\r\n",
    );
    const { wire: appending } = await select();
    await appending.send("a APPEND INBOX {5+}\r\nab");
    expect(appending.drain()).toBe("");
    expect(await appending.send("c\r\n\r\n")).toMatch(
      /a OK \[APPENDUID \d+ 1\] Appended\r\n\* BYE Server shutting down\r\n$/,
    );
  });

  it("comes after half an hour of silence", async () => {
    const { wire } = await select();
    expect(wire.idleTimeout).toBe(1_800_000);
    expect(wire.expire("idle")).toBe("* BYE Idle for too long\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "idle-timeout" });
  });

  it("gives a half-sent message up", async () => {
    const fixture = await select();
    await fixture.wire.send("a APPEND INBOX {5+}\r\nab");
    fixture.wire.close("peer-reset");
    expect((await fixture.account.status("INBOX")).messages).toBe(0);
  });
});

describe("pipelined commands", () => {
  it("are carried out in their order, however they are cut", async () => {
    const commands = "a STORE 1 +FLAGS.SILENT (\\Deleted)\r\nb EXPUNGE\r\nc FETCH 1 UID\r\nd LOGOUT\r\n";
    const answers =
      "a OK Stored\r\n* 1 EXPUNGE\r\nb OK Expunged\r\n* 1 FETCH (UID 2)\r\nc OK Fetched\r\n* BYE Logging out\r\nd OK Bye\r\n";
    for (const cuts of [[], [1, 2, 3], [30, 60], Array.from({ length: commands.length }, (_, index) => index)]) {
      const { wire } = await select([hello, hello]);
      expect(await wire.send(commands, cuts)).toBe(answers);
    }
  });

  it("may be many, and wait for a peer that does not read", async () => {
    const { wire } = await select();
    const answers = await wire.send("a NOOP\r\nb CAPABILITY\r\n".repeat(2000));
    expect(answers.match(/^b OK/gm)).toHaveLength(2000);
    wire.reading = false;
    wire.push("a CAPABILITY\r\n".repeat(2000));
    expect(wire.verdict).toEqual({ next: "wait" });
    expect(wire.take().length).toBeLessThan(2 * 65_536);
    expect((await wire.read()).match(/^a OK/gm)?.length).toBeGreaterThan(1000);
  });
});

describe("a mailbox that fails", () => {
  it("keeps nobody from trying to log in again", async () => {
    const fixture = await connect({
      mailboxes: {
        open: async () => {
          throw new Error("disk on fire");
        },
      },
    });
    await play(
      fixture,
      `
      C: a LOGIN ann@example.com wonderland
      S: a NO [UNAVAILABLE] Temporary failure, try again later
      C: b NOOP
      S: b OK Done
    `,
    );
    expect(fixture.wire.notices.map(({ type }) => type)).toEqual(["session.authenticated", "session.backendFailed"]);
  });

  it("gets a temporary failure for what needs it, and the session goes on", async () => {
    const fixture = await logIn({ mailboxes: failing({ list: new Error("disk on fire") }) });
    await play(
      fixture,
      `
      C: a LIST "" *
      S: a NO [UNAVAILABLE] Temporary failure, try again later
      C: b NOOP
      S: b OK Done
    `,
    );
    expect(fixture.wire.notices).toContainEqual(
      expect.objectContaining({ type: "session.backendFailed", operation: "mailbox" }),
    );
  });

  it("leaves no line of a search unended", async () => {
    const fixture = await logIn({ mailboxes: failing({ matching: new Error("disk on fire") }) });
    await fixture.wire.send("a SELECT INBOX\r\n");
    await play(
      fixture,
      `
      C: a SEARCH TEXT works
      S: * SEARCH
      S: a NO [UNAVAILABLE] Temporary failure, try again later
    `,
    );
  });

  it("ends the session when a literal was announced and cannot be completed", async () => {
    const fixture = await logIn({ mailboxes: failing({ read: new Error("disk on fire") }) });
    await fixture.wire.send("a SELECT INBOX\r\n");
    expect(await fixture.wire.send("b FETCH 1 BODY.PEEK[]\r\nc NOOP\r\n")).toBe("* 1 FETCH (BODY[] {85}\r\n");
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "session-failed" });
  });

  it("ends the session when its changes are told of no more", async () => {
    const changes$ = throwError(() => new Error("disk on fire"));
    const fixture = await logIn({ mailboxes: failing({ changes$ }) });
    expect(await fixture.wire.send("a SELECT INBOX\r\n")).toMatch(
      /\* BYE \[UNAVAILABLE\] The mailbox cannot be reached any more\r\n$/,
    );
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "session-failed" });
  });

  it("is excused once for being slow, and then the session ends", async () => {
    const fixture = await logIn({ mailboxes: failing({ list: null }) });
    fixture.wire.push('a LIST "" *\r\n');
    expect(fixture.wire.expire("idle")).toBe("");
    expect(fixture.wire.verdict).toEqual({ next: "wait" });
    expect(fixture.wire.expire("idle")).toBe("* BYE [UNAVAILABLE] The mailbox takes too long, try again later\r\n");
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
  });

  it("says no goodbye to the slow in the middle of a literal", async () => {
    const fixture = await logIn({ mailboxes: failing({ read: null }) });
    await fixture.wire.send("a SELECT INBOX\r\n");
    fixture.wire.push("b FETCH 1 BODY.PEEK[]\r\n");
    await immediate();
    expect(fixture.wire.expire("idle")).toBe("* 1 FETCH (BODY[] {85}\r\n");
    expect(fixture.wire.expire("idle")).toBe("");
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
  });
});

interface Failures {
  /** Null never answers. */
  readonly list?: Error | null;
  /** Null never answers. */
  readonly read?: Error | null;
  readonly matching?: Error;
  readonly changes$?: Observable<never>;
}

/** Ann's mail, where something fails. */
function failing({ list, read, matching, changes$ }: Failures): Mailboxes {
  const mailboxes = new MemoryMailboxes();
  mailboxes.deliver(ann.username, hello.replaceAll("\n", "\r\n"));
  return {
    open: async (identity) => {
      const account = await mailboxes.open(identity);
      if (list !== undefined) account.list = () => (list ? Promise.reject(list) : new Promise(() => {}));
      const select = account.select.bind(account);
      account.select = async (name, options) => {
        const mailbox = await select(name, options);
        if (changes$) Object.defineProperty(mailbox, "changes$", { value: changes$ });
        if (matching) mailbox.matching = () => Promise.reject(matching);
        const answer = () => (read ? Promise.reject(read) : new Promise<never>(() => {}));
        if (read !== undefined) mailbox.content = async () => ({ size: 85, read: answer, close: () => {} });
        return mailbox;
      };
      return account;
    },
  };
}
