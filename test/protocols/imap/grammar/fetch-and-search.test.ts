import { describe, expect, it } from "vitest";
import type { FetchCommand } from "../../../../src/protocols/imap/grammar/command.ts";
import { parseDay } from "../../../../src/protocols/imap/grammar/dates.ts";
import type { FetchSection } from "../../../../src/protocols/imap/grammar/fetch-item.ts";
import { formatSectionName } from "../../../../src/protocols/imap/grammar/format-response.ts";
import type { SearchCommand, SearchKey } from "../../../../src/protocols/imap/grammar/search-key.ts";
import { MAX_PART_DEPTH } from "../../../../src/protocols/mailbox.ts";
import { parse, readOne } from "./reading.ts";

function fetched(items: string) {
  return (parse(`FETCH 1 ${items}`) as FetchCommand).items;
}

function searched(keys: string): SearchKey {
  return (parse(`SEARCH ${keys}`) as SearchCommand).key;
}

const section = { item: "SECTION", form: "BODY", part: [], text: null, fields: [], peek: false, partial: null };
const flag = (name: string, present = true): SearchKey => ({ key: "FLAG", flag: name, present });
const day = (text: string): number => parseDay(text) ?? Number.NaN;

describe("FETCH", () => {
  it.each([
    ["FAST", ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]],
    ["all", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]],
    ["FULL", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"]],
    ["UID", ["UID"]],
    ["(FLAGS UID BODY BODYSTRUCTURE)", ["FLAGS", "UID", "BODY", "BODYSTRUCTURE"]],
    ["( flags  uid )", ["FLAGS", "UID"]],
  ])("understands the attributes of %s", (items, expected) => {
    expect(fetched(items).map(({ item }) => item)).toEqual(expected);
  });

  it.each([
    ["BODY[]", {}],
    ["BODY.PEEK[]", { peek: true }],
    ["body[text]<0.2048>", { text: "TEXT", partial: { origin: 0, length: 2048 } }],
    ["BODY[HEADER]", { text: "HEADER" }],
    ["BODY.PEEK[HEADER.FIELDS (DATE FROM)]", { text: "HEADER.FIELDS", fields: ["DATE", "FROM"], peek: true }],
    ['BODY[HEADER.FIELDS.NOT ("X-Foo")]', { text: "HEADER.FIELDS.NOT", fields: ["X-Foo"] }],
    ["BODY[1]", { part: [1] }],
    ["BODY[4.2.2.1]", { part: [4, 2, 2, 1] }],
    ["BODY[3.HEADER]", { part: [3], text: "HEADER" }],
    ["BODY[4.1.MIME]", { part: [4, 1], text: "MIME" }],
    ["BODY[4.2.HEADER.FIELDS (A)]", { part: [4, 2], text: "HEADER.FIELDS", fields: ["A"] }],
    ["RFC822", { form: "RFC822" }],
    ["RFC822.HEADER", { form: "RFC822", text: "HEADER", peek: true }],
    ["RFC822.TEXT", { form: "RFC822", text: "TEXT" }],
  ])("understands the section %s", (item, expected) => {
    expect(fetched(item)).toEqual([{ ...section, ...expected }]);
    expect(fetched(`(UID ${item} FLAGS)`)[1]).toEqual({ ...section, ...expected });
  });

  it("takes any string for the name of a header field", () => {
    const { items } = readOne(
      'a FETCH 1 (BODY[HEADER.FIELDS ({4+}\r\nDate "a b" "x:" "" {5+}\r\nGr\xc3\xbcn)])',
    ) as FetchCommand;
    expect(items).toEqual([{ ...section, text: "HEADER.FIELDS", fields: ["Date", "a b", "x:", "", "Grün"] }]);
    const name = formatSectionName(items[0] as FetchSection);
    expect(name).toBe('BODY[HEADER.FIELDS (Date "a b" x: "" {5}\r\nGrün)]');
  });

  it("takes numbers of parts that are as deep as BODYSTRUCTURE shows them", () => {
    const deepest = Array.from({ length: MAX_PART_DEPTH }, () => 1);
    expect(fetched(`BODY[${deepest.join(".")}]`)).toEqual([{ ...section, part: deepest }]);
    expect(() => fetched(`BODY[${deepest.join(".")}.1]`)).toThrow("a BAD");
  });

  it.each([
    "BODY[]",
    "BODY[1.2.MIME]",
    "BODY[HEADER.FIELDS (DATE FROM)]",
    "BODY[1.HEADER.FIELDS.NOT (SUBJECT)]<100>",
    "RFC822",
    "RFC822.HEADER",
    "RFC822.TEXT",
  ])("is answered with the name that was asked for: %s", (name) => {
    const [item] = fetched(name.replace(/<(\d+)>/, "<$1.9>"));
    expect(item?.item === "SECTION" && formatSectionName(item)).toBe(name);
  });

  it.each([
    "()",
    "FOO",
    "(FAST)",
    "BODY[",
    "BODY[FOO]",
    "BODY[MIME]",
    "BODY[1.]",
    "BODY[1TEXT]",
    "BODY[.TEXT]",
    "BODY[0]",
    "BODY[HEADER.FIELDS]",
    "BODY[HEADER.FIELDS ()]",
    "BODY[]<0.0>",
    "BODY[]<5>",
    "BODY[]<1.2",
    "BODY [TEXT]",
    `BODY[${"1.".repeat(33)}1]`,
    "(UIDFLAGS)",
    "(UID FLAGS",
    "FLAGS UID",
  ])("refuses %s", (items) => {
    expect(() => fetched(items)).toThrow("a BAD");
  });
});

