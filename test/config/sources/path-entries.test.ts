import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { entriesOf } from "../../../src/config/sources/path-entries.ts";
import { temporaryFolder } from "./folders.ts";

/** The entries in a folder as paths from there. */
async function entriesIn(root: string, path: string): Promise<string[]> {
  const real = realpathSync(root);
  return (await entriesOf(join(real, path)))
    .map(({ folder, name }) => relative(real, join(folder, name)))
    .filter((entry) => !entry.startsWith(".."));
}

test("a path without links depends on its last entry, whether that is there or not", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "a", "b"), { recursive: true });
  writeFileSync(join(root, "a", "b", "file"), "");
  expect(await entriesIn(root, "a/b/file")).toEqual(["a/b/file"]);
  expect(await entriesIn(root, "a/b/missing")).toEqual(["a/b/missing"]);
});

test("a path that breaks off depends on the first entry that is missing", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "a"));
  expect(await entriesIn(root, "a/b/c/file")).toEqual(["a/b"]);
});

test("each link on the way is an entry that counts, relative, absolute or through a parent folder", async () => {
  const root = temporaryFolder();
  const real = realpathSync(root);
  mkdirSync(join(root, "x", "y"), { recursive: true });
  writeFileSync(join(root, "x", "file"), "");
  symlinkSync("x/y", join(root, "relative"));
  symlinkSync(join(real, "relative"), join(root, "absolute"));
  symlinkSync("../file", join(root, "x", "y", "up"));
  expect(await entriesIn(root, "absolute/up")).toEqual(["absolute", "relative", "x/y/up", "x/file"]);
});

test("links that lead in a circle come to an end", async () => {
  const root = temporaryFolder();
  symlinkSync("b", join(root, "a"));
  symlinkSync("a", join(root, "b"));
  expect(new Set(await entriesIn(root, "a"))).toEqual(new Set(["a", "b"]));
});
