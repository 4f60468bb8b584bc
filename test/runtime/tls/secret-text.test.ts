import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveText } from "../../../src/runtime/tls/secret-text.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gatehouse-secret-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string) {
  const filePath = join(directory, name);
  await writeFile(filePath, content);
  return { "@type": "File", filePath } as const;
}

test("a text in the document is taken as it stands", async () => {
  expect(await resolveText({ "@type": "Text", secret: "kept \n" })).toBe("kept \n");
  expect(await resolveText({ "@type": "Text", value: "public" })).toBe("public");
});

test.each([
  ["pass word", "pass word"],
  ["pass word\n", "pass word"],
  ["pass word\r\n", "pass word"],
  ["pass word\n\n", "pass word\n"],
])("one line end at the end of a file or variable is dropped: %j", async (content, expected) => {
  expect(await resolveText(await file("secret", content))).toBe(expected);
  const variable = { "@type": "EnvironmentVariable", variableName: "PASSWORD" } as const;
  expect(await resolveText(variable, { env: { PASSWORD: content } })).toBe(expected);
});

test("a file that cannot be read is named with its errno and what to do", async () => {
  const missing = join(directory, "missing");
  await expect(resolveText({ "@type": "File", filePath: missing })).rejects.toMatchObject({
    name: "CredentialError",
    code: "unreadable-secret",
    errno: "ENOENT",
    message: `file ${missing} cannot be read: there is no such file; check its path (ENOENT)`,
  });
  await expect(resolveText({ "@type": "File", filePath: directory })).rejects.toThrow(
    "it is a folder; name a regular file",
  );
});

test("a variable that is not set is named", async () => {
  await expect(
    resolveText({ "@type": "EnvironmentVariable", variableName: "NOT_SET" }, { env: {} }),
  ).rejects.toMatchObject({
    code: "unreadable-secret",
    message: expect.stringContaining("environment variable NOT_SET is not set"),
  });
});

test("an empty file or variable is an error and not an empty secret", async () => {
  await expect(resolveText(await file("empty", "\n"))).rejects.toThrow("is empty");
  await expect(resolveText({ "@type": "EnvironmentVariable", variableName: "E" }, { env: { E: "" } })).rejects.toThrow(
    "is empty",
  );
});
