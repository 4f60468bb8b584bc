import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddresses } from "../../src/mailbox/message/address-list.ts";
import { decodeWords } from "../../src/mailbox/message/encoded-words.ts";
import { parseParameterized } from "../../src/mailbox/message/mime-fields.ts";
import { parseStructure, type ReadRange } from "../../src/mailbox/message/parse-structure.ts";
import { STRUCTURE_LIMITS, TextAllowance } from "../../src/mailbox/message/structure-limits.ts";
import { structureFromText, structureToText } from "../../src/mailbox/message/structure-text.ts";
import { MAX_PART_DEPTH, type MessageEnvelope, type MessagePart } from "../../src/protocols/mailbox.ts";

/** Reads in pieces as a file or a socket would give them. */
function inPieces(bytes: Buffer, size: number): ReadRange {
  return async function* (start, end) {
    for (let at = start; at < end; at += size) yield bytes.subarray(at, Math.min(end, at + size));
  };
}

async function structureOf(text: string, piece = 65_536) {
  const bytes = Buffer.from(text, "latin1");
  return parseStructure(inPieces(bytes, piece), bytes.length);
}

/** Each part's section number, as `BODY[…]` names it, with its type and body. */
function outline(text: string, part: MessagePart, section = ""): string[] {
  const line = `${section} ${part.type}/${part.subtype} ${JSON.stringify(text.slice(part.body.start, part.body.end))}`;
  const inner = part.message?.root;
  const below = inner ? (inner.parts.length > 0 ? inner.parts : [inner]) : part.parts;
  return [
    ...(part.type === "MULTIPART" ? [] : [line.trim()]),
    ...below.flatMap((child, index) => outline(text, child, section ? `${section}.${index + 1}` : `${index + 1}`)),
  ];
}

function* partsOf(part: MessagePart): Generator<MessagePart> {
  yield part;
  for (const child of part.parts) yield* partsOf(child);
  if (part.message) yield* partsOf(part.message.root);
}

const NO_ENVELOPE: MessageEnvelope = {
  ...{ date: null, subject: null, inReplyTo: null, messageId: null },
  ...{ from: [], sender: [], replyTo: [], to: [], cc: [], bcc: [] },
};

const crlf = (...lines: string[]) => lines.join("\r\n");

const FORWARDED = crlf(
  "Content-Type: multipart/mixed; boundary=outer",
  "",
  "preamble",
  "--outer",
  'Content-Type: multipart/alternative; boundary="in ner"',
  "",
  "--in ner",
  "",
  "plain",
  "--in ner",
  "Content-Type: text/html",
  "",
  "<p>",
  "--in ner--",
  "--outer",
  "Content-Type: message/rfc822",
  "Content-Disposition: attachment",
  "",
  "Subject: within",
  "Content-Type: multipart/digest; boundary=d",
  "",
  "--d",
  "",
  "Subject: deeper",
  "",
  "deep",
  "--d--",
  "",
  "--outer",
  "Content-Type: multipart/mixed; boundary=last",
  "",
  "--last",
  "",
  "end",
  "--last--",
  "--outer--",
  "epilogue",
  "",
);

