import { describe, expect, it } from "vitest";
import { connect, logIn, play, select } from "./fixture.ts";

const common =
  "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN MOVE SPECIAL-USE CREATE-SPECIAL-USE";
const hello = "From: Bob <bob@example.com>\nTo: Ann <ann@example.com>\nSubject: Hello\n\nIt works.\n";

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

  it("finds names in either form of Unicode, and tells them in NFC", async () => {
    await play(
      await logIn(),
      `
      C: a CREATE Gru&Awg-n
      S: a OK Created
      C: b LIST "" Gru&Awg-n
      S: * LIST (\\HasNoChildren) "/" "Gr&APw-n"
      S: b OK Done
      C: c LIST "" Gr&APw-%
      S: * LIST (\\HasNoChildren) "/" "Gr&APw-n"
      S: c OK Done
      C: d LIST Gru &Awg-*
      S: * LIST (\\HasNoChildren) "/" "Gr&APw-n"
      S: d OK Done
      C: e SUBSCRIBE Gru&Awg-n
      S: e OK Done
      C: f LSUB "" Gru&Awg-%
      S: * LSUB () "/" "Gr&APw-n"
      S: f OK Done
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

describe("the sample connection of RFC 3501 section 8", () => {
  it("goes as it does there, in the server's own words", async () => {
    const message = `Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
From: Terry Gray <gray@cac.washington.edu>
Subject: IMAP4rev1 WG mtg summary and minutes
To: imap@cac.washington.edu
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
Message-Id: <B27397-0100000@cac.washington.edu>
MIME-Version: 1.0
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

Minutes
`;
    const fixture = await connect();
    for (let number = 1; number < 12; number++) fixture.deliver(hello);
    fixture.deliver(message);
    const { wire } = fixture;
    await wire.send("a001 login ann@example.com wonderland\r\n");
    expect(await wire.send("a002 select inbox\r\n")).toMatch(
      /^\* FLAGS [\s\S]*\* 12 EXISTS\r\n[\s\S]*a002 OK \[READ-WRITE\] Selected\r\n$/,
    );
    const full = await wire.send("a003 fetch 12 full\r\n");
    expect(full).toContain(
      'ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>") BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 9 1))\r\n',
    );
    const header = message.slice(0, message.indexOf("\n\n") + 2).replaceAll("\n", "\r\n");
    expect(await wire.send("a004 fetch 12 body[header]\r\n")).toBe(
      `* 12 FETCH (BODY[HEADER] {${header.length}}\r\n${header} FLAGS (\\Seen \\Recent))\r\na004 OK Fetched\r\n`,
    );
    expect(await wire.send("a005 store 12 +flags \\deleted\r\n")).toBe(
      "* 12 FETCH (FLAGS (\\Deleted \\Seen \\Recent))\r\na005 OK Stored\r\n",
    );
    expect(await wire.send("a006 logout\r\n")).toBe("* BYE Logging out\r\na006 OK Bye\r\n");
  });
});
