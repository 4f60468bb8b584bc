import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { logDestination } from "../../../src/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";

const messages = (file: string): unknown[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).msg);

test("the lines of one turn of the event loop are written at its end, in their order", async () => {
  const file = join(temporaryDirectory(), "log");
  const destination = logDestination(file);
  const logger = pino(destination);
  logger.info("one");
  logger.info("two");
  expect(messages(file)).toEqual([]);
  expect(await destination.flush(10_000)).toBe(true);
  expect(messages(file)).toEqual(["one", "two"]);
  logger.info("three");
  expect(await destination.flush(10_000)).toBe(true);
  expect(messages(file)).toEqual(["one", "two", "three"]);
});

test("more than a buffer full in one turn loses nothing", async () => {
  const file = join(temporaryDirectory(), "log");
  const destination = logDestination(file);
  const logger = pino(destination);
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
  for (const line of lines) logger.info(line);
  expect(await destination.flush(10_000)).toBe(true);
  expect(messages(file)).toEqual(lines);
});

test("what was logged before an exception that nobody caught is in the log", async () => {
  const file = join(temporaryDirectory(), "log");
  const modules = [
    import.meta.resolve("pino"),
    new URL("../../../src/runtime/observe/log-destination.ts", import.meta.url).href,
  ];
  const program = `
    const [{ pino }, { logDestination }] = await Promise.all(${JSON.stringify(modules)}.map((url) => import(url)));
    pino(logDestination(${JSON.stringify(file)})).info("last words");
    throw new Error("as asked");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
  const [code] = await once(child, "exit");
  expect(code).toBe(1);
  expect(messages(file)).toEqual(["last words"]);
});
