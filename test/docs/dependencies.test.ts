import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { quotedWords, readPage, root, tableRows } from "./pages.ts";

test("every dependency of package.json is accounted for, and no other", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const described = tableRows(readPage("docs/dependencies.md"), "package").map(([name = ""]) => quotedWords(name)[0]);
  expect(described.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted());
});
