import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CopyCommand } from "../../../../src/protocols/imap/grammar/command.ts";
import {
  exceeds,
  formatNumbers,
  formatSequenceSet,
  includes,
  indexesOfSequenceNumbers,
  indexesOfUids,
  LARGEST,
  resolve,
  type SequenceSet,
} from "../../../../src/protocols/imap/grammar/sequence-set.ts";
import { parse } from "./reading.ts";

function set(text: string): SequenceSet {
  return (parse(`COPY ${text} x`) as CopyCommand).set;
}

function numbers(ranges: readonly { readonly start: number; readonly end: number }[], of: readonly number[]): number[] {
  return ranges.flatMap(({ start, end }) => of.slice(start, end));
}

const number = fc.integer({ min: 1, max: 60 });
const endpoint = fc.oneof(number, fc.constant(LARGEST));
const anySet = fc.array(fc.record({ first: endpoint, last: endpoint }), { minLength: 1, maxLength: 8 });
const anyUids = fc.uniqueArray(number, { maxLength: 30 }).map((uids) => uids.sort((a, b) => a - b));

/** What a set means, number by number. */
function expand(of: SequenceSet, largest: number): number[] {
  const found = new Set<number>();
  for (const { first, last } of of) {
    const ends = [first, last].map((end) => (end === LARGEST ? largest : end));
    for (let value = Math.min(...ends); value <= Math.max(...ends); value++) found.add(value);
  }
  return [...found].filter((value) => value > 0).sort((a, b) => a - b);
}

describe("a sequence set", () => {
  it("finds messages by sequence number", () => {
    expect(indexesOfSequenceNumbers(set("2,4:7,9,12:*"), 15)).toEqual([
      { start: 1, end: 2 },
      { start: 3, end: 7 },
      { start: 8, end: 9 },
      { start: 11, end: 15 },
    ]);
    expect(indexesOfSequenceNumbers(set("*:4,5:7"), 10)).toEqual([{ start: 3, end: 10 }]);
    expect(indexesOfSequenceNumbers(set("1:*"), 0)).toEqual([]);
    expect(indexesOfSequenceNumbers(set("4:2"), 3)).toEqual([{ start: 1, end: 3 }]);
  });

  it("finds the last message for a range from beyond it to *", () => {
    const uids = [3, 8, 20];
    expect(numbers(indexesOfUids(set("100:*"), uids), uids)).toEqual([20]);
    expect(numbers(indexesOfUids(set("*"), uids), uids)).toEqual([20]);
    expect(indexesOfUids(set("1:*"), [])).toEqual([]);
  });

  it("exceeds a mailbox with a number that is not there, but not with *", () => {
    expect(exceeds(set("1:3"), 3)).toBe(false);
    expect(exceeds(set("1:4"), 3)).toBe(true);
    expect(exceeds(set("4"), 3)).toBe(true);
    expect(exceeds(set("4:*"), 3)).toBe(false);
    expect(exceeds(set("1:*"), 0)).toBe(false);
    expect(exceeds(set("*"), 0)).toBe(false);
  });

  it("does not cost more for the numbers in it than for its ranges", () => {
    expect(resolve(set("1:4294967295"), 4_294_967_295)).toEqual([{ first: 1, last: 4_294_967_295 }]);
    const uids = Uint32Array.from({ length: 100_000 }, (_, index) => 40_000 * (index + 1));
    expect(indexesOfUids(set("4294967295,1:40000,80001:120000"), uids)).toEqual([
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ]);
  });

  it("means the same whether it is expanded or searched for", () => {
    fc.assert(
      fc.property(anySet, anyUids, (given, uids) => {
        const largest = uids.at(-1) ?? 0;
        const meant = uids.length === 0 ? [] : expand(given, largest);
        expect(numbers(indexesOfUids(given, uids), uids)).toEqual(uids.filter((uid) => meant.includes(uid)));
        const resolved = resolve(given, largest);
        const candidates = Array.from({ length: 61 }, (_, index) => index + 1);
        expect(candidates.filter((value) => includes(resolved, value))).toEqual(expand(given, largest));
        const messages = uids.length;
        const all = Array.from({ length: messages }, (_, index) => index + 1);
        const expected = expand(given, messages).filter((value) => value <= messages);
        expect(numbers(indexesOfSequenceNumbers(given, messages), all)).toEqual(expected);
      }),
    );
  });

  it("is as small as what it means, and means the same, however long it is", () => {
    fc.assert(
      fc.property(anySet, anyUids, fc.integer({ min: 0, max: 80 }), (given, uids, messages) => {
        const long = set(Array.from({ length: 600 }, () => formatSequenceSet(given)).join(","));
        expect(long.length).toBeLessThanOrEqual(256);
        expect(indexesOfUids(long, uids)).toEqual(indexesOfUids(given, uids));
        expect(indexesOfSequenceNumbers(long, messages)).toEqual(indexesOfSequenceNumbers(given, messages));
        expect(exceeds(long, messages)).toBe(exceeds(given, messages));
      }),
    );
    expect(set("1,3,".repeat(16_000).slice(0, -1)).length).toBeLessThanOrEqual(256);
  });

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(anySet, (given) => {
        expect(set(formatSequenceSet(given))).toEqual(given);
      }),
    );
  });
});

describe("numbers", () => {
  it("are written in their order, in as few ranges as they make", () => {
    expect(formatNumbers([1, 2, 3, 7, 9, 10, 4, 5])).toBe("1:3,7,9:10,4:5");
    expect(formatNumbers([5])).toBe("5");
  });

  it("come back from what was written", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (given) => {
        const back = set(formatNumbers(given)).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        );
        expect(back).toEqual(given);
      }),
    );
  });
});
