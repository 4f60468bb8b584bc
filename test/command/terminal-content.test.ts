import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalContent } from "../../src/command/terminal-content.ts";

function shown(...chunks: readonly Uint8Array[]): Promise<string> {
  return text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(terminalContent()));
}

test("a message keeps its lines and letters, and cannot act on the terminal", async () => {
  const message = "Subject: Zo\xc3\xab \x1b]0;title\x07\r\n\r\n\tbare \r and \xc2\x9b and \xe2\x80\xae, no \xff\n";
  expect(await shown(Buffer.from(message, "latin1"))).toBe(
    "Subject: Zoë <U+001B>]0;title<U+0007>\n\n        bare <U+000D> and <U+009B> and <U+202E>, no \ufffd\n",
  );
});

test("it is the same however it is cut", async () => {
  const piece = fc.constantFrom("\r", "\n", "\r\n", "a", "ë", "😀", "\u2028", "\xff", "\x1b");
  const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece), cuts, async (pieces, lengths) => {
      const whole = Buffer.from(pieces.join(""));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const length of lengths) {
        chunks.push(whole.subarray(at, at + length));
        at += length;
      }
      expect(await shown(...chunks, whole.subarray(at))).toBe(await shown(whole));
    }),
  );
});
