import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataReader } from "../../../src/protocols/smtp/data-reader.ts";

interface Found {
  content: string;
  ended: boolean;
  bare: boolean;
  rest: string;
}

function read(text: string, cuts: readonly number[] = []): Found {
  const bytes = Buffer.from(text, "latin1");
  const reader = new DataReader(1000);
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  let content = "";
  let consumed = 0;
  for (let index = 1; index < places.length && !reader.ended; index++) {
    const chunk = Buffer.from(bytes.subarray(places[index - 1], places[index]));
    consumed += reader.read(chunk);
    content += reader.content.toString("latin1");
  }
  return { content, ended: reader.ended, bare: reader.bareLineEnd, rest: text.slice(consumed) };
}

function stuff(content: string): string {
  return `${content.replace(/^\./gm, "..")}.\r\n`;
}

describe("DataReader", () => {
  it.each([
    [".\r\n", ""],
    ["Hi\r\n.\r\n", "Hi\r\n"],
    ["..\r\n.\r\n", ".\r\n"],
    ["...\r\n..x\r\n.\r\n", "..\r\n.x\r\n"],
    [".x\r\n.\r\n", "x\r\n"],
    ["a.b\r\n\r\n.\r\n", "a.b\r\n\r\n"],
  ])("reads %j as %j, however it is cut", (text, content) => {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        expect(read(`${text}NEXT`, [first, second]).content).toBe(content);
      }
    }
    expect(read(`${text}NEXT`)).toEqual({ content, ended: true, bare: false, rest: "NEXT" });
  });

  it.each([
    "\n.\n",
    "\r.\r",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r\n",
    "\r\n.\r",
    "\r\n\r.\r\n",
    "\n\n.\r\n",
    "\r\r\n.\r\r\n",
    "\r\n.\r\r\n",
    "\r\n.\0\r\n",
    "\r\n..\r\n",
    "\r\n. \r\n",
    "\0\n.\r\n",
  ])("never takes %j for the end of a message", (sequence) => {
    const text = `Hi${sequence}MAIL FROM:<evil@example.com>\r\n`;
    for (let cut = 0; cut <= text.length; cut++) {
      const found = read(text, [cut]);
      expect(found.ended, `cut at ${cut}`).toBe(false);
      const bare = /\r(?!\n)|(?<!\r)\n/.test(text);
      expect(found.bare, `cut at ${cut}`).toBe(bare);
    }
  });

  it("gives back any message that was stuffed, however it is cut", () => {
    const line = fc
      .array(fc.constantFrom(".", "..", "a", " ", "é", "\0"), { maxLength: 5 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(80), { maxLength: 6 }), (lines, cuts) => {
        const content = lines.map((text) => `${text}\r\n`).join("");
        expect(read(`${stuff(content)}QUIT\r\n`, cuts)).toEqual({
          content,
          ended: true,
          bare: false,
          rest: "QUIT\r\n",
        });
      }),
    );
  });

  it("notices every bare CR and bare LF, however it is cut", () => {
    const part = fc.constantFrom("\r", "\n", "\r\n", ".", "x");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), fc.array(fc.nat(14), { maxLength: 4 }), (parts, cuts) => {
        const text = parts.join("");
        const found = read(text, cuts);
        expect(found.ended).toBe(/(^|\r\n)\.\r\n/.test(text));
        const seen = text.slice(0, text.length - found.rest.length);
        expect(found.bare).toBe(/\r(?!\n|$)|(?<!\r)\n/.test(seen));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves what follows the message as it was", () => {
    const chunk = Buffer.from("..a\r\n..b\r\n.\r\n..c\r\n");
    const reader = new DataReader(1000);
    expect(reader.read(chunk)).toBe(13);
    expect(reader.content.toString()).toBe(".a\r\n.b\r\n");
    expect(chunk.subarray(13).toString()).toBe("..c\r\n");
  });

  it.each([
    [`${"x".repeat(998)}\r\n`, false],
    [`${"x".repeat(999)}\r\n`, true],
    ["x".repeat(1000), false],
    ["x".repeat(1001), true],
    [`${"x\r\n".repeat(1000)}`, false],
  ])("measures lines (case %#)", (text, tooLong) => {
    const whole = new DataReader(1000);
    whole.read(Buffer.from(text));
    const cut = new DataReader(1000);
    for (const octet of Buffer.from(text)) cut.read(Buffer.of(octet));
    expect([whole.lineTooLong, cut.lineTooLong]).toEqual([tooLong, tooLong]);
  });
});
