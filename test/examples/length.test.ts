import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../../examples/", import.meta.url);
const examples = readdirSync(folder).map((name) => ({
  name,
  code: readFileSync(new URL(name, folder), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("/")),
}));

test.each(examples)("$name fits on a screen: fewer than 60 lines of code", ({ code }) => {
  expect(code.length).toBeLessThan(60);
});
