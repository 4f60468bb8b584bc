import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkScript, findingText } from "../../../src/protocols/sieve/index.ts";
import { type Piece, printScript, scripts } from "./generated-scripts.ts";

const check = (script: string) => checkScript(Buffer.from(script));

describe("any script", () => {
  it("is checked without throwing, and an error is told within its lines", () => {
    const pieces = fc.constantFrom(
      ...[
        "if",
        "not",
        "anyof",
        "require",
        '"fileinto"',
        "fileinto",
        "keep",
        "header",
        ":is",
        ":contains",
        "text:",
        "\r\n",
      ],
      ...[
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        '"',
        "\\",
        "#",
        "/*",
        "*/",
        ".",
        "100K",
        ":",
        " ",
        "\n",
        "\0",
        "\r",
        "é",
        "😀",
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.array(pieces, { maxLength: 60 }).map((words) => Buffer.from(words.join(""))),
        ),
        (octets) => {
          const { error } = checkScript(octets);
          const lines = Buffer.from(octets).toString("utf8").split("\n");
          if (!error) return;
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.line).toBeLessThanOrEqual(lines.length);
          expect(error.column).toBeLessThanOrEqual([...(lines[error.line - 1] ?? "")].length + 1);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("takes time that grows with its size and no faster", () => {
    const hostile = [
      '"'.repeat(1_000_000),
      "/*".repeat(500_000),
      "/**/".repeat(250_000),
      "#\n".repeat(500_000),
      "text:\n".repeat(150_000),
      `text:\n${".\r".repeat(1)}\n${"..\n".repeat(300_000)}`,
      "9".repeat(1_000_000),
      `redirect "${"\\a".repeat(500_000)}";`,
      `redirect "${"a".repeat(1_000_000)}";`,
      `require "encoded-character"; redirect "${"${unicode:".repeat(100_000)}";`,
      `require [${'"copy",'.repeat(140_000)}"copy"];`,
      ":a".repeat(500_000),
      `if header ${":is ".repeat(250_000)}`,
      "é".repeat(500_000),
    ];
    const started = performance.now();
    for (const script of hostile) check(script.slice(0, 1_048_576));
    // A check that is quadratic in one of these takes minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("a generated script", () => {
  it("is valid, whatever stands between its tokens", () => {
    fc.assert(
      fc.property(scripts, fc.infiniteStream(blanks()), (script, between) => {
        const text = printScript(script, between)
          .map(({ text: piece }) => piece)
          .join("");
        const { error } = check(text);
        expect(error && `${findingText(error)}\n${text}`).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it("has its error where one was put", () => {
    fc.assert(
      fc.property(scripts, fc.infiniteStream(blanks()), fc.nat(), (script, between, place) => {
        const pieces = printScript(script, between);
        const tokens = pieces.filter(({ token }) => token);
        fc.pre(tokens.length > 0);
        const spoilt = tokens[place % tokens.length];
        const before = textBefore(pieces, spoilt);
        const { error } = check(`${before}§${spoilt?.text ?? ""}`);
        const lines = before.split("\n");
        expect(error).toMatchObject({ line: lines.length, column: [...(lines.at(-1) ?? "")].length + 1 });
      }),
      { numRuns: 500 },
    );
  });
});

function textBefore(pieces: readonly Piece[], end: Piece | undefined): string {
  const at = end ? pieces.indexOf(end) : 0;
  return pieces
    .slice(0, at)
    .map(({ text }) => text)
    .join("");
}

function blanks(): fc.Arbitrary<string> {
  return fc.constantFrom(" ", "\r\n", "\n\t", "  ", ' # a comment; } " \n', "/* one\r\n * more **/", " /**/ /* 😀 */ ");
}
