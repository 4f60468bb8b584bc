import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../docs/pages.ts";
import { faults } from "./faults.ts";

test.each(faults)("the fault can be put in: $name", ({ edits }) => {
  expect(edits.length).toBeGreaterThan(0);
  for (const { file, search, replace } of edits) {
    expect(readFileSync(root + file, "utf8").split(search).length - 1, file).toBe(1);
    expect(replace).not.toBe(search);
  }
});

test("there are at least 20 faults, each of another name, and every one was found", () => {
  const found = JSON.parse(readFileSync(`${root}test/mutations/found.json`, "utf8"));
  expect(faults.length).toBeGreaterThanOrEqual(20);
  expect(Object.keys(found).toSorted()).toEqual(faults.map(({ name }) => name).toSorted());
  for (const { file } of Object.values<{ file: string }>(found)) expect(existsSync(root + file), file).toBe(true);
});
