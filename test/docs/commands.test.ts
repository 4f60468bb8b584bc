import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { exampleDocument, parseDocument } from "../../src/config/index.ts";
import { bundledCommand } from "../bundled-command.ts";
import { codeBlocks, pages, quotedWords, readPage, root, tableRows } from "./pages.ts";

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: Record<string, string> };
const readme = readPage("README.md");

/** The help of each command, by one process: its entry is loaded once for each. */
async function helps(commands: readonly string[]): Promise<string[]> {
  const program = `for (const [index, command] of ${JSON.stringify(commands)}.entries()) {
    process.argv = [process.execPath, "gatehouse", ...(command === "" ? [] : [command]), "--help"];
    if (index > 0) process.stdout.write("\\0");
    await import(${JSON.stringify(pathToFileURL(bundledCommand).href)} + "?" + index);
  }`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  return stdout.split("\0");
}

test("the README has the two commands as they are promised", () => {
  const commands = codeBlocks(readme, "sh").map((block) => block.trim());
  expect(commands).toContain("npm ci && npm start");
  expect(commands).toContain("npm ci && npm test");
});

test("the README shows the listeners that `npm start` starts", () => {
  const [shown = ""] = codeBlocks(readme, "text");
  const { listeners } = parseDocument(exampleDocument);
  const described = listeners.map(({ name, bind }) => `${name} ${bind.map(({ text }) => text).join()}`);
  const lines = shown.split("\n").flatMap((line) => {
    const [, name, address] = /^ {2}(\w+) .* on (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [`${name} ${address}`];
  });
  expect(lines).toEqual(described);
});

test("every npm script that a page names is in package.json", () => {
  const named = pages.flatMap(({ text }) => [...text.matchAll(/npm run (?:-s )?([a-z-]+)/g)].map(([, name]) => name));
  expect(named).toContain("gatehouse");
  expect([...new Set(named)].filter((name) => name === undefined || !(name in scripts))).toEqual([]);
});

test("every script file of this repository that a page runs is there", () => {
  // Those without a folder are the reader's own.
  const files = pages.flatMap(({ text }) =>
    [...text.matchAll(/\bnode ([a-z-]+\/[a-z/-]+\.ts)/g)].map(([, file = ""]) => file),
  );
  expect(files).not.toEqual([]);
  for (const file of files) expect(() => readFileSync(root + file)).not.toThrow();
});

test("Operations has every subcommand, and every option where it belongs", async () => {
  const operations = readPage("docs/operations.md");
  const described = tableRows(operations, "command").map(([command = ""]) => quotedWords(command)[0]?.split(" ")[1]);
  const [overview = ""] = await helps([""]);
  const all = [...overview.matchAll(/^ {2}([a-z-]+)(?: [[<]|\s{2,})/gm)].map(([, name = ""]) => name);
  const known = all.filter((name) => name !== "help");
  expect(described.toSorted()).toEqual(known.toSorted());

  const options = tableRows(operations, "option").flatMap(([option = "", of = ""]) =>
    quotedWords(of).map((command) => ({ command, option: quotedWords(option)[0]?.split(" ")[0] ?? "" })),
  );
  const texts = await helps(known);
  expect(texts).toHaveLength(known.length);
  for (const [index, command] of known.entries()) {
    const text = texts[index] ?? "";
    expect(text).toContain(`Usage: gatehouse ${command}`);
    const own = [...text.matchAll(/(--[a-z-]+)/g)].map(([, option = ""]) => option);
    const wanted = options.filter((row) => row.command === command).map(({ option }) => option);
    expect(wanted.toSorted()).toEqual([...new Set(own)].filter((option) => option !== "--help").toSorted());
  }
});

test("the table of exit statuses is the one of the code", () => {
  const rows = tableRows(readPage("docs/errors.md"), "status");
  const described = rows.map(([status, name = ""]) => [quotedWords(name)[0], Number(status)]);
  expect(Object.fromEntries(described)).toEqual(exitCodes);
});
