import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson, printableLines } from "../../../src/config/values/printable.ts";

const acting = [
  "\x00",
  "\x1b",
  "\r",
  "\x7f",
  "\x80",
  "\x9b",
  "\u2028",
  "\u2029",
  "\u202e",
  "\u2066",
  "\u061c",
  "\ud800",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...acting, "\n", "\\", '"', "é", "א", "😀", "a\u200db"), fc.string()))
  .map((parts) => parts.join(""));

test("what acts on a terminal is named, and nothing else is changed", () => {
  expect(printable("a\x9b2Jb\u202ec\u2028\n\td")).toBe("a<U+009B>2Jb<U+202E>c<U+2028><U+000A><U+0009>d");
  expect(printableLines("a\x1b\nb")).toBe("a<U+001B>\nb");
  for (const kept of ["", "Zoë", "ユーザー", "شبکه\u200cها", "👩\u200d💻", "a b"]) expect(printable(kept)).toBe(kept);
});

test("whatever the text, no character is left that acts on a terminal", () => {
  fc.assert(
    fc.property(text, (any) => {
      for (const character of acting) {
        expect(printable(any)).not.toContain(character);
        expect(printableLines(any).replaceAll(/\p{Cs}/gu, "")).not.toContain(character);
        expect(printableJson({ any })).not.toContain(character);
      }
      expect(printable(any)).not.toContain("\n");
      expect(JSON.parse(printableJson({ any }))).toEqual({ any });
    }),
  );
});
