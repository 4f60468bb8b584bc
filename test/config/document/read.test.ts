import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigurationError } from "../../../src/config/document/configuration-error.ts";
import { parseDocument } from "../../../src/config/document/document.ts";
import { readConfiguration } from "../../../src/config/document/read.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gatehouse-config-"));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function fileWith(name: string, content: string | Uint8Array): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

async function failureOf(file: string): Promise<ConfigurationError> {
  try {
    await readConfiguration(file);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("the file is valid");
}

test("a file is read with its folder as the base of relative paths", async () => {
  const file = fileWith("good.json", '\uFEFF{ // comment\n "SystemSettings": {"maxConnections": 5,}, }');
  expect(await readConfiguration(file)).toMatchObject({ directory, system: { maxConnections: 5 } });
});

test("a file that is missing, a folder or not text is refused with the reason", async () => {
  expect((await failureOf(join(directory, "none.json"))).message).toContain(
    "there is no such file; check its path (ENOENT)",
  );
  expect((await failureOf(directory)).message).toContain("it is a folder");
  expect((await failureOf(fileWith("binary.json", new Uint8Array([0xff, 0xfe, 0])))).message).toContain("not UTF-8");
  expect((await failureOf("a\0b")).message).toContain("cannot be read");
});

test("a file that is not JSON is refused with file, line and column", async () => {
  const file = fileWith("broken.json", '{\n  "NetworkListener": [\n    {"name": }\n  ]\n}\n');
  const error = await failureOf(file);
  expect(error.file).toBe(file);
  expect(error.issues).toEqual([{ path: "", message: "is not JSON: a value is expected here", line: 3, column: 14 }]);
});

test.each(["gatehouse.json", "/etc/gatehouse/gatehouse.json", "./a b.jsonc", "C:\\gatehouse.json"])(
  "the name of a file in the place of a document is told from JSON: %s",
  (name) => {
    expect(() => parseDocument(name)).toThrow(
      /is the name of a file, not JSON: pass what readConfiguration\(file\) gives/,
    );
  },
);

test("text that is broken JSON is not taken for the name of a file", () => {
  for (const text of ['{"$schema": "gatehouse.json"', "// see gatehouse.json", '"gatehouse.json', "nothing"])
    expect(() => parseDocument(text)).not.toThrow(/name of a file/);
});