describe("structure", () => {
  test.each([1, 7, 65_536])(
    "Parts in parts and messages in messages are found, in pieces of %i octets.",
    async (piece) => {
      const { root } = await structureOf(FORWARDED, piece);
      const message = crlf("Subject: within", "Content-Type: multipart/digest; boundary=d", "", "--d", "");
      expect(outline(FORWARDED, root)).toEqual([
        '1.1 TEXT/PLAIN "plain"',
        '1.2 TEXT/HTML "<p>"',
        `2 MESSAGE/RFC822 ${JSON.stringify(`${message}${crlf("", "Subject: deeper", "", "deep", "--d--", "")}`)}`,
        '2.1 MESSAGE/RFC822 "Subject: deeper\\r\\n\\r\\ndeep"',
        '2.1.1 TEXT/PLAIN "deep"',
        '3.1 TEXT/PLAIN "end"',
      ]);
      const alternative = root.parts[0];
      expect(FORWARDED.slice(alternative?.body.start, alternative?.body.end)).toMatch(/^--in ner\r\n.*--in ner--$/s);
      const last = root.parts[2];
      expect(FORWARDED.slice(last?.body.start, last?.body.end)).toBe("--last\r\n\r\nend\r\n--last--");
      expect(FORWARDED.slice(root.body.start, root.body.end)).toMatch(/^preamble.*epilogue\r\n$/s);
      expect(root.parts[1]?.message?.envelope.subject).toBe("within");
    },
  );

  test.each([
    ["", "TEXT/PLAIN", ""],
    ["\r\n", "TEXT/PLAIN", ""],
    ["only text without a header", "TEXT/PLAIN", ""],
    ["Content-Type: nonsense\r\n\r\nx", "TEXT/PLAIN", "x"],
    ["Content-Type: multipart/mixed\r\n\r\nno boundary", "TEXT/PLAIN", "no boundary"],
    ["Content-Type: multipart/mixed; boundary=b\r\n\r\nnever used", "TEXT/PLAIN", "never used"],
    [
      "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\neA==",
      "APPLICATION/OCTET-STREAM",
      "eA==",
    ],
    ["A: b\n\nbare line feeds\n", "TEXT/PLAIN", "bare line feeds\n"],
  ])("%j is a %s.", async (text, type, body) => {
    const { root } = await structureOf(text);
    expect(`${root.type}/${root.subtype}`).toBe(type);
    expect(text.slice(root.body.start, root.body.end)).toBe(body);
    expect(root.header.start).toBe(0);
    expect(root.header.end).toBe(root.body.start);
  });

  test("The delimiter of what holds a message ends the message's header, too.", async () => {
    for (const header of ["", "Subject: s", "Subject: s\r\n"]) {
      const text = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${header}\r\n--b--`;
      const { root } = await structureOf(text);
      const inner = root.parts[0]?.message?.root;
      expect(text.slice(inner?.header.start, inner?.header.end)).toBe(header);
      expect(inner?.body).toEqual({ start: inner?.header.end, end: inner?.header.end });
    }
  });

  test.each([
    ["5000 parts", `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(5000)}--b--\r\n`],
    ["a header of 3 MB", `${`X-Long: ${"x".repeat(1000)}\r\n`.repeat(3000)}\r\nbody`],
    [
      "500 large headers",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\nX: ${"x".repeat(8000)}\r\n\r\n\r\n`.repeat(500)}`,
    ],
    [
      "messages of 900 parts each",
      `Content-Type: multipart/mixed; boundary=o\r\n\r\n${`--o\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n${"--i\r\n\r\n".repeat(900)}`.repeat(30)}`,
    ],
    [
      "messages of large headers each",
      `Content-Type: multipart/digest; boundary=b\r\n\r\n${`--b\r\n\r\nSubject: ${"x".repeat(60_000)}\r\n\r\n`.repeat(50)}`,
    ],
  ])("In a message with %s, what is beyond the limits belongs to one part.", async (_, text) => {
    const { root } = await structureOf(text);
    let parts = 0;
    let headers = 0;
    for (const part of partsOf(root)) {
      parts += 1;
      headers += part.header.end - part.header.start;
    }
    expect(parts).toBeLessThanOrEqual(STRUCTURE_LIMITS.parts);
    expect(parts === STRUCTURE_LIMITS.parts || headers > STRUCTURE_LIMITS.texts).toBe(true);
    expect(structureToText({ envelope: NO_ENVELOPE, root }).length).toBeLessThan(1_048_576);
    let last = root;
    for (;;) {
      expect(last.body.end).toBe(text.length);
      const next = last.parts.at(-1) ?? last.message?.root;
      if (!next) break;
      last = next;
    }
  });

  test.each([
    ["Messages in messages", "Content-Type: message/rfc822\r\n\r\n", "APPLICATION/OCTET-STREAM"],
    ["Multiparts in multiparts", "", "TEXT/PLAIN"],
  ])("%s end where a part's number would be too long.", async (_, unit, type) => {
    const multipart = (level: number) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`;
    const text = Array.from({ length: 60 }, (_each, level) => unit || multipart(level)).join("");
    let { root: part } = await structureOf(text);
    let level = part.type === "MULTIPART" ? 0 : 1;
    for (let inner = part.message?.root ?? part.parts[0]; inner; inner = part.message?.root ?? part.parts[0]) {
      part = inner;
      level += 1;
    }
    expect(level).toBe(MAX_PART_DEPTH);
    expect(`${part.type}/${part.subtype}`).toBe(type);
  });

  test("A structure as text is the structure.", async () => {
    const { root, envelope } = await structureOf(
      `From: Ann <@a,@b:ann@c>\r\nTo: Team: bob@d;\r\nContent-Language: de, en\r\nContent-ID: <i>\r\n${FORWARDED}`,
    );
    expect(structureFromText(structureToText({ root, envelope }))).toEqual({ root, envelope });
    const other = { ...envelope, sender: [], replyTo: [{ name: null, mailbox: "x", host: "" }], date: "now" };
    expect(structureFromText(structureToText({ root, envelope: other }))).toEqual({ root, envelope: other });
  });

  test("A large message of short lines takes no long time.", async () => {
    const large = (line: string) => line.repeat(Math.ceil(5_000_000 / line.length));
    const start = process.cpuUsage();
    await structureOf(large("\n"));
    await structureOf(`Content-Type: multipart/mixed; boundary=b\n\n--b\n\n${large("--\n")}`);
    await structureOf(large("a\n"));
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(3000);
  });

  test("Whatever the message, its parts lie within it, one after the other and inside their parents.", async () => {
    const line = fc.constantFrom(
      ...["--a", "--a--", "--b", "--b--", "", "text", "Content-Type: multipart/mixed; boundary=a", "Subject: s"],
      ...["Content-Type: multipart/digest; boundary=b", "Content-Type: message/rfc822", " folded", "--a --", "--ab"],
    );
    const message = fc.array(fc.tuple(line, fc.constantFrom("\r\n", "\n")), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(message, fc.integer({ min: 1, max: 60 }), async (lines, piece) => {
        const text = lines.flat().join("");
        const { root } = await structureOf(text, piece);
        expect(root.header.start).toBe(0);
        expect(root.body.end).toBe(text.length);
        checkWithin(root, 0, text.length);
        expect(await structureOf(text)).toEqual({ envelope: expect.anything(), root });
      }),
      { numRuns: 300 },
    );
  });
});

