import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CrlfLines } from "../../../src/protocols/imap/crlf-lines.ts";
import { type LineScan, lineScanOf, makeLineScan } from "../../../src/protocols/line-scan/line-scan.ts";
import { scannable } from "../../../src/protocols/line-scan/line-scan-code.ts";
import { BdatReader } from "../../../src/protocols/smtp/bdat-reader.ts";
import { DataReader } from "../../../src/protocols/smtp/data-reader.ts";

const inJavaScript = () => null;

/** Long plain passages, with all that is not plain in between and at their ends. */
const passage = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(120), fc.nat(60)).map(([length, lines]) => line(length).repeat(lines)) },
  { weight: 2, arbitrary: fc.nat(3_000).map((length) => "y".repeat(length)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "\r",
      "\n",
      "\r\n",
      "\r\r\n",
      "\n\r",
      ".",
      "\r\n.",
      "\r\n..",
      "\0",
      "\t",
      "é",
      "\x8d\x8a",
    ),
  },
);
const text = fc.array(passage, { minLength: 1, maxLength: 14 }).map((passages) => passages.join(""));

function line(length: number): string {
  return `${"x".repeat(length)}\r\n`;
}

function piecesOf(content: string, cuts: readonly number[]): Buffer[] {
  const octets = Buffer.from(content, "latin1");
  const places = [0, ...cuts.map((cut) => cut % (octets.length + 1)).toSorted((a, b) => a - b), octets.length];
  return places.slice(1).map((end, at) => Buffer.from(octets.subarray(places[at], end)));
}

describe("a reader of DATA or BDAT", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 4 });

  it("of DATA finds the same in plain lines that are read over as in those that it looks at", () => {
    const found = (reader: DataReader, pieces: readonly Buffer[]) =>
      pieces.map((piece) => {
        const length = reader.ended ? 0 : reader.read(piece);
        const { ended, bareLineEnd, lineTooLong, content } = reader;
        return { length, ended, bareLineEnd, lineTooLong, content: content.toString("latin1") };
      });
    fc.assert(
      fc.property(text, cuts, fc.constantFrom(50, 1_000, 5_000), (content, places, longest) => {
        const read = found(new DataReader(longest), piecesOf(content, places));
        expect(read).toEqual(found(new DataReader(longest, inJavaScript), piecesOf(content, places)));
      }),
      { numRuns: 500 },
    );
  });

  it("of BDAT finds the same in plain lines that are read over as in those that it looks at", () => {
    const found = (reader: BdatReader, pieces: readonly Buffer[]) => {
      reader.begin(scannable, true);
      return pieces.map((piece) => {
        reader.read(piece);
        const { bareLineEnd, lineTooLong, hasOpenLine, remaining } = reader;
        return { bareLineEnd, lineTooLong, hasOpenLine, remaining };
      });
    };
    fc.assert(
      fc.property(text, cuts, fc.constantFrom(50, 1_000, 5_000), (content, places, longest) => {
        const read = found(new BdatReader(longest), piecesOf(content, places));
        expect(read).toEqual(found(new BdatReader(longest, inJavaScript), piecesOf(content, places)));
      }),
      { numRuns: 500 },
    );
  });
});

it("a message of APPEND gets the CRs that its line ends lack, and no more", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 4 }), (content, places) => {
      const lines = new CrlfLines();
      const pieces = piecesOf(content, places).map((piece) => lines.write(piece));
      const whole = content.replaceAll(/(?<!\r)\n/g, "\r\n");
      expect(Buffer.concat([...pieces, lines.end()]).toString("latin1")).toBe(whole.replace(/(?<=[^\n])$/, "\r\n"));
    }),
  );
});

describe("plain lines", () => {
  /** The place of the first octet that is not plain. */
  function firstOdd(octets: Buffer, longest: number): number {
    let lineStart = 0;
    for (let at = 0; at < octets.length; at++) {
      const [before, here, after] = [octets[at - 1], octets[at], octets[at + 1]];
      if (here === 0x0a && before !== 0x0d) return at;
      if (here === 0x0d && after !== 0x0a) return at;
      if (here === 0x2e && before === 0x0a) return at;
      if (here !== 0x0a) continue;
      if (at + 1 - lineStart > longest) return at;
      lineStart = at + 1;
    }
    return octets.length;
  }

  it("are read over nearly to the first octet that is not plain, and never further", () => {
    fc.assert(
      fc.property(text, (content) => {
        const octets = Buffer.from(content, "latin1");
        const scan = lineScanOf(octets);
        if (!scan) return octets.length < 2_048 || octets.length > scannable;
        const odd = firstOdd(octets, 1_000);
        const end = scan.skip(0, { lineStart: 0, longest: 1_000, stop: 0x2e });
        expect(end).toBeLessThanOrEqual(odd);
        expect(end).toBeGreaterThan(odd - 34);
        expect(octets[end - 1]).not.toBe(0x0d);
        expect(octets.toString("latin1", end - 1, end + 1)).not.toBe("\n.");
        return true;
      }),
      { numRuns: 500 },
    );
  });

  it("are read over by WebAssembly here", () => {
    expect(lineScanOf(Buffer.alloc(4_096))).not.toBeNull();
  });

  it("are left to their reader without WebAssembly or its SIMD, and where a chunk is short or very long", () => {
    class Unable {
      constructor() {
        throw new Error("no such instruction");
      }
    }
    const without: (LineScan | null)[] = [undefined, {}, { Module: Unable, Instance: Unable }].map(makeLineScan);
    expect(without).toEqual([null, null, null]);
    expect(lineScanOf(Buffer.alloc(1_000))).toBeNull();
    expect(lineScanOf(Buffer.alloc(scannable + 1))).toBeNull();
  });
});
