import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { quotedWords, readPage, root, tableRows } from "./pages.ts";

interface CodedError {
  readonly name: string;
  readonly codes: readonly string[];
}

/** Errors of the console stay within a browser's page. */
const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("console/"))
  .map((file) => readFileSync(`${root}src/${file}`, "utf8").replaceAll(/^ *\/\*\*[\s\S]*?\*\/$/gm, ""));

/** `readonly code = "…"` of a class, or the strings of the type that its `code` has. */
function errorsOf(source: string): CodedError[] {
  const classes = source.matchAll(/class (\w+) extends (?:\w*Error)\b[^{]*\{([\s\S]*?)\n\}/g);
  return [...classes].flatMap(([, name = "", body = ""]) => {
    const declaration = /readonly code(?: = |: )([^;]+);/.exec(body)?.[1];
    if (declaration === undefined) return [];
    const strings = stringsIn(/^\w+$/.test(declaration) ? aliasOf(declaration) : declaration);
    return [{ name, codes: strings }];
  });
}

function aliasOf(name: string): string {
  for (const source of sources) {
    const type = new RegExp(`type ${name} =([^;]*);`).exec(source)?.[1];
    if (type !== undefined) return type;
  }
  throw new Error(`There is no type ${name}.`);
}

const stringsIn = (text: string) => [...text.matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word);

const errors = sources.flatMap(errorsOf);
const page = readPage("docs/errors.md");

test("every error code of the source is in the table, and no other", () => {
  const declared = errors.flatMap(({ name, codes }) => codes.map((code) => `${code} ${name}`));
  const described = tableRows(page, "code")
    .filter((cells) => cells.length > 2)
    .map(([code = "", kind = ""]) => `${quotedWords(code)[0]} ${quotedWords(kind)[0]}`);
  expect(declared.length).toBeGreaterThan(30);
  expect(described.toSorted()).toEqual(declared.toSorted());
});

test("every error class has a code", () => {
  const classes = sources.flatMap((source) => [...source.matchAll(/class (\w+) extends (?:\w*Error)\b/g)]);
  const coded = new Set(errors.map(({ name }) => name));
  expect(classes.map(([, name = ""]) => name).filter((name) => !coded.has(name))).toEqual([]);
});

test("every code of `server.warning` is in the table", () => {
  const codes = sources.flatMap((source) => {
    return [...source.matchAll(/\{ code: ("[a-z-]+"), text\b/g)].flatMap(([, code = ""]) => stringsIn(code));
  });
  const described = tableRows(page, "code").map(([code = ""]) => quotedWords(code)[0]);
  expect(codes.length).toBeGreaterThan(1);
  for (const code of codes) expect(described).toContain(code);
});