function checkWithin(part: MessagePart, start: number, end: number): void {
  expect(part.header.start).toBeGreaterThanOrEqual(start);
  expect(part.header.end).toBe(part.body.start);
  expect(part.body.end).toBeGreaterThanOrEqual(part.body.start);
  expect(part.body.end).toBeLessThanOrEqual(end);
  expect(part.type === "MULTIPART").toBe(part.parts.length > 0);
  expect(`${part.type}/${part.subtype}` === "MESSAGE/RFC822").toBe(part.message !== null);
  let from = part.body.start;
  for (const child of part.parts) {
    checkWithin(child, from, part.body.end);
    from = child.body.end;
  }
  if (part.message) checkWithin(part.message.root, part.body.start, part.body.end);
}

describe("addresses", () => {
  test.each([
    ["ann@example.com", [[null, "ann", "example.com"]]],
    ["Ann Example <ann@example.com>", [["Ann Example", "ann", "example.com"]]],
    [
      '"Example, Ann" <ann@example.com>, bob@b.example',
      [
        ["Example, Ann", "ann", "example.com"],
        [null, "bob", "b.example"],
      ],
    ],
    ["ann@example.com (Ann (the first))", [["Ann (the first)", "ann", "example.com"]]],
    ['"ann e"@example.com', [[null, "ann e", "example.com"]]],
    [
      "Friends: ann@a.example, bob@b.example;",
      [
        [null, "Friends", null],
        [null, "ann", "a.example"],
        [null, "bob", "b.example"],
        [null, null, null],
      ],
    ],
    [
      "undisclosed-recipients:;",
      [
        [null, "undisclosed-recipients", null],
        [null, null, null],
      ],
    ],
    ["ann@[192.0.2.1]", [[null, "ann", "[192.0.2.1]"]]],
    ["J. R. Doe <j.r@example.com>", [["J. R. Doe", "j.r", "example.com"]]],
    ["=?utf-8?q?=C3=84?= =?utf-8?q?b?= <a@b>", [["=?utf-8?q?=C3=84?= =?utf-8?q?b?=", "a", "b"]]],
    ["nobody", [[null, "nobody", ""]]],
    ["<ann@example.com", [[null, "ann", "example.com"]]],
    [", ,", []],
    [
      "Bob <bob@extern> Bobby <bobby@extern>",
      [
        ["Bob", "bob", "extern"],
        ["Bobby", "bobby", "extern"],
      ],
    ],
    [
      "ann@a.example bob@b.example",
      [
        [null, "ann", "a.example"],
        [null, "bob", "b.example"],
      ],
    ],
    [
      "<ann@a.example> bob@b.example",
      [
        [null, "ann", "a.example"],
        [null, "bob", "b.example"],
      ],
    ],
    [
      "Ann <ann@a.example, Bob <bob@b.example>",
      [
        ["Ann", "ann", "a.example"],
        ["Bob", "bob", "b.example"],
      ],
    ],
    [
      "Ann <ann@a.example Bob <bob@b.example>",
      [
        ["Ann", "ann", "a.example"],
        ["Bob", "bob", "b.example"],
      ],
    ],
    [
      "ann@a.example; bob@b.example",
      [
        [null, "ann", "a.example"],
        [null, "bob", "b.example"],
      ],
    ],
    ["<<ann@a.example>>", [[null, "ann", "a.example"]]],
    ["ann@a.example>", [[null, "ann", "a.example"]]],
    ["<mailto:ann@a.example>", [[null, "ann", "a.example"]]],
    ["<ann@a.example> Ann", [["Ann", "ann", "a.example"]]],
    ["Ann <ann@a.example> Example", [["Ann Example", "ann", "a.example"]]],
    ["Ann Example ann@a.example", [["Ann Example", "ann", "a.example"]]],
    ["ann@a.example Ann Example", [["Ann Example", "ann", "a.example"]]],
    ["ann@office <ann@a.example>", [["ann@office", "ann", "a.example"]]],
    ["ann . b @ a . example (Ann)", [["Ann", "ann.b", "a.example"]]],
    ["Nobody <>", [["Nobody", "", ""]]],
    ["<>", [[null, "", ""]]],
    ["Ann\u3000B\u00a0C <ann@example.com>", [["Ann\u3000B\u00a0C", "ann", "example.com"]]],
    [
      "Friends: ann@a.example",
      [
        [null, "Friends", null],
        [null, "ann", "a.example"],
        [null, null, null],
      ],
    ],
  ])("%j", (text, expected) => {
    expect(parseAddresses(text).map(({ name, mailbox, host }) => [name, mailbox, host])).toEqual(expected);
  });

  test.each([
    ['"Ann <ann@a.example>', [['"Ann', "ann", "a.example"]]],
    [
      'O"Brien <bob@b.example>, ann@a.example',
      [
        ['O"Brien', "bob", "b.example"],
        [null, "ann", "a.example"],
      ],
    ],
    ["(Ann <ann@a.example>", [["(Ann", "ann", "a.example"]]],
    [
      "Ann :-( <ann@a.example>",
      [
        [null, "Ann", null],
        ["-(", "ann", "a.example"],
        [null, null, null],
      ],
    ],
    [
      "Ann ( <ann@a.example>, Bob <bob@b.example> (Bobby)",
      [
        ["Ann (", "ann", "a.example"],
        ["Bob", "bob", "b.example"],
      ],
    ],
    ["( (x) ( ann@a.example (Ann)", [["( (x) (", "ann", "a.example"]]],
    ["[Ann <ann@a.example>", [["[Ann", "ann", "a.example"]]],
    [
      "ann@a.example, bob@[b",
      [
        [null, "ann", "a.example"],
        [null, "bob", "[b"],
      ],
    ],
    ["\\( \\( ann@a.example", [["\\( \\(", "ann", "a.example"]]],
  ])("What is opened and not closed swallows no address: %j", (text, expected) => {
    expect(parseAddresses(text).map(({ name, mailbox, host }) => [name, mailbox, host])).toEqual(expected);
  });

  test("Whatever a field repeats, reading it takes as long as it is long.", () => {
    const piece = fc.constantFrom("a", "@", ".", "<", ">", ",", ";", ":", "(", ")", '"', " ", "\\", "[", "]");
    const began = performance.now();
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const pattern = pieces.join("");
        const text = pattern.repeat(STRUCTURE_LIMITS.field / pattern.length);
        parseAddresses(text);
        parseParameterized(text);
        return performance.now() - began < 60_000;
      }),
      { numRuns: 60, examples: [[["a", "@", "a", " "]], [["(", "\\"]], [["[", "a"]]] },
    );
  });

  test("A source route is kept.", () => {
    expect(parseAddresses("Ann <@a.example,@b.example:ann@example.com>, bob@example.com")).toEqual([
      { name: "Ann", mailbox: "ann", host: "example.com", route: "@a.example,@b.example" },
      { name: null, mailbox: "bob", host: "example.com" },
    ]);
  });

  test("Words are never lost altogether.", () => {
    const piece = fc.constantFrom("ann", "@", "b.c", "<", ">", ",", ";", ":", "(", ")", '"', " ", "\\", "[", "]");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = `ann${pieces.join("")}`;
        expect(parseAddresses(text).length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  test("Of very many addresses the first are read, all fields of a message together.", async () => {
    const many = "ann@example.com,".repeat(500_000);
    expect(parseAddresses(many)).toHaveLength(STRUCTURE_LIMITS.addresses);
    const allowance = new TextAllowance();
    for (let field = 0; field < 4; field++) parseAddresses(many, allowance);
    expect(allowance.isSpent).toBe(true);
    const { envelope } = await structureOf(`To: a@b\r\nTo: c@d\r\n${`Cc: ${"a,".repeat(200_000)}\r\n`}\r\n`);
    expect(envelope.to).toHaveLength(2);
    expect(envelope.cc).toHaveLength(STRUCTURE_LIMITS.addresses);
  });

  test("Any text can be read.", () => {
    const text = fc.string({ unit: fc.constantFrom(...'a@<>,;:."()[]\\ \t=?'), maxLength: 60 });
    fc.assert(
      fc.property(text, (value) => {
        for (const { mailbox, host } of parseAddresses(value))
          expect(mailbox === null).toBe(mailbox === null && host === null);
        parseParameterized(value);
        decodeWords(value);
      }),
    );
  });

  test("Long and hostile fields take no longer than they are.", () => {
    const start = performance.now();
    for (const unit of ["(", '"', "<", "a ", "a@b,", "[", "\\", "=?a?q?"]) {
      parseAddresses(unit.repeat(100_000));
      parseParameterized(unit.repeat(100_000));
      decodeWords(unit.repeat(100_000));
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("parameters", () => {
  test.each([
    [
      'text/plain; charset="utf-8"; format=flowed',
      "TEXT/PLAIN",
      [
        ["CHARSET", "utf-8"],
        ["FORMAT", "flowed"],
      ],
    ],
    [
      "attachment; filename*0*=utf-8''a%20; filename*1=b",
      "ATTACHMENT",
      [
        ["FILENAME*0*", "utf-8''a%20"],
        ["FILENAME*1", "b"],
      ],
    ],
    ['attachment; filename="a \\"quoted\\" name"', "ATTACHMENT", [["FILENAME", 'a "quoted" name']]],
    ["attachment; filename=two words.txt", "ATTACHMENT", [["FILENAME", "two words.txt"]]],
    ["text/plain (comment); ; =x; y; z=", "TEXT/PLAIN", [["Z", ""]]],
  ])("%j", (text, value, parameters) => {
    expect(parseParameterized(text)).toEqual({ value, parameters });
  });
});

describe("encoded words", () => {
  test.each([
    ["=?utf-8?Q?a=C3=A4_b?=", "a\u00e4 b"],
    ["=?utf-8?b?w6Q=?= =?utf-8?b?w7Y=?=", "\u00e4\u00f6"],
    ["=?utf-8?q?=C3?=\t=?utf-8?q?=A4?=", "\u00e4"],
    ["=?iso-8859-1*en?q?=E4?= and =?koi8-r?b?8A==?=", "\u00e4 and \u041f"],
    ["=?unknown?q?=E4?=", "\u00e4"],
    ["=?utf-8?x?a?= =?broken", "=?utf-8?x?a?= =?broken"],
  ])("%j is %j.", (text, decoded) => {
    expect(decodeWords(text)).toBe(decoded);
  });
});