describe("SEARCH", () => {
  it.each<[string, SearchKey]>([
    ["ALL", { key: "ALL" }],
    ["ANSWERED", flag("\\Answered")],
    ["UNSEEN", flag("\\Seen", false)],
    ["NEW", { key: "AND", keys: [flag("\\Recent"), flag("\\Seen", false)] }],
    ["OLD", flag("\\Recent", false)],
    ["KEYWORD $Junk", flag("$Junk")],
    ["UNKEYWORD $Junk", flag("$Junk", false)],
    ["NOT DELETED", { key: "NOT", of: flag("\\Deleted") }],
    ["OR SEEN FLAGGED", { key: "OR", left: flag("\\Seen"), right: flag("\\Flagged") }],
    [
      "2,4:5",
      {
        key: "SET",
        uid: false,
        set: [
          { first: 2, last: 2 },
          { first: 4, last: 5 },
        ],
      },
    ],
    ["UID 7:*", { key: "SET", uid: true, set: [{ first: 7, last: Number.POSITIVE_INFINITY }] }],
    ["SINCE 1-Feb-1994", { key: "DATE", of: "internal", relation: "since", day: day("1-Feb-1994") }],
    ['SENTON "11-Nov-2020"', { key: "DATE", of: "sent", relation: "on", day: day("11-Nov-2020") }],
    ["sentbefore 01-jan-1970", { key: "DATE", of: "sent", relation: "before", day: 0 }],
    ["LARGER 100", { key: "SIZE", relation: "larger", octets: 100 }],
    ["SMALLER 0", { key: "SIZE", relation: "smaller", octets: 0 }],
    ['FROM "Smith"', { key: "ADDRESS", field: "FROM", text: "Smith" }],
    ['HEADER Message-ID ""', { key: "HEADER", field: "Message-ID", text: "" }],
    ["BODY x", { key: "CONTENT", of: "body", text: "x" }],
    ['TEXT {3+}\r\na"b', { key: "CONTENT", of: "message", text: 'a"b' }],
    [
      "SEEN (FLAGGED (DRAFT))",
      { key: "AND", keys: [flag("\\Seen"), { key: "AND", keys: [flag("\\Flagged"), flag("\\Draft")] }] },
    ],
  ])("understands %s", (keys, expected) => {
    expect(searched(keys)).toEqual(expected);
  });

  it("takes several keys as all of them", () => {
    const expected = [flag("\\Flagged"), { key: "DATE", of: "internal", relation: "since", day: day("1-Feb-1994") }];
    const smith = { key: "NOT", of: { key: "ADDRESS", field: "FROM", text: "Smith" } };
    expect(searched('FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"')).toEqual({ key: "AND", keys: [...expected, smith] });
  });

  it("decodes strings", () => {
    const utf8 = "\xd0\xbf\xd1\x80";
    expect(parse(`SEARCH CHARSET utf-8 TEXT {4+}\r\n${utf8}`)).toEqual({
      name: "SEARCH",
      uid: false,
      charset: "UTF-8",
      key: { key: "CONTENT", of: "message", text: "пр" },
    });
    expect(searched(`SUBJECT "${utf8}"`)).toEqual({ key: "HEADER", field: "SUBJECT", text: "пр" });
  });

  it("takes so many texts to look for, however they are put together", () => {
    const keys = ["BODY x", "TEXT x", "SUBJECT x", "HEADER Message-ID x", "NOT FROM x", "OR TO x CC x"];
    const search = (texts: number) =>
      `SEARCH ${Array.from({ length: texts }, (_, index) => keys[index % 5]).join(" ")}`;
    expect(parse(search(64))).toMatchObject({ name: "SEARCH" });
    expect(() => parse(search(65))).toThrow("a NO [LIMIT]");
    expect(() => parse(`${search(63)} ${keys[5]}`)).toThrow("a NO [LIMIT]");
    expect(parse(`SEARCH ${"SEEN ".repeat(1000)}TEXT x`)).toMatchObject({ name: "SEARCH" });
  });

  it("names the charsets it knows when it is asked for another", () => {
    expect(() => parse("UID SEARCH CHARSET KOI8-R TEXT x")).toThrow("a NO [BADCHARSET (US-ASCII UTF-8)]");
  });

  it.each([
    "",
    "CHARSET UTF-8",
    "FOO",
    "RETURN (MIN) ALL",
    "NOT",
    "OR SEEN",
    "()",
    "(SEEN",
    "SEEN)",
    "SINCE 31-Feb-2020",
    "SINCE yesterday",
    "FROM",
    "LARGER -1",
    "0",
    "KEYWORD \\Seen",
    `${"NOT ".repeat(33)}SEEN`,
    `${"(".repeat(33)}SEEN${")".repeat(33)}`,
    `${"OR SEEN ".repeat(33)}SEEN`,
    "SEEN ".repeat(4097).trim(),
  ])("refuses %s", (keys) => {
    expect(() => searched(keys)).toThrow("a BAD");
  });

  it("takes as many ranges as a line has room for", () => {
    expect(searched(`1${",1".repeat(20_000)}`)).toMatchObject({ key: "SET" });
  });

  it("takes what is within each other as deep as the limit has it", () => {
    expect(() => searched(`${"NOT ".repeat(32)}SEEN`)).not.toThrow();
  });
});
