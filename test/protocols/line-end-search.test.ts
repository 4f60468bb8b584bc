import fc from "fast-check";
import { expect, test } from "vitest";
import { nextLineEnd, wordsOf } from "../../src/protocols/line-end-search.ts";

/** Mostly text, with control characters and octets that look like one in some of their bits. */
const octet = fc.oneof(
  { weight: 60, arbitrary: fc.constant(0x58) },
  { weight: 5, arbitrary: fc.constantFrom(0x00, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x7f, 0x80, 0x8a, 0x8d, 0xff) },
  { weight: 1, arbitrary: fc.nat(255) },
);

test("every CR and LF of a chunk is found, in their order and nothing else, wherever the chunk lies in memory", () => {
  const chunk = fc.record({ octets: fc.array(octet, { maxLength: 600, size: "max" }), offset: fc.nat(9) });
  fc.assert(
    fc.property(chunk, ({ octets, offset }) => {
      const text = Buffer.from(new ArrayBuffer(offset + octets.length), offset);
      text.set(octets);
      const words = wordsOf(text);
      const found: number[] = [];
      for (let at = nextLineEnd(text, words, 0); at < text.length; at = nextLineEnd(text, words, at + 1))
        found.push(at);
      expect(found).toEqual(octets.flatMap((one, at) => (one === 0x0d || one === 0x0a ? [at] : [])));
    }),
  );
});

test("a long chunk that begins at a word is searched by words, others octet by octet", () => {
  const memory = new ArrayBuffer(1_024);
  expect(wordsOf(new Uint8Array(memory, 4, 1_003)).length).toBe(250);
  expect(wordsOf(new Uint8Array(memory, 3, 1_000)).length).toBe(0);
  expect(wordsOf(new Uint8Array(memory, 0, 80)).length).toBe(0);
});
