import { type Observable, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Mailboxes } from "../../../src/protocols/mailbox.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { secureFacts } from "../memory-wire.ts";
import { ann, connect, logIn, play, select } from "./fixture.ts";

const common =
  "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN MOVE SPECIAL-USE CREATE-SPECIAL-USE";
const hello = "From: Bob <bob@example.com>\nTo: Ann <ann@example.com>\nSubject: Hello\n\nIt works.\n";

describe("before the log-in", () => {
  it("greets with its capabilities", async () => {
    const { wire } = await connect({ authWithoutTls: false });
    expect(wire.output).toBe(`* OK [CAPABILITY ${common} STARTTLS LOGINDISABLED] mx.example.com Gatehouse\r\n`);
  });

  it("takes no password in clear", async () => {
    const fixture = await connect({ authWithoutTls: false });
    await play(
      fixture,
      `
      C: a LOGIN ann@example.com wonderland
      S: a NO [PRIVACYREQUIRED] Log in under TLS only
      C: b AUTHENTICATE PLAIN
      S: b NO [PRIVACYREQUIRED] Log in under TLS only
    `,
    );
  });

  it("offers mechanisms under TLS, and STARTTLS no more", async () => {
    const { wire } = await connect({ authWithoutTls: false, wire: { tls: secureFacts } });
    expect(wire.output).toContain(`CAPABILITY ${common} AUTH=PLAIN AUTH=LOGIN]`);
  });

  it("drops what came in clear with STARTTLS", async () => {
    const fixture = await connect({ authWithoutTls: false });
    expect(await fixture.wire.send("a STARTTLS\r\nb LOGIN ann@example.com wonderland\r\nc NO")).toBe(
      "a OK Begin TLS negotiation now\r\n",
    );
    expect(fixture.wire.verdict).toEqual({ next: "upgrade" });
    expect(await fixture.wire.secure()).toBe("");
    await play(
      fixture,
      `
      C: d NOOP
      S: d OK Done
      C: e STARTTLS
      S: e BAD TLS is active already
    `,
    );
    expect(fixture.wire.notices).toEqual([]);
  });

  it("takes LOGIN, AUTHENTICATE and an initial response", async () => {
    const plain = Buffer.from(`\0${ann.username}\0${ann.password}`).toString("base64");
    const loggedIn = `OK \\[CAPABILITY ${common.replaceAll("+", "\\+")}\\] Logged in`;
    for (const dialogue of [
      `C: a LOGIN ann@example.com {10+}
       C: wonderland
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE PLAIN ${plain}
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE PLAIN
       S: + 
       C: ${plain}
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE LOGIN
       S: + VXNlcm5hbWU6
       C: ${Buffer.from(ann.username).toString("base64")}
       S: + UGFzc3dvcmQ6
       C: ${Buffer.from(ann.password).toString("base64")}
       S~ a ${loggedIn}`,
    ]) {
      const fixture = await connect();
      await play(fixture, dialogue);
      expect(fixture.wire.state).toBe("authenticated");
      expect(fixture.wire.sessionTimeout).toBeNull();
    }
  });

  it("answers wrong passwords later each time, and ends after the third", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a LOGIN ann@example.com looking-glass
      S: a NO [AUTHENTICATIONFAILED] Name or password is wrong
      C: b LOGIN ann@example.com looking-glass
      S: b NO [AUTHENTICATIONFAILED] Name or password is wrong
      C: c LOGIN ann@example.com looking-glass
      S: c NO [AUTHENTICATIONFAILED] Name or password is wrong
      S: * BYE Too many failures to log in
    `,
    );
    expect(fixture.wire.waits).toEqual([1000, 2000, 4000]);
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "authentication-failed" });
  });

  it("lets an exchange be cancelled", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a AUTHENTICATE PLAIN
      S: + 
      C: *
      S: a BAD The exchange was cancelled
      C: b NOOP
      S: b OK Done
    `,
    );
  });

  it.each(["SELECT INBOX", 'LIST "" *', "FETCH 1 FLAGS", "IDLE", "NAMESPACE", "CLOSE", "ENABLE CONDSTORE"])(
    "refuses %s",
    async (command) => {
      const fixture = await connect();
      await play(
        fixture,
        `
        C: a ${command}
        S: a BAD Log in first
      `,
      );
    },
  );

  it("refuses APPEND before its message is sent", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a APPEND INBOX {5}
      S: a BAD Log in first
      C: b NOOP
      S: b OK Done
    `,
    );
  });

  it("ends after too many errors or commands", async () => {
    const { wire } = await connect();
    expect(await wire.send("a FROBNICATE\r\n".repeat(10))).toMatch(/\* BYE Too many errors\r\n$/);
    expect(wire.verdict).toEqual({ next: "close", cause: "too-many-errors" });
    const { wire: busy } = await connect();
    expect(await busy.send("a NOOP\r\n".repeat(51))).toMatch(/\* BYE Too many commands before the log-in\r\n$/);
    expect(busy.verdict).toEqual({ next: "close", cause: "too-many-errors" });
  });

  it("says goodbye when the log-in takes too long, at a handshake of TLS, and at LOGOUT", async () => {
    const { wire } = await connect();
    expect(wire.sessionTimeout).toBe(180_000);
    expect(wire.expire("session")).toBe("* BYE It took too long to log in\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
    const { wire: secure } = await connect();
    expect(await secure.send(Buffer.from([0x16, 3, 1, 0]))).toMatch(/^\* BYE /);
    const { wire: polite } = await connect();
    expect(await polite.send("a LOGOUT\r\nb NOOP\r\n")).toBe("* BYE Logging out\r\na OK Bye\r\n");
    expect(polite.verdict).toEqual({ next: "close", cause: "quit" });
  });

  it("leaves the dialogue to an embedder's session, with what came behind the log-in", async () => {
    const received: string[] = [];
    const fixture = await connect({
      takeOver: (identity, wire) => ({
        state: "taken",
        greet: () => {
          wire.write(`* hello ${identity.username}\r\n`);
          return { next: "continue" };
        },
        receive: (chunk) => {
          received.push(Buffer.from(chunk).toString());
          return { next: "continue" };
        },
        resume: () => ({ next: "continue" }),
        writable: () => ({ next: "continue" }),
        secured: () => ({ next: "continue" }),
        ended: () => ({ next: "close", cause: "quit" }),
        drain: () => ({ next: "close", cause: "drained" }),
        expired: () => ({ next: "close", cause: "idle-timeout" }),
        closed: () => {},
      }),
    });
    expect(await fixture.wire.send("a LOGIN ann@example.com wonderland\r\nb NOOP\r\n")).toBe(
      "a OK Logged in\r\n* hello ann@example.com\r\n",
    );
    expect(received).toEqual(["b NOOP\r\n"]);
    expect(fixture.wire.state).toBe("taken");
  });
});

describe("after the log-in", () => {
  it("tells what it is, and what it has", async () => {
    const fixture = await logIn();
    await play(
      fixture,
      `
      C: a CAPABILITY
      S: * CAPABILITY ${common}
      S: a OK Capabilities told
      C: b ID ("name" "test")
      S: * ID ("name" "Gatehouse")
      S: b OK Pleased to meet you
      C: c NAMESPACE
      S: * NAMESPACE (("" "/")) NIL NIL
      S: c OK Done
      C: d ENABLE CONDSTORE
      S: * ENABLED
      S: d OK Done
      C: e LOGIN ann@example.com wonderland
      S: e BAD You are logged in already
      C: f FETCH 1 FLAGS
      S: f BAD Select a mailbox first
    `,
    );
  });

  it("makes, lists, subscribes, renames and removes mailboxes", async () => {
    const fixture = await logIn();
    await play(
      fixture,
      `
      C: a LIST "" ""
      S: * LIST (\\Noselect) "/" ""
      S: a OK Done
      C: b CREATE Work/2024
      S: b OK Created
      C: c CREATE Work
      S~ c NO \\[ALREADYEXISTS\\] .*
      C: d LIST "" W%
      S: * LIST (\\HasChildren) "/" "Work"
      S: d OK Done
      C: e LIST Work/ *
      S: * LIST (\\HasNoChildren) "/" "Work/2024"
      S: e OK Done
      C: f SUBSCRIBE Work/2024
      S: f OK Done
      C: g LSUB "" Wor%
      S: * LSUB (\\Noselect) "/" "Work"
      S: g OK Done
      C: h LSUB "" Wor*
      S: * LSUB () "/" "Work/2024"
      S: h OK Done
      C: i RENAME Work Arbeit-&APwA5A-
      S: i OK Renamed
      C: j LIST "" Arbeit*
      S: * LIST (\\HasChildren) "/" "Arbeit-&APwA5A-"
      S: * LIST (\\HasNoChildren) "/" "Arbeit-&APwA5A-/2024"
      S: j OK Done
      C: k DELETE Arbeit-&APwA5A-/2024
      S: k OK Deleted
      C: l DELETE INBOX
      S~ l NO \\[CANNOT\\] .*
      C: m DELETE nothing
      S~ m NO \\[NONEXISTENT\\] .*
      C: n STATUS INBOX (MESSAGES RECENT UIDNEXT UNSEEN)
      S: * STATUS "INBOX" (MESSAGES 0 RECENT 0 UIDNEXT 1 UNSEEN 0)
      S: n OK Done
      C: o LIST (SPECIAL-USE) "" *
      S~ \\* LIST .*Archive.*
      S~ \\* LIST .*Drafts.*
      S~ \\* LIST .*Junk.*
      S~ \\* LIST .*Sent.*
      S~ \\* LIST .*Trash.*
      S: o OK Done
    `,
    );
  });

  it("selects, and leaves", async () => {
    const fixture = await logIn();
    fixture.deliver(hello);
    await play(
      fixture,
      `
      C: a SELECT inbox
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
      S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that are kept
      S: * 1 EXISTS
      S: * 1 RECENT
      S: * OK [UNSEEN 1] First message that was not seen
      S~ \\* OK \\[UIDVALIDITY \\d+\\] UIDs are valid
      S: * OK [UIDNEXT 2] Next UID
      S: a OK [READ-WRITE] Selected
      C: b UNSELECT
      S: b OK Closed
      C: c EXAMINE INBOX
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
      S: * OK [PERMANENTFLAGS ()] No flags can be changed
      S: * 1 EXISTS
      S: * 0 RECENT
      S: * OK [UNSEEN 1] First message that was not seen
      S~ \\* OK \\[UIDVALIDITY \\d+\\] UIDs are valid
      S: * OK [UIDNEXT 2] Next UID
      S: c OK [READ-ONLY] Selected
      C: d STORE 1 +FLAGS (\\Seen)
      S: d NO [READ-ONLY] The mailbox was selected for reading only
      C: e SELECT nothing
      S~ e NO \\[NONEXISTENT\\] .*
      C: f FETCH 1 FLAGS
      S: f BAD Select a mailbox first
    `,
    );
    expect(fixture.wire.state).toBe("authenticated");
  });

  it("fetches", async () => {
    const fixture = await select([hello]);
    await play(
      fixture,
      `
      C: a FETCH 1 (UID FLAGS RFC822.SIZE ENVELOPE BODY)
      S~ \\* 1 FETCH \\(UID 1 FLAGS \\(\\\\Recent\\) RFC822.SIZE 85 ENVELOPE \\(NIL "Hello" .* BODY \\("TEXT" "PLAIN" .*
      S: a OK Fetched
      C: b FETCH 1 BODY.PEEK[TEXT]
      S: * 1 FETCH (BODY[TEXT] {11}
      S: It works.
      S: )
      S: b OK Fetched
      C: c UID FETCH 1:* BODY[HEADER.FIELDS (SUBJECT)]
      S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {18}
      S: Subject: Hello
      S: 
      S:  FLAGS (\\Seen \\Recent))
      S: c OK Fetched
      C: d FETCH 1 (BODY[]<3.7> BODY[1] BODY[2] BODY[1.MIME]<0.5>)
      S: * 1 FETCH (BODY[]<3> {7}
      S: m: Bob  BODY[1] {11}
      S: It works.
      S:  BODY[2] NIL BODY[1.MIME]<0> {5}
      S: From:)
      S: d OK Fetched
      C: e FETCH 7 FLAGS
      S: e BAD There is no message with this number
      C: f UID FETCH 7 FLAGS
      S: f OK Fetched
      C: g FETCH 1 (RFC822.HEADER BODY[9]<5.5> BODY.PEEK[]<1000.10>)
      S: * 1 FETCH (RFC822.HEADER {74}
      S: From: Bob <bob@example.com>
      S: To: Ann <ann@example.com>
      S: Subject: Hello
      S: 
      S:  BODY[9]<5> NIL BODY[]<1000> {0}
      S: )
      S: g OK Fetched
    `,
    );
  });

  it("stores, copies, moves and expunges", async () => {
    const fixture = await select([hello, hello, hello, hello]);
    await play(
      fixture,
      `
      C: a STORE 1:2 FLAGS (\\Flagged $Forwarded)
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)
      S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded \\*)] Flags that are kept
      S: * 1 FETCH (FLAGS (\\Flagged $Forwarded \\Recent))
      S: * 2 FETCH (FLAGS (\\Flagged $Forwarded \\Recent))
      S: a OK Stored
      C: b UID STORE 1 -FLAGS.SILENT (\\Flagged)
      S: b OK Stored
      C: c STORE 1 +FLAGS \\Deleted
      S: * 1 FETCH (FLAGS (\\Deleted $Forwarded \\Recent))
      S: c OK Stored
      C: d COPY 1:2 Archive
      S~ d OK \\[COPYUID \\d+ 1:2 1:2\\] Copied
      C: e COPY 1 nowhere
      S: e NO [TRYCREATE] There is no such mailbox; make it first
      C: f EXPUNGE
      S: * 1 EXPUNGE
      S: f OK Expunged
      C: g MOVE 1 Archive
      S~ \\* OK \\[COPYUID \\d+ 2 3\\] Copied
      S: * 1 EXPUNGE
      S: g OK Moved
      C: h STORE 1:2 +FLAGS.SILENT (\\Deleted)
      S: h OK Stored
      C: i UID EXPUNGE 4
      S: * 2 EXPUNGE
      S: i OK Expunged
      C: j CLOSE
      S: j OK Closed
      C: k STATUS INBOX (MESSAGES)
      S: * STATUS "INBOX" (MESSAGES 0)
      S: k OK Done
    `,
    );
  });

  it("searches", async () => {
    const fixture = await select([hello, hello.replace("Hello", "Bye").replace("works", "fails")]);
    await play(
      fixture,
      `
      C: a SEARCH ALL
      S: * SEARCH 1 2
      S: a OK Searched
      C: b UID SEARCH SUBJECT bye
      S: * SEARCH 2
      S: b OK Searched
      C: c SEARCH CHARSET UTF-8 TEXT WORKS
      S: * SEARCH 1
      S: c OK Searched
      C: d SEARCH OR SUBJECT hello BODY fails NOT SEEN LARGER 10 SINCE 1-Jan-2000
      S: * SEARCH 1 2
      S: d OK Searched
      C: e SEARCH 2:* UID 1:2 NEW
      S: * SEARCH 2
      S: e OK Searched
      C: f SEARCH DELETED
      S: * SEARCH
      S: f OK Searched
      C: g SEARCH CHARSET KOI8-R ALL
      S: g NO [BADCHARSET (US-ASCII UTF-8)] Searches are in US-ASCII or UTF-8
    `,
    );
  });

  it("appends", async () => {
    const fixture = await select();
    await play(
      fixture,
      `
      C: a APPEND nowhere {5}
      S: a NO [TRYCREATE] There is no such mailbox; make it first
      C: b APPEND INBOX (\\Seen) "01-Feb-2003 04:05:06 +0100" {5}
      S: + Ready for the message
      C: abc
      C:
      S: * 1 EXISTS
      S: * 1 RECENT
      S~ b OK \\[APPENDUID \\d+ 1\\] Appended
      C: c APPEND INBOX {5+}
      C: abc
      C:
      S: * 2 EXISTS
      S: * 2 RECENT
      S~ c OK \\[APPENDUID \\d+ 2\\] Appended
      C: d FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)
      S: * 1 FETCH (FLAGS (\\Seen \\Recent) INTERNALDATE "01-Feb-2003 03:05:06 +0000" RFC822.SIZE 5)
      S: d OK Fetched
      C: e APPEND INBOX {52428801}
      S: e NO [TOOBIG] Messages have 52428800 octets at most
    `,
    );
  });
});

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
    fixture.wire.expire("idle");
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
  });
});

interface Failures {
  /** Null never answers. */
  readonly list?: Error | null;
  readonly read?: Error;
  readonly changes$?: Observable<never>;
}

/** Ann's mail, where something fails. */
function failing({ list, read, changes$ }: Failures): Mailboxes {
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
        if (read) mailbox.content = async () => ({ size: 85, read: () => Promise.reject(read), close: () => {} });
        return mailbox;
      };
      return account;
    },
  };
}
