import { expect, test } from "vitest";
import { columns, table } from "../../src/command/columns.ts";

const rows = [
  ["NAME", "ADDRESSES", "PAUSED BY", "REFUSED"],
  ["smtp", "127.0.0.1:25, [::1]:25, 192.0.2.1:25", "-", "7"],
];

test("a row stays on its line where there is no terminal", () => {
  expect(columns(rows)).toBe(
    "NAME  ADDRESSES                             PAUSED BY  REFUSED\nsmtp  127.0.0.1:25, [::1]:25, 192.0.2.1:25  -          7",
  );
});

test("cells go on below between words, the widest first, until the line fits", () => {
  expect(columns(rows, 39)).toBe(`NAME  ADDRESSES      PAUSED BY  REFUSED
smtp  127.0.0.1:25,  -          7
      [::1]:25,
      192.0.2.1:25`);
});

test("a table leaves its last columns out where words would be broken, and says so", () => {
  expect(table(rows, 30)).toBe(`NAME  ADDRESSES      PAUSED BY
smtp  127.0.0.1:25,  -
      [::1]:25,
      192.0.2.1:25

Not shown for lack of room:
REFUSED. --json prints
everything.`);
  expect(table(rows, 80)).toBe(columns(rows));
});

test("a word that is longer than a line is broken", () => {
  const word = "x".repeat(50);
  expect(columns([["states", word]], 40)).toBe(`states  ${"x".repeat(32)}\n        ${"x".repeat(18)}`);
});
