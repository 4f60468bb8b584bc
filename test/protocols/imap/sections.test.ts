import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderFields } from "../../../src/protocols/imap/sections.ts";
import type { MessageContent } from "../../../src/protocols/mailbox.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann, crlf, logIn } from "./fixture.ts";

/** Text, a picture, and a message with an attachment of its own. */
const nested = crlf(`Subject: Outer
Content-Type: multipart/mixed; boundary="outer"

Preamble.
--outer
Content-Type: text/plain

First part.
--outer
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--outer
Content-Type: message/rfc822

Subject: Inner
From: Bob <bob@example.com>
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain

Inner text.
--inner
Content-Type: text/html

<p>Inner</p>
--inner--
--outer--
`);
/** A message that holds another one, which is plain. */
const forwarded = crlf(`Subject: Outer
Content-Type: message/rfc822

Subject: Inner

Inner text.
`);

async function fetchOf(message: string) {
  const memory = new MemoryMailboxes();
  const { wire } = await logIn({ memory });
  memory.deliver(ann.username, message);
  await wire.send("s SELECT INBOX\r\n");
  return async (section: string): Promise<string | null> => {
    const said = await wire.send(`a FETCH 1 BODY.PEEK[${section}]\r\n`);
    const [, size, octets] =
      /^\* 1 FETCH \(BODY\[.*?\](?:<\d+>)? (?:NIL|\{(\d+)\}\r\n([\s\S]*))\)\r\na OK/.exec(said) ?? [];
    if (size === undefined) return null;
    expect(octets?.length).toBe(Number(size));
    return octets ?? "";
  };
}

describe("sections of a message", () => {
  it.each([
    ["1", "First part."],
    ["1.MIME", "Content-Type: text/plain\r\n\r\n"],
    ["1.HEADER", null],
    ["1.1", null],
    ["2", "iVBORw0KGgo="],
    ["2.MIME", "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"],
    ["3.HEADER.FIELDS (SUBJECT)", "Subject: Inner\r\n\r\n"],
    ["3.HEADER.FIELDS.NOT (Content-Type Subject)", "From: Bob <bob@example.com>\r\n\r\n"],
    ["3.1", "Inner text."],
    ["3.2", "<p>Inner</p>"],
    ["3.2.MIME", "Content-Type: text/html\r\n\r\n"],
    ["3.3", null],
    ["4", null],
    ["0", null],
    ["HEADER", 'Subject: Outer\r\nContent-Type: multipart/mixed; boundary="outer"\r\n\r\n'],
    ["HEADER.FIELDS (X-Nothing)", "\r\n"],
  ])("%s of nested parts", async (section, expected) => {
    const fetch = await fetchOf(nested);
    expect(await fetch(section)).toBe(expected);
  });

  it.each([
    ["1", "Subject: Inner\r\n\r\nInner text.\r\n"],
    ["1.HEADER", "Subject: Inner\r\n\r\n"],
    ["1.TEXT", "Inner text.\r\n"],
    ["1.1", "Inner text.\r\n"],
    ["2", null],
    ["TEXT", "Subject: Inner\r\n\r\nInner text.\r\n"],
  ])("%s of a message within a message", async (section, expected) => {
    const fetch = await fetchOf(forwarded);
    expect(await fetch(section)).toBe(expected);
  });

  it("keeps folded fields and their order, and compares names without regard to case", async () => {
    const fetch = await fetchOf(crlf("Subject: a\n folded\nTo: b\nFROM: c\nSubject: again\n\nx"));
    expect(await fetch("HEADER.FIELDS (from SUBJECT)")).toBe(
      "Subject: a\r\n folded\r\nFROM: c\r\nSubject: again\r\n\r\n",
    );
    expect(await fetch("HEADER.FIELDS.NOT (subject)")).toBe("To: b\r\nFROM: c\r\n\r\n");
  });
});

describe("the fields of a header", () => {
  const line = fc.constantFrom("To: a", "to : b", " fold", "\tfold", "X: c", "no colon", "", " ", "Subject:");
  const lines = fc.array(line, { maxLength: 12 }).map((all) => all.map((each) => `${each}\r\n`).join(""));
  const section = (text: "HEADER.FIELDS" | "HEADER.FIELDS.NOT") =>
    ({ item: "SECTION", peek: true, part: [], text, fields: ["TO"], partial: null, form: "BODY" }) as const;

  it("are those of the names, or but those, and make the header together", async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (header) => {
        const octets = Buffer.from(header);
        const fields = new HeaderFields(contentOf(octets));
        const range = { start: 0, end: octets.length };
        const to = String(await fields.select(section("HEADER.FIELDS"), range));
        const others = String(await fields.select(section("HEADER.FIELDS.NOT"), range));
        const whole = header.match(/[^\n]*\n(?:[ \t][^\n]*\n)*/g) ?? [];
        const isTo = (field: string) => /^to[ \t]*:/i.test(field);
        const isBlank = (field: string) => /^[ \t\r\n]*$/.test(field);
        expect(to).toBe(`${whole.filter(isTo).join("")}\r\n`);
        expect(others).toBe(`${whole.filter((field) => !isTo(field) && !isBlank(field)).join("")}\r\n`);
      }),
    );
  });

  it("are looked at a little at a time, however many there are", async () => {
    const octets = Buffer.from("a:\r\nb:\r\n".repeat(100_000));
    let most = 0;
    let steps = 0;
    const fields = new HeaderFields(contentOf(octets), (more) => {
      most = Math.max(most, more);
      steps += more;
      return null;
    });
    const kept = await fields.select(
      { ...section("HEADER.FIELDS.NOT"), fields: ["a"] },
      { start: 0, end: octets.length },
    );
    expect(kept.length).toBe(100_000 * 4 + 2);
    expect(most).toBeLessThan(100_000);
    expect(steps).toBeGreaterThan(10_000_000);
  });
});

function contentOf(octets: Buffer): MessageContent {
  return { size: octets.length, read: async (start, end) => octets.subarray(start, end), close: () => {} };
}
