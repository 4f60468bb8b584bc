import { isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf } from "../../../src/config/addresses/ip-address.ts";
import type { Endpoint } from "../../../src/protocols/endpoint.ts";
import { ProxyHeaderReader, type ProxyHeaderStep } from "../../../src/runtime/proxy/proxy-header-reader.ts";
import { SIGNATURE, tlv, version2 } from "./encode-header.ts";
import { errorOf, step } from "./read-header.ts";

const LINE = Buffer.from("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n");
const LONGEST = 4_112;

describe("the reader", () => {
  test.each([
    ["version 1", LINE],
    ["version 2", version2({ crc32c: true, tlvs: [tlv(0x02, "mail.example.com")] })],
  ])("takes a header of %s octet by octet, and wants the last one", (_version, header) => {
    const reader = new ProxyHeaderReader();
    for (const octet of header.subarray(0, -1)) expect(reader.feed(Uint8Array.of(octet))).toBe("more");
    expect(reader.feed(header.subarray(-1))).toMatchObject({
      header: { source: { address: "192.0.2.1", port: 56324 } },
      rest: Buffer.alloc(0),
    });
  });

  test("gives what follows the header as a view of the chunk", () => {
    const chunk = Buffer.concat([LINE, Buffer.from("EHLO client\r\n")]);
    const outcome = step(chunk);
    if (outcome === "more" || "error" in outcome) throw new Error("no header");
    expect(Buffer.from(outcome.rest).toString()).toBe("EHLO client\r\n");
    expect([outcome.rest.buffer, outcome.rest.byteOffset]).toEqual([chunk.buffer, chunk.byteOffset + LINE.length]);
  });

  test("takes plain byte arrays that begin in the middle of their memory", () => {
    const memory = new Uint8Array([1, 2, 3, ...LINE, 4]);
    expect(step(memory.subarray(3))).toMatchObject({ header: { version: 1 }, rest: Uint8Array.of(4) });
  });

  test("keeps nothing of a chunk that the caller uses again", () => {
    const reader = new ProxyHeaderReader();
    const chunk = Buffer.from(LINE.subarray(0, 20));
    reader.feed(chunk);
    chunk.fill(0);
    expect(reader.feed(LINE.subarray(20))).toMatchObject({ header: { source: { address: "192.0.2.1" } } });
  });

  test("is not confused by empty chunks", () => {
    const reader = new ProxyHeaderReader();
    expect(reader.feed(new Uint8Array(0))).toBe("more");
    expect(reader.feed(LINE.subarray(0, 9))).toBe("more");
    expect(reader.feed(new Uint8Array(0))).toBe("more");
    expect(reader.feed(LINE.subarray(9))).toMatchObject({ header: { version: 1 } });
  });

  test("gives all chunks after the header as rest, and stays with an error", () => {
    const reader = new ProxyHeaderReader();
    const done = reader.feed(LINE);
    const later = Buffer.from("later");
    expect(reader.feed(later)).toEqual({ ...(done as object), rest: later });

    const failed = new ProxyHeaderReader();
    expect(failed.feed(LINE.subarray(1))).toBe(failed.feed(LINE));
  });

  test.each(["E", "\x16", "Q", "\n", "\0", "p"])("refuses the first octet %j without waiting for more", (octet) => {
    expect(errorOf(octet)).toMatchObject({
      name: "ProxyHeaderError",
      code: "proxy-header-invalid",
      reason: "signature",
    });
  });

  test("quotes nothing that the peer sent in its error", () => {
    const { message } = errorOf("PROXY TCP4 \x1b[31mevil\n 1 2 3 4\r\n");
    expect(message).toMatch(/^[\x20-\x7e]+$/);
    expect(message).not.toContain("evil");
  });
});

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const port = fc.integer({ min: 0, max: 65_535 });
const ipv4 = octets(4).map((bytes) => ({ bytes, text: bytes.join(".") }));
const ipv6 = fc
  .oneof(
    octets(16),
    octets(4).map((last) => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...last])),
  )
  .map((bytes) => ({ bytes, text: mapped(bytes) ?? addressOf([...bytes]) }));

/** The IPv4 address in an IPv4-mapped one. */
function mapped(bytes: Uint8Array): string | null {
  const hex = Buffer.from(bytes).toString("hex");
  return hex.startsWith("00000000000000000000ffff") ? bytes.subarray(12).join(".") : null;
}

interface Sample {
  readonly bytes: Buffer;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly others: readonly Uint8Array[];
}

