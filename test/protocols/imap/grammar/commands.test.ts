import { describe, expect, it } from "vitest";
import { parse } from "./reading.ts";

const set = (first: number, last = first) => ({ first, last });
const STAR = Number.POSITIVE_INFINITY;

describe("commands", () => {
  it.each([
    ["CAPABILITY", { name: "CAPABILITY" }],
    ["noop", { name: "NOOP" }],
    ["NOOP ", { name: "NOOP" }],
    ["LOGOUT", { name: "LOGOUT" }],
    ["STARTTLS", { name: "STARTTLS" }],
    ["NAMESPACE", { name: "NAMESPACE" }],
    ["IDLE", { name: "IDLE" }],
    ["CHECK", { name: "CHECK" }],
    ["CLOSE", { name: "CLOSE" }],
    ["UNSELECT", { name: "UNSELECT" }],
    ["AUTHENTICATE plain", { name: "AUTHENTICATE", mechanism: "PLAIN", initialResponse: null }],
    ["AUTHENTICATE PLAIN AGEAYg==", { name: "AUTHENTICATE", mechanism: "PLAIN", initialResponse: "AGEAYg==" }],
    ["AUTHENTICATE EXTERNAL =", { name: "AUTHENTICATE", mechanism: "EXTERNAL", initialResponse: "=" }],
    ["LOGIN SMITH SESAME", { name: "LOGIN", username: "SMITH", password: "SESAME" }],
    ['LOGIN "a\\"b\\\\" "p w]"', { name: "LOGIN", username: 'a"b\\', password: "p w]" }],
    ['LOGIN alice@example.com "gr\xc3\xbcn"', { name: "LOGIN", username: "alice@example.com", password: "grün" }],
    ["ENABLE CONDSTORE X-good", { name: "ENABLE", capabilities: ["CONDSTORE", "X-GOOD"] }],
    ["ID NIL", { name: "ID", parameters: null }],
    ["ID ()", { name: "ID", parameters: new Map() }],
    [
      'ID ("Name" "sodr" "version" NIL)',
      {
        name: "ID",
        parameters: new Map([
          ["name", "sodr"],
          ["version", null],
        ]),
      },
    ],
    ["SELECT inbox", { name: "SELECT", mailbox: "INBOX" }],
    ['EXAMINE "blurdy bloop"', { name: "EXAMINE", mailbox: "blurdy bloop" }],
    ["SELECT Entw&APw-rfe", { name: "SELECT", mailbox: "Entwürfe" }],
    ['SELECT "Entw\xc3\xbcrfe"', { name: "SELECT", mailbox: "Entwürfe" }],
    ["CREATE owatagusiam/", { name: "CREATE", mailbox: "owatagusiam/", specialUse: [] }],
    [
      "CREATE MySent (USE (\\Sent \\drafts))",
      { name: "CREATE", mailbox: "MySent", specialUse: ["\\Sent", "\\Drafts"] },
    ],
    ["DELETE foo/bar", { name: "DELETE", mailbox: "foo/bar" }],
    ["RENAME INBOX old-mail", { name: "RENAME", from: "INBOX", to: "old-mail" }],
    ["SUBSCRIBE #news.comp.mail.mime", { name: "SUBSCRIBE", mailbox: "#news.comp.mail.mime" }],
    ["UNSUBSCRIBE x", { name: "UNSUBSCRIBE", mailbox: "x" }],
    ['LSUB "#news." "comp.mail.*"', { name: "LSUB", reference: "#news.", pattern: "comp.mail.*" }],
    [
      "STATUS blurdybloop (UIDNEXT MESSAGES)",
      { name: "STATUS", mailbox: "blurdybloop", items: ["UIDNEXT", "MESSAGES"] },
    ],
    ["EXPUNGE", { name: "EXPUNGE", set: null }],
    ["UID EXPUNGE 3000:3002", { name: "EXPUNGE", set: [set(3000, 3002)] }],
    [
      "STORE 2:4 +FLAGS (\\Deleted)",
      { name: "STORE", uid: false, set: [set(2, 4)], action: "add", silent: false, flags: ["\\Deleted"] },
    ],
    [
      "uid store 7 -flags.silent \\seen $Forwarded",
      { name: "STORE", uid: true, set: [set(7)], action: "remove", silent: true, flags: ["\\Seen", "$Forwarded"] },
    ],
    [
      "STORE *:4 FLAGS ()",
      { name: "STORE", uid: false, set: [set(STAR, 4)], action: "replace", silent: false, flags: [] },
    ],
    [
      "STORE 1 FLAGS (\\Recent \\Seen)",
      { name: "STORE", uid: false, set: [set(1)], action: "replace", silent: false, flags: ["\\Seen"] },
    ],
    ["COPY 2:4 MEETING", { name: "COPY", uid: false, set: [set(2, 4)], mailbox: "MEETING" }],
    ["UID MOVE 42:69,4,7:* foo", { name: "MOVE", uid: true, set: [set(42, 69), set(4), set(7, STAR)], mailbox: "foo" }],
    ["MOVE 1 {3+}\r\nfoo", { name: "MOVE", uid: false, set: [set(1)], mailbox: "foo" }],
  ])("understands %s", (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it.each([
    ['LIST "" ""', { reference: "", patterns: [""], select: [], return: [], extended: false }],
    ["LIST ~/Mail/ %", { reference: "~/Mail/", patterns: ["%"], select: [], return: [], extended: false }],
    ['LIST "" {1+}\r\n*', { reference: "", patterns: ["*"], select: [], return: [], extended: false }],
    [
      'LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX "Dr&AOk-%") RETURN (CHILDREN SPECIAL-USE)',
      {
        reference: "",
        patterns: ["INBOX", "Dré%"],
        select: ["SUBSCRIBED", "RECURSIVEMATCH"],
        return: ["CHILDREN", "SPECIAL-USE"],
        extended: true,
      },
    ],
    [
      'LIST (SPECIAL-USE) "" "*"',
      { reference: "", patterns: ["*"], select: ["SPECIAL-USE"], return: [], extended: true },
    ],
    ['LIST () "" "*" RETURN ()', { reference: "", patterns: ["*"], select: [], return: [], extended: true }],
    ['LIST "" "no & such"', { reference: "", patterns: ["no & such"], select: [], return: [], extended: false }],
  ])("understands %s", (line, expected) => {
    expect(parse(line)).toEqual({ name: "LIST", ...expected });
  });

  it.each([
    ["LOGIN", "BAD"],
    ["LOGIN alice", "BAD"],
    ["LOGIN alice b c", "BAD"],
    ['LOGIN "alice" "b', "BAD"],
    ['LOGIN "al\\ice" b', "BAD"],
    ['LOGIN "a\xff" b', "BAD"],
    ["LOGIN al(ice b", "BAD"],
    ["SELECT", "BAD"],
    ["SELECT INBOX (CONDSTORE)", "BAD"],
    ["SELECT &APw", "NO \\[CANNOT\\]"],
    ["CREATE x (USE (\\Foo))", "NO \\[USEATTR\\]"],
    ["CREATE x (FOO (\\Sent))", "BAD"],
    ["STATUS INBOX ()", "BAD"],
    ["STATUS INBOX (FOO)", "BAD"],
    ['LIST (FOO) "" *', "BAD"],
    ['LIST (RECURSIVEMATCH) "" *', "BAD"],
    ['LIST "" () ', "BAD"],
    ['LIST "" * RETURN (STATUS (MESSAGES))', "BAD"],
    ['LIST "" * FOO', "BAD"],
    [`LIST "" (${"* ".repeat(101)})`, "BAD"],
    ["ID", "BAD"],
    ['ID ("name")', "BAD"],
    ["ENABLE", "BAD"],
    ["STORE 1 FOO (x)", "BAD"],
    ["STORE 1 +FLAGS", "BAD"],
    ["STORE 1 +FLAGS (\\Foo)", "BAD"],
    ["STORE 1 +FLAGS (a(b))", "BAD"],
    ["STORE 0 FLAGS ()", "BAD"],
    ["STORE 1,,2 FLAGS ()", "BAD"],
    ["STORE 1: FLAGS ()", "BAD"],
    ["STORE 4294967296 FLAGS ()", "BAD"],
    ["COPY 1", "BAD"],
    ["UID EXPUNGE", "BAD"],
    ["EXPUNGE 1", "BAD"],
    ["XYZZY", "BAD"],
  ])("refuses %s", (line, expected) => {
    expect(() => parse(line)).toThrow(new RegExp(`^a ${expected}`));
  });
});
