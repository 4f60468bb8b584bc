import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { defaultSmtpLimits } from "../../src/protocols/smtp/limits.ts";
import { defaultPressureThresholds } from "../../src/runtime/pressure/thresholds.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { quotedWords, readPage, tableRows } from "./pages.ts";

test("the table of SMTP limits has every limit with its default", () => {
  const rows = tableRows(readPage("docs/smtp.md"), "limit");
  const described = rows.map(([limit = "", value]) => [quotedWords(limit)[0], Number(value)]);
  expect(Object.fromEntries(described)).toEqual(defaultSmtpLimits);
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
