import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFlags } from "../../../../src/protocols/imap/grammar/flags.ts";
import {
  formatAppendUid,
  formatCopyUid,
  formatId,
  formatList,
  formatStatus,
} from "../../../../src/protocols/imap/grammar/format-response.ts";
import {
  formatAstring,
  formatMailbox,
  formatNstring,
  formatString,
} from "../../../../src/protocols/imap/grammar/format-string.ts";
import {
  formatBody,
  formatBodyStructure,
  formatEnvelope,
} from "../../../../src/protocols/imap/grammar/format-structure.ts";
import type { MessageEnvelope, MessagePart } from "../../../../src/protocols/mailbox.ts";
import { readAll } from "./reading.ts";

const envelope: MessageEnvelope = {
  date: "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
  subject: "IMAP4rev1 WG mtg summary and minutes",
  from: [{ name: "Terry Gray", mailbox: "gray", host: "cac.washington.edu" }],
  sender: [{ name: "Terry Gray", mailbox: "gray", host: "cac.washington.edu" }],
  replyTo: [],
  to: [{ name: null, mailbox: "imap", host: "cac.washington.edu" }],
  cc: [
    { name: null, mailbox: "minutes", host: "CNRI.Reston.VA.US" },
    { name: "John Klensin", mailbox: "KLENSIN", host: "MIT.EDU" },
  ],
  bcc: [],
  inReplyTo: null,
  messageId: "<B27397-0100000@cac.washington.edu>",
};

const plain: MessagePart = {
  type: "TEXT",
  subtype: "PLAIN",
  parameters: [["CHARSET", "US-ASCII"]],
  id: null,
  description: null,
  encoding: "7BIT",
  md5: null,
  disposition: null,
  language: [],
  location: null,
  header: { start: 0, end: 100 },
  body: { start: 100, end: 1252 },
  lines: 23,
  parts: [],
  message: null,
};

const attachment: MessagePart = {
  ...plain,
  parameters: [
    ["CHARSET", "US-ASCII"],
    ["NAME", "cc.diff"],
  ],
  id: "<960723163407.20117h@cac.washington.edu>",
  description: "Compiler diff",
  encoding: "BASE64",
  md5: "Q2hlY2sgSW50ZWdyaXR5IQ==",
  disposition: { type: "attachment", parameters: [["FILENAME", "cc.diff"]] },
  language: ["en", "de"],
  location: "http://example.com/",
  body: { start: 0, end: 4554 },
  lines: 73,
};

const multipart = (parts: readonly MessagePart[]): MessagePart => ({
  ...plain,
  type: "MULTIPART",
  subtype: "MIXED",
  parameters: [["BOUNDARY", "b"]],
  parts,
});

describe("strings", () => {
  it.each([
    ["", '""'],
    ["plain", '"plain"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
    ["two\r\nlines", "{10}\r\ntwo\r\nlines"],
    ["grün", "{5}\r\ngrün"],
    ["a\tb", "{3}\r\na\tb"],
    ["a\0b", "{2}\r\nab"],
    ["x".repeat(1001), `{1001}\r\n${"x".repeat(1001)}`],
  ])("are quoted where they can be: %j", (text, expected) => {
    expect(formatString(text)).toBe(expected);
  });

  it("are NIL where there is none", () => {
    expect(formatNstring(null)).toBe("NIL");
    expect(formatNstring("NIL")).toBe('"NIL"');
  });

  it("stand without quotation marks where an atom may", () => {
    expect(["Subject", "X]", "", "nil", "a b", "a*"].map(formatAstring)).toEqual([
      "Subject",
      "X]",
      '""',
      '"nil"',
      '"a b"',
      '"a*"',
    ]);
  });

  it("come back as they were written", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => value.isWellFormed() && !value.includes("\0"));
    fc.assert(
      fc.property(text, text, (username, password) => {
        const line = Buffer.from(`a LOGIN ${formatString(username)} ${formatAstring(password)}\r\n`);
        expect(readAll(line).at(-1)).toEqual({
          type: "command",
          command: { tag: "a", name: "LOGIN", username, password },
        });
      }),
    );
  });

  it("come back as the name of a mailbox", () => {
    const name = fc
      .string({ unit: "grapheme" })
      .filter((text) => !/[\x00-\x1f\x7f]/.test(text) && !/^inbox$/i.test(text));
    fc.assert(
      fc.property(name, (mailbox) => {
        const line = `a SELECT ${formatMailbox(mailbox)}\r\n`;
        expect(readAll(line).at(-1)).toEqual({ type: "command", command: { tag: "a", name: "SELECT", mailbox } });
      }),
    );
  });

  it("come back as flags", () => {
    const keyword = fc.string({
      unit: fc.constantFrom(..."$abcXYZ019-_.!#&'+,/:;<=>?@[^`|}~"),
      minLength: 1,
      maxLength: 20,
    });
    const flag = fc.oneof(fc.constantFrom("\\Seen", "\\Answered", "\\Draft", "\\Deleted", "\\Flagged"), keyword);
    fc.assert(
      fc.property(fc.array(flag), (flags) => {
        const [result] = readAll(`a STORE 1 FLAGS ${formatFlags(flags)}\r\n`);
        expect(result).toMatchObject({ type: "command", command: { flags } });
      }),
    );
  });
});

