import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CollectedContent } from "../../../src/protocols/smtp/collected-content.ts";

/** What is delivered when these pieces come. */
function collect(pieces: readonly Buffer[]): Buffer {
  const delivered: Buffer[] = [];
  const content = new CollectedContent((whole) => delivered.push(whole));
  for (const piece of pieces) content.add(piece);
  content.finish();
  expect(delivered).toHaveLength(1);
  return delivered[0] ?? Buffer.alloc(0);
}

describe("the content of a message in one piece", () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 6_000 }).map((octets) => Buffer.from(octets));

  test("has every octet of its pieces, in their order, and twice their memory at most", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const sent = Buffer.concat(pieces);
        const whole = collect(pieces);
        expect(whole.equals(sent)).toBe(true);
        if (pieces.length > 1) expect(whole.buffer.byteLength).toBeLessThanOrEqual(Math.max(4_096, 2 * sent.length));
      }),
    );
  });

  test("is the piece itself when there is only one", () => {
    const only = Buffer.from("Hi\r\n");
    expect(collect([only]).buffer).toBe(only.buffer);
  });

  test("costs no object for each octet of a client that sends one at a time", () => {
    const octet = Buffer.from("x");
    const whole = collect(Array.from({ length: 100_000 }, () => octet));
    expect(whole.equals(Buffer.alloc(100_000, "x"))).toBe(true);
    expect(whole.buffer.byteLength).toBeLessThanOrEqual(200_000);
  });

  test("of one that was given up is forgotten", () => {
    const delivered: string[] = [];
    const content = new CollectedContent((whole) => delivered.push(whole.toString()));
    content.add(Buffer.from("one"));
    content.add(Buffer.from("two"));
    content.destroy();
    content.add(Buffer.from("three"));
    content.finish();
    expect(delivered).toEqual(["three"]);
  });
});
