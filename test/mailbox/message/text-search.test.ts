import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStructure, type ReadRange } from "../../../src/mailbox/message/parse-structure.ts";
import { fold, TextFinder } from "../../../src/mailbox/message/text-finder.ts";
import { matches } from "../../../src/mailbox/message/text-search.ts";
import type { TextQuery } from "../../../src/protocols/mailbox.ts";

const search = (query: TextQuery, message: string) => matching(query, Buffer.from(message.replaceAll("\n", "\r\n")));

/** @param cut where the octets come in two pieces. */
async function matching(query: TextQuery, message: Buffer, cut = 0): Promise<boolean> {
  const read: ReadRange = (start, end) => {
    const middle = Math.min(Math.max(cut, start), end);
    return [message.subarray(start, middle), message.subarray(middle, end)];
  };
  return matches(query, { structure: await parseStructure(read, message.length), read });
}

/** CPU time of the work, in milliseconds: other processes do not count. */
async function costOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe("the finder of texts", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "B", "b", "é", "e\u0301"), maxLength: 30 });

  it("finds what includes() finds, wherever the text is cut", () => {
    fc.assert(
      fc.property(text, text, fc.nat(30), (wanted, whole, cut) => {
        const finder = new TextFinder(wanted);
        const folded = fold(whole);
        finder.begin();
        finder.look(folded.slice(0, cut));
        finder.look(folded.slice(cut));
        expect(finder.isFound).toBe(folded.includes(fold(wanted)));
        expect(finder.fits(whole)).toBe(folded.includes(fold(wanted)));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes no longer for texts that nearly fit everywhere", async () => {
    const half = "a".repeat(30_000);
    const cost = await costOf(() => expect(new TextFinder(`${half}b${half}`).fits("a".repeat(1_000_000))).toBe(false));
    expect(cost).toBeLessThan(1000);
  });
});

describe("a search in addresses", () => {
  const message = `From: <user-from (comment)@ (comment) example.org>
To: =?utf-8?q?Gr=C3=BCn?= Team: "Ann, Q." <ann@example.com>, bob@example.com (Bob);,
 Eve <eve@example.net>
Cc:

Text of ann@elsewhere.example
`;
  it.each([
    ["from", "user-from@example.org", true],
    ["from", "(comment)", false],
    ["to", "grün team", true],
    ["to", "ann, q. <ann@example.com>", true],
    ["to", "bob <bob@example.com>", true],
    ["to", "eve@example.net", true],
    ["to", "elsewhere", false],
    ["cc", "", true],
    ["cc", "x", false],
    ["bcc", "", false],
  ])("finds in %s %j: %s", async (field, text, found) => {
    expect(await search({ in: "address", field, text }, message)).toBe(found);
    expect(await search({ in: "address", field: field.toUpperCase(), text: text.toUpperCase() }, message)).toBe(found);
  });
});

describe("a search in text", () => {
  it("finds what was composed of octets of two chunks", async () => {
    const body = Buffer.from(`Content-Type: text/plain; charset=utf-8\r\n\r\n${"x".repeat(9)}e\u0301\r\n`);
    const at = body.indexOf("e\u0301") + 1;
    for (const cut of [at, at + 1]) {
      expect(await matching({ in: "body", text: "xé" }, body, cut)).toBe(true);
    }
  });

  it("looks at a header of many names once", async () => {
    const header = Array.from({ length: 16_000 }, (_, index) => `X-${index}: ${index}\n`).join("");
    const cost = await costOf(async () => {
      expect(await search({ in: "text", text: "x-15999: 15999" }, `${header}\n\n`)).toBe(true);
      expect(await search({ in: "text", text: "nowhere" }, `${header}\n\n`)).toBe(false);
    });
    expect(cost).toBeLessThan(1500);
  });

  it("rests between the fields of a header", async () => {
    const message = Buffer.from("a:\r\n".repeat(1_000));
    const read: ReadRange = (start, end) => [message.subarray(start, end)];
    const structure = await parseStructure(read, message.length);
    for (const query of [
      { in: "text", text: "zz" },
      { in: "header", field: "b", text: "zz" },
      { in: "address", field: "to", text: "zz" },
    ] as const) {
      let rests = 0;
      const rest = () => (++rests % 2 === 0 ? Promise.resolve() : null);
      expect(await matches(query, { structure, read, rest })).toBe(false);
      expect(rests).toBeGreaterThanOrEqual(1_000);
    }
  });
});