describe("ENVELOPE", () => {
  it("is that of the example in RFC 3501 section 8", () => {
    expect(formatEnvelope(envelope)).toBe(
      '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>")',
    );
  });

  it("has groups with names and ends", () => {
    const to = [
      { name: null, mailbox: "friends", host: null },
      { name: null, mailbox: "a", host: "b.c" },
      { name: null, mailbox: null, host: null },
    ];
    expect(formatEnvelope({ ...envelope, to })).toContain(
      '((NIL NIL "friends" NIL)(NIL NIL "a" "b.c")(NIL NIL NIL NIL))',
    );
  });
});

describe("BODY and BODYSTRUCTURE", () => {
  it("are those of the examples in RFC 3501 section 7.4.2", () => {
    expect(formatBody(plain)).toBe('("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)');
    expect(formatBody(multipart([plain, attachment]))).toBe(
      '(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)' +
        '("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") ' +
        '"<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")',
    );
  });

  it("differ in the extension data", () => {
    expect(formatBodyStructure(multipart([plain, attachment]))).toBe(
      '(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23 NIL NIL NIL NIL)' +
        '("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") ' +
        '"<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73 ' +
        '"Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("FILENAME" "cc.diff")) ("en" "de") "http://example.com/")' +
        ' "MIXED" ("BOUNDARY" "b") NIL NIL NIL)',
    );
  });

  it("show a message within a message, with its envelope, structure and lines", () => {
    const forwarded: MessagePart = {
      ...plain,
      type: "MESSAGE",
      subtype: "RFC822",
      parameters: [],
      message: { envelope, root: plain },
    };
    expect(formatBody(forwarded)).toBe(
      `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 1152 ${formatEnvelope(envelope)} ${formatBody(plain)} 23)`,
    );
  });

  it("have no lines for what is neither text nor message", () => {
    const image: MessagePart = { ...plain, type: "IMAGE", subtype: "PNG", parameters: [] };
    expect(formatBody(image)).toBe('("IMAGE" "PNG" NIL NIL NIL "7BIT" 1152)');
  });

  it("show a part where a multipart has none, as the grammar wants one", () => {
    expect(formatBody(multipart([]))).toBe('(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0) "MIXED")');
  });

  it("do not follow parts that are within each other without end", () => {
    let deep: MessagePart = plain;
    for (let level = 0; level < 100_000; level++) deep = multipart([deep]);
    expect(formatBodyStructure(deep)).toContain('"APPLICATION" "OCTET-STREAM"');
    let messages: MessagePart = plain;
    for (let level = 0; level < 100_000; level++) {
      messages = { ...plain, type: "MESSAGE", subtype: "RFC822", message: { envelope, root: messages } };
    }
    expect(formatBody(messages)).toContain('"APPLICATION" "OCTET-STREAM"');
  });
});

describe("responses", () => {
  it("are those of the RFCs", () => {
    expect(formatList("LIST", { name: "~/Mail/Entwürfe", attributes: ["\\Noselect"], delimiter: "/" })).toBe(
      '* LIST (\\Noselect) "/" "~/Mail/Entw&APw-rfe"\r\n',
    );
    expect(formatList("LSUB", { name: "INBOX", attributes: [], delimiter: null })).toBe('* LSUB () NIL "INBOX"\r\n');
    expect(
      formatStatus("blurdybloop", [
        ["MESSAGES", 231],
        ["UIDNEXT", 44292],
      ]),
    ).toBe('* STATUS "blurdybloop" (MESSAGES 231 UIDNEXT 44292)\r\n');
    expect(formatId(new Map([["name", "Gatehouse"]]))).toBe('* ID ("name" "Gatehouse")\r\n');
    expect(formatId(null)).toBe("* ID NIL\r\n");
    expect(formatAppendUid(38505, [3955])).toBe("APPENDUID 38505 3955");
    expect(formatCopyUid({ uidValidity: 38505, from: [304, 319, 320], to: [3956, 3957, 3958] })).toBe(
      "COPYUID 38505 304,319:320 3956:3958",
    );
  });
});
