import { describe, expect, it } from "vitest";
import { logIn, play, select } from "./fixture.ts";

const hello = "From: Bob <bob@example.com>\nTo: Ann <ann@example.com>\nSubject: Hello\n\nIt works.\n";

describe("several sessions on one mailbox", () => {
  it("tell each other's changes when the RFC allows", async () => {
    const one = await select([hello, hello, hello]);
    const two = await select([], { memory: one.mailboxes });
    await play(
      two,
      `
      C: a STORE 2 +FLAGS.SILENT (\\Deleted)
      S: a OK Stored
      C: b EXPUNGE
      S: * 2 EXPUNGE
      S: b OK Expunged
      C: c STORE 2 +FLAGS.SILENT (\\Seen)
      S: c OK Stored
    `,
    );
    one.deliver(hello);
    // Message 2 is gone and keeps its number until expunges may be told.
    await play(
      one,
      `
      C: a FETCH 1:3 UID
      S: * 1 FETCH (UID 1)
      S: * 2 FETCH (UID 2)
      S: * 3 FETCH (UID 3)
      S: * 3 FETCH (FLAGS (\\Seen \\Recent))
      S: * 4 EXISTS
      S: * 4 RECENT
      S: a OK Fetched
      C: b FETCH 2 BODY[]
      S: b NO [EXPUNGEISSUED] Some of the messages are no more
      C: c STORE 2 +FLAGS (\\Seen)
      S: c NO [EXPUNGEISSUED] Some of the messages are no more
      C: d SEARCH ALL
      S: * SEARCH 1 3 4
      S: d OK Searched
      C: e NOOP
      S: * 2 EXPUNGE
      S: e OK Done
      C: f FETCH 2 UID
      S: * 2 FETCH (UID 3)
      S: f OK Fetched
    `,
    );
  });

  it("tell them at once in IDLE", async () => {
    const fixture = await select([hello]);
    expect(await fixture.wire.send("a IDLE\r\n")).toBe("+ Idling\r\n");
    fixture.deliver(hello);
    expect(fixture.wire.take()).toBe("");
    expect(await fixture.wire.send("")).toBe("* 2 EXISTS\r\n* 2 RECENT\r\n");
    const other = await fixture.account.select("INBOX", { readOnly: false });
    await other.store([1], { mode: "add", flags: ["\\Deleted"] });
    await other.expunge();
    expect(await fixture.wire.send("")).toBe("* 1 EXPUNGE\r\n");
    await play(
      fixture,
      `
      C: DONE
      S: a OK Idle ended
    `,
    );
  });

  it("end when the mailbox is deleted by another, and go on after deleting it themselves", async () => {
    const one = await logIn();
    const two = await logIn({ memory: one.mailboxes });
    await one.wire.send("a CREATE Work\r\nb SELECT Work\r\n");
    await two.wire.send("a SELECT Work\r\n");
    await play(
      one,
      `
      C: c DELETE Work
      S: c OK Deleted
      C: d NOOP
      S: d OK Done
    `,
    );
    expect(one.wire.state).toBe("authenticated");
    expect(await two.wire.send("b NOOP\r\n")).toContain("* BYE The selected mailbox was deleted\r\n");
  });
});
