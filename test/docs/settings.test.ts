import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { defaultPop3Limits } from "../../src/protocols/pop3/limits.ts";
import { defaultSmtpLimits } from "../../src/protocols/smtp/limits.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { quotedWords, readPage, tableRows } from "./pages.ts";

test("the table of SMTP limits has every limit with its default", () => {
  const rows = tableRows(readPage("docs/smtp.md"), "limit");
  const described = rows.map(([limit = "", value]) => [quotedWords(limit)[0], Number(value)]);
  expect(Object.fromEntries(described)).toEqual(defaultSmtpLimits);
});

test("the table of POP3 limits has every limit with its default", () => {
  const rows = tableRows(readPage("docs/pop3.md"), "limit");
  const described = rows.map(([limit = "", value]) => [quotedWords(limit)[0], Number(value)]);
  expect(Object.fromEntries(described)).toEqual(defaultPop3Limits);
});

test("everything that a server puts into its data folder is in the table", async () => {
  const { data } = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"] }]);
  const described = tableRows(readPage("docs/operations.md"), "name").flatMap(([names = ""]) => quotedWords(names));
  const known = described.map((name) => name.split("/", 1)[0]);
  const found = await readdir(data);
  expect(found).toContain("mail.sqlite");
  for (const name of found) expect(known).toContain(name);
});
