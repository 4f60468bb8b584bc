import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineReader, type LineReaderOptions } from "../../src/protocols/line-reader.ts";

/** Reads until there is no more, and says what was found: lines as they are, other findings in angle brackets. */
function readAll(reader: LineReader, limit = 100): string[] {
  const found: string[] = [];
  for (;;) {
    const status = reader.next(limit);
    if (status === "more") return found;
    found.push(status === "line" ? reader.line : `<${status}>`);
    if (status !== "line" && status !== "malformed") return found;
  }
}

function read(text: string | Uint8Array, options: LineReaderOptions = {}): string[] {
  const reader = new LineReader(options);
  reader.push(Buffer.from(text));
  return readAll(reader);
}

describe("LineReader", () => {
  it.each([
    ["one\r\ntwo\r\n", ["one", "two"]],
    ["\r\n\r\n", ["", ""]],
    ["unterminated", []],
    ["naïve ☃ 𝄞\r\n", ["naïve ☃ 𝄞"]],
    ["a\rb\r\nnext\r\n", ["<malformed>", "next"]],
    ["a\r\r\nnext\r\n", ["<malformed>", "next"]],
    ["a\0b\r\nnext\r\n", ["<malformed>", "next"]],
    ["one\r\na\nb\r\nnext\r\n", ["one", "<bare-lf>"]],
    ["\nnext\r\n", ["<bare-lf>"]],
  ])("reads %j as %j", (text, found) => {
    expect(read(text)).toEqual(found);
  });

  it("takes octets that are not UTF-8 for a malformed line", () => {
    expect(read(Uint8Array.of(0x61, 0xff, 0x0d, 0x0a, 0x62, 0x0d, 0x0a))).toEqual(["<malformed>", "b"]);
  });

  it("accepts a bare LF where it is told to", () => {
    expect(read("a\nb\r\n\nc", { bareLf: "accept" })).toEqual(["a", "b", ""]);
  });

  it("counts the line end towards the limit", () => {
    const reader = new LineReader();
    reader.push(Buffer.from(`${"x".repeat(98)}\r\n${"x".repeat(99)}\r\n`));
    expect(reader.next(100)).toBe("line");
    expect(reader.next(100)).toBe("too-long");
    expect(reader.next(100)).toBe("too-long");
  });

  it("keeps no more than the limit of a line that never ends", () => {
    const reader = new LineReader();
    let most = 0;
    let status = reader.next(100);
    for (let octets = 0; octets < 1000; octets++) {
      reader.push(Buffer.from("x"));
      status = reader.next(100);
      most = Math.max(most, reader.buffered);
    }
    expect([status, most]).toEqual(["too-long", 100]);
  });

  it("hands over raw octets at a line end, and goes on with lines after them", () => {
    const reader = new LineReader();
    reader.push(Buffer.from("LITERAL 5\r\nab\r\ncNEXT\r\n"));
    expect(reader.next(100)).toBe("line");
    expect(reader.take(5)?.toString()).toBe("ab\r\nc");
    expect(reader.next(100)).toBe("line");
    expect(reader.line).toBe("NEXT");
    expect([reader.take(5), reader.rest(), reader.buffered]).toEqual([null, null, 0]);
  });

  it("gives less than was asked for when a chunk holds less", () => {
    const reader = new LineReader();
    reader.push(Buffer.from("abc"));
    expect(reader.take(5)?.toString()).toBe("abc");
    reader.push(Buffer.from("defg"));
    expect(reader.rest()?.toString()).toBe("defg");
    reader.skip(1);
    expect(reader.take(2)?.toString()).toBe("ef");
    expect(reader.buffered).toBe(1);
  });

  it("forgets everything when cleared, an unterminated fragment as well", () => {
    const reader = new LineReader();
    reader.push(Buffer.from("EVIL"));
    expect(reader.next(100)).toBe("more");
    reader.push(Buffer.from(" one\r\nEVIL two\r\nEVIL"));
    expect(reader.next(100)).toBe("line");
    reader.clear();
    expect(reader.buffered).toBe(0);
    reader.push(Buffer.from("GOOD\r\n"));
    expect(readAll(reader)).toEqual(["GOOD"]);
  });

  it("says the end after the last complete line, and drops a fragment", () => {
    const reader = new LineReader();
    reader.push(Buffer.from("last\r\nfragment"));
    reader.end();
    expect(readAll(reader)).toEqual(["last", "<ended>"]);
    expect(readAll(reader)).toEqual(["<ended>"]);
  });

  it("appends a chunk to one that is not read yet", () => {
    const reader = new LineReader();
    reader.push(Buffer.from("one\r\ntw"));
    expect(reader.next(100)).toBe("line");
    reader.push(Buffer.from("o\r\n"));
    expect(readAll(reader)).toEqual(["two"]);
  });

  it("reads the same lines however the bytes are cut", () => {
    const octet = fc.constantFrom(..."ab\r\n\0é".split(""), "\r\n", "\r\n", "\r\n");
    fc.assert(
      fc.property(fc.array(octet, { maxLength: 40 }), fc.array(fc.nat(60)), fc.boolean(), (parts, cuts, accept) => {
        const bytes = Buffer.from(parts.join(""));
        const options = { bareLf: accept ? "accept" : "refuse" } as const;
        const whole = read(bytes, options);
        const reader = new LineReader(options);
        const found: string[] = [];
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        for (let index = 1; index < places.length && !found.includes("<bare-lf>"); index++) {
          reader.push(bytes.subarray(places[index - 1], places[index]));
          found.push(...readAll(reader));
        }
        expect(found).toEqual(whole);
      }),
    );
  });
});
