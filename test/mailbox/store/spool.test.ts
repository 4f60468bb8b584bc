import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { receive } from "../../../src/mailbox/store/spool.ts";
import { IncomingBody } from "../../../src/protocols/incoming-body.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const pieces = (): Buffer[] => Array.from({ length: 8 }, (_, at) => Buffer.allocUnsafeSlow(32_768).fill(at));
const whole = Buffer.concat(pieces());

/** Spools what is added to a body. @returns what the file holds. */
async function spool(body: Readable, add: () => void): Promise<Buffer> {
  const file = join(temporaryDirectory(), "spooled");
  const received = receive(body, file);
  add();
  body.push(null);
  expect(await received).toEqual({ size: whole.length, bytes: null });
  return readFileSync(file);
}

describe("the pieces of a body that is spooled", () => {
  test("Are freed once they are written, where nobody else has them.", async () => {
    const body = new IncomingBody(
      () => {},
      () => {},
    );
    const given = pieces();
    const file = join(temporaryDirectory(), "spooled");
    const received = receive(body, file);
    for (const piece of given) {
      body.add(piece);
      await expect.poll(() => piece.buffer.byteLength).toBe(0);
    }
    body.push(null);
    await received;
    expect(readFileSync(file).equals(whole)).toBe(true);
  });

  test("Stay with whoever listens, too.", async () => {
    const body = new IncomingBody(
      () => {},
      () => {},
    );
    const heard: Buffer[] = [];
    const written = await spool(body, () => {
      body.on("data", (piece: Buffer) => heard.push(piece));
      for (const piece of pieces()) body.add(piece);
    });
    expect(written.equals(whole)).toBe(true);
    expect(Buffer.concat(heard).equals(whole)).toBe(true);
  });

  test("Stay with whoever has looked at the first and put it back.", async () => {
    const body = new IncomingBody(
      () => {},
      () => {},
    );
    const [first, ...rest] = pieces();
    body.add(first as Buffer);
    const seen = body.read() as Buffer;
    body.unshift(seen);
    const written = await spool(body, () => {
      for (const piece of rest) body.add(piece);
    });
    expect(written.equals(whole)).toBe(true);
    expect(seen.equals(whole.subarray(0, 32_768))).toBe(true);
  });

  test("Stay with their sender where the body is another stream.", async () => {
    const body = new PassThrough();
    const given = pieces();
    const file = join(temporaryDirectory(), "spooled");
    const received = receive(body, file);
    for (const piece of given) body.write(piece);
    body.end();
    await received;
    expect(readFileSync(file).equals(whole)).toBe(true);
    expect(Buffer.concat(given).equals(whole)).toBe(true);
  });
});