const anyTlvs = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 4 });
const sample: fc.Arbitrary<Sample> = fc.oneof(ipv4, ipv6).chain((first) =>
  fc
    .tuple(first.bytes.length === 4 ? ipv4 : ipv6, port, port, anyTlvs, fc.constantFrom(1, 2))
    .map(([second, from, to, values, version]): Sample => {
      const family = first.bytes.length === 4 ? 4 : 6;
      const ends = { source: { address: first.text, port: from }, destination: { address: second.text, port: to } };
      if (version === 1) {
        const text = (end: string) => (family === 6 && isIPv4(end) ? `::ffff:${end}` : end);
        const line = `PROXY TCP${family} ${text(first.text)} ${text(second.text)} ${from} ${to}\r\n`;
        return { ...ends, bytes: Buffer.from(line), others: [] };
      }
      const ports = Buffer.alloc(4);
      ports.writeUInt16BE(from, 0);
      ports.writeUInt16BE(to, 2);
      const addresses = Buffer.concat([first.bytes, second.bytes, ports]);
      const tlvs = values.map((value) => tlv(0xe0, value));
      const bytes = version2({ family: family === 4 ? 0x11 : 0x21, addresses, tlvs, crc32c: true });
      return { ...ends, bytes, others: values };
    }),
);

/** Cuts bytes where the numbers say, each a share of the whole. */
function cut(bytes: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const places = [0, ...shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** Feeds chunks until there is an outcome; what it did not take is behind the rest. */
function feedAll(chunks: readonly Uint8Array[]): { outcome: ProxyHeaderStep; rest: Buffer } {
  const reader = new ProxyHeaderReader();
  for (const [index, chunk] of chunks.entries()) {
    const outcome = reader.feed(chunk);
    if (outcome === "more") continue;
    const rest = "header" in outcome ? [outcome.rest, ...chunks.slice(index + 1)] : [];
    return { outcome, rest: Buffer.concat(rest) };
  }
  return { outcome: "more", rest: Buffer.alloc(0) };
}

describe("for any input, the reader", () => {
  test("finds what was encoded, however the bytes are cut, and loses none that follow", () => {
    fc.assert(
      fc.property(sample, fc.uint8Array({ maxLength: 6_000 }), shares, (sent, payload, places) => {
        const { outcome, rest } = feedAll(cut(Buffer.concat([sent.bytes, payload]), places));
        if (outcome === "more" || "error" in outcome) throw new Error("no header");
        expect(outcome.header.source).toEqual(sent.source);
        expect(outcome.header.destination).toEqual(sent.destination);
        expect(outcome.header.tlvs.other.map(([, value]) => value)).toEqual(sent.others);
        expect(rest.equals(payload)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("never throws, and comes to an end within the longest header", () => {
    const beginning = fc.oneof(
      fc.constant(Buffer.alloc(0)),
      fc.constantFrom("P", "PROXY ", "PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN ").map((text) => Buffer.from(text)),
      fc.constantFrom("", "2011", "2111", "2121", "2131", "2100").map((hex) => {
        return Buffer.concat([SIGNATURE, Buffer.from(hex, "hex")]);
      }),
    );
    const garbage = fc.uint8Array({ minLength: LONGEST, maxLength: LONGEST + 500 });
    fc.assert(
      fc.property(beginning, garbage, shares, (start, bytes, places) => {
        expect(feedAll(cut(Buffer.concat([start, bytes]), places)).outcome).not.toBe("more");
      }),
      { numRuns: 300 },
    );
  });

  test("answers the same whether the bytes come at once or one by one", () => {
    fc.assert(
      fc.property(sample, fc.nat(), fc.integer({ min: 0, max: 255 }), (sent, place, value) => {
        const bytes = Buffer.from(sent.bytes);
        bytes[place % bytes.length] = value;
        const verdict = ({ outcome }: ReturnType<typeof feedAll>) => {
          if (outcome === "more") return outcome;
          return "error" in outcome ? outcome.error.reason : outcome.header;
        };
        expect(verdict(feedAll(Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(verdict(feedAll([bytes])));
      }),
      { numRuns: 300 },
    );
  });

  test("takes no wrong address from a checksummed header in which a bit fell over", () => {
    const checksummed = sample.filter(({ bytes }) => bytes[0] === 0x0d);
    fc.assert(
      fc.property(checksummed, fc.nat(), (sent, place) => {
        const bytes = Buffer.from(sent.bytes);
        const bit = place % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const outcome = step(bytes);
        if (outcome === "more" || "error" in outcome) return;
        expect([outcome.header.source, outcome.header.destination]).toEqual([sent.source, sent.destination]);
      }),
      { numRuns: 2_000 },
    );
  });
});
