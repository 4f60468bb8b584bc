import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listPattern, matchesPattern } from "../../../src/protocols/imap/list-pattern.ts";

const matches = (pattern: string, name: string) => matchesPattern(listPattern(pattern, "/"), name);

/** The same by a regular expression, which may take long. */
function matchesByExpression(pattern: string, name: string): boolean {
  const parts = pattern.match(/[*]|%|[^*%]+/g) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return "[^]*";
    return part === "%" ? "[^/]*" : part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "u").test(name);
}

describe("patterns of LIST", () => {
  it.each([
    ["*", "a/b/c", true],
    ["%", "a", true],
    ["%", "a/b", false],
    ["%/%", "a/b", true],
    ["a%c", "abc", true],
    ["a%c", "a/c", false],
    ["a*c", "a/b/c", true],
    ["a*%c", "a/b/c", true],
    ["%a/%b", "xa/yb", true],
    ["a", "A", false],
    ["inbox", "INBOX", true],
    ["InBox/%", "INBOX/a", true],
    ["inb*", "INBOX", false],
    ["inboxes", "INBOXES", false],
    ["", "", true],
    ["", "a", false],
    ["%", "Grüße 😀", true],
    ["*😀", "Grüße 😀", true],
    ["Gru\u0308%", "Gr\u00fc\u00dfe", true],
    ["Gr\u00fc%", "Gru\u0308\u00dfe", true],
  ])("%s and %s: %s", (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it("agree with a regular expression", () => {
    const text = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 });
    fc.assert(
      fc.property(text("ab/*%"), text("ab/"), (pattern, name) => {
        expect(matches(pattern, name)).toBe(matchesByExpression(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });

  it("agree with a regular expression where they are longer than a word has bits", () => {
    const text = (alphabet: string, minLength: number) =>
      fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength: 80 });
    fc.assert(
      fc.property(
        text("aaaaab/", 30),
        fc.array(fc.tuple(fc.nat(80), fc.constantFrom("*", "%", "a%", "b*"))),
        (name, cuts) => {
          const pattern = cuts.reduce((made, [at, piece]) => made.slice(0, at) + piece + made.slice(at + 2), name);
          expect(matches(pattern, name)).toBe(matchesByExpression(pattern, name));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("take no longer for patterns that are made to take long", () => {
    const before = performance.now();
    for (let name = 0; name < 100; name++) {
      expect(matches(`${"%a".repeat(300)}%b`, "a".repeat(512))).toBe(false);
      expect(matches(`${"*a".repeat(300)}*b`, "a".repeat(512))).toBe(false);
    }
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
