import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { authenticatedGrammarLimits, unauthenticatedGrammarLimits } from "../../src/protocols/imap/grammar/limits.ts";
import { defaultImapLimits } from "../../src/protocols/imap/limits.ts";
import { defaultManageSieveLimits } from "../../src/protocols/manage-sieve/limits.ts";
import { defaultPop3Limits } from "../../src/protocols/pop3/limits.ts";
import { sieveExtensions } from "../../src/protocols/sieve/index.ts";
import { defaultSmtpLimits } from "../../src/protocols/smtp/limits.ts";
import { defaultPressureThresholds } from "../../src/runtime/pressure/thresholds.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { quotedWords, readPage, tableRows } from "./pages.ts";

test.each([
  ["docs/smtp.md", defaultSmtpLimits],
  ["docs/imap.md", defaultImapLimits],
  ["docs/pop3.md", defaultPop3Limits],
  ["docs/manage-sieve.md", defaultManageSieveLimits],
])("the table of limits in %s has every limit with its default", (path, limits) => {
  const rows = tableRows(readPage(path), "limit").filter(({ length }) => length === 3);
  const described = rows.map(([limit = "", value]) => [quotedWords(limit)[0], Number(value)]);
  expect(Object.fromEntries(described)).toEqual(limits);
});

test("the table of limits in IMAP's grammar has every limit, before and after the log-in", () => {
  const rows = tableRows(readPage("docs/imap.md"), "limit").filter(({ length }) => length === 4);
  const column = (index: number) =>
    Object.fromEntries(rows.map((cells) => [quotedWords(cells[0] ?? "")[0], Number(cells[index])]));
  expect(column(1)).toEqual(unauthenticatedGrammarLimits);
  expect(column(2)).toEqual(authenticatedGrammarLimits);
});

test("the table of Sieve extensions has those that are announced", () => {
  const described = tableRows(readPage("docs/manage-sieve.md"), "extension").flatMap(([names = ""]) =>
    quotedWords(names),
  );
  expect(described.toSorted()).toEqual(sieveExtensions.toSorted());
});

test("the table of pressure has every resource with its default thresholds", () => {
  const rows = tableRows(readPage("docs/listeners.md"), "resource");
  const described = rows.map(([resource = "", , ...values]) => {
    const [high, low, samples] = values.map((value) => Number(quotedWords(value)[0]));
    return [quotedWords(resource)[0], { high, low, samples }];
  });
  expect(Object.fromEntries(described)).toEqual(defaultPressureThresholds);
});

test("everything that a server puts into its data folder is in the table", async () => {
  const { data } = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"] }]);
  const described = tableRows(readPage("docs/operations.md"), "name").flatMap(([names = ""]) => quotedWords(names));
  const known = described.map((name) => name.split("/", 1)[0]);
  const found = await readdir(data);
  expect(found).toContain("mail.sqlite");
  for (const name of found) expect(known).toContain(name);
});
