import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "../../../src/protocols/http/http2/frame-reader.ts";
import { type Frame, FrameType, goAway } from "../../../src/protocols/http/http2/frames.ts";

const frames = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    length: fc.integer({ min: 0, max: 40 }),
  }),
);

function octetsOf({ type, flags, stream, length }: Frame): Buffer {
  const octets = Buffer.alloc(9 + length, 0x55);
  octets.writeUIntBE(length, 0, 3);
  octets[3] = type;
  octets[4] = flags;
  octets.writeUInt32BE(stream, 5);
  return octets;
}

test("the same frames are seen however the octets are cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 })), (sent, cuts) => {
      const seen: Frame[] = [];
      const reader = new FrameReader((frame) => seen.push(frame));
      let octets = Buffer.concat(sent.map(octetsOf));
      for (const cut of cuts) {
        reader.read(octets.subarray(0, cut));
        octets = octets.subarray(cut);
      }
      reader.read(octets);
      expect(seen).toEqual(sent);
    }),
  );
});

test("nothing may be put in within a frame, nor within a block of fields", () => {
  const reader = new FrameReader(() => {});
  const between = (octets: Buffer): boolean => {
    reader.read(octets);
    return reader.betweenFrames;
  };
  const headers = octetsOf({ type: FrameType.headers, flags: 0, stream: 1, length: 4 });
  expect(between(headers.subarray(0, 5))).toBe(false);
  expect(between(headers.subarray(5, 11))).toBe(false);
  expect(between(headers.subarray(11))).toBe(false);
  expect(between(octetsOf({ type: FrameType.continuation, flags: 4, stream: 1, length: 0 }))).toBe(true);
});

test("GOAWAY has the form of RFC 9113", () => {
  const seen: [Frame, string][] = [];
  const reader = new FrameReader((frame, payload) => seen.push([frame, payload.toString("hex")]));
  reader.read(goAway(5, 0xb));
  expect(seen).toEqual([[{ type: 7, flags: 0, stream: 0, length: 8 }, "000000050000000b"]]);
});
