import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFile, removeFile } from "../../src/files/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

test("a file is made with its folder, for its owner alone, and nothing beside it", async () => {
  const folder = join(temporaryDirectory(), "a", "b");
  expect(await createFile(join(folder, "f"), "text")).toBe(true);
  expect(await readFile(join(folder, "f"), "utf8")).toBe("text");
  expect([(await stat(join(folder, "f"))).mode & 0o777, (await stat(folder)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(await readdir(folder)).toEqual(["f"]);
});

test("whatever has the name stays as it is: a file, a link that leads nowhere, a folder", async () => {
  const folder = temporaryDirectory();
  await writeFile(join(folder, "file"), "theirs");
  await symlink(join(folder, "nowhere"), join(folder, "link"));
  await mkdir(join(folder, "folder"));
  for (const name of ["file", "link", "folder"]) expect(await createFile(join(folder, name), "mine")).toBe(false);
  expect(await readFile(join(folder, "file"), "utf8")).toBe("theirs");
  expect((await readdir(folder)).toSorted()).toEqual(["file", "folder", "link"]);
});

test("of many at once one makes it", async () => {
  const file = join(temporaryDirectory(), "f");
  const made = await Promise.all(["1", "2", "3", "4"].map((text) => createFile(file, text)));
  expect(made.filter((mine) => mine)).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe(String(made.indexOf(true) + 1));
});

test("what cannot be made or removed is an error that says what to do", async () => {
  const folder = temporaryDirectory();
  await writeFile(join(folder, "file"), "");
  const unwritable = { code: "file-unwritable" };
  await expect(createFile(join(folder, "file", "f"), "")).rejects.toMatchObject(unwritable);
  await mkdir(join(folder, "inner"));
  await expect(removeFile(join(folder, "inner"))).rejects.toMatchObject(unwritable);
});

test("a file is removed by its name alone, and what is not there is said not to be", async () => {
  const folder = temporaryDirectory();
  await writeFile(join(folder, "file"), "text");
  await link(join(folder, "file"), join(folder, "other"));
  await chmod(join(folder, "file"), 0o400);
  expect(await removeFile(join(folder, "file"))).toBe(true);
  expect(await removeFile(join(folder, "file"))).toBe(false);
  expect(await readFile(join(folder, "other"), "utf8")).toBe("text");
});
