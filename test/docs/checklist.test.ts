import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readPage, root, tableRows } from "./pages.ts";

const rows = tableRows(readPage("docs/checklist.md"), "scenario");

test("every scenario of the checklist has a test that exists, or says why it does not apply", () => {
  expect(rows.length).toBeGreaterThan(50);
  const missing = rows.filter(([, file = "", title = ""]) => {
    if (file === "—") return title.length < 20;
    const path = /^`([^`]+)`$/.exec(file)?.[1];
    return path === undefined || !readFileSync(root + path, "utf8").includes(title);
  });
  expect(missing).toEqual([]);
});
