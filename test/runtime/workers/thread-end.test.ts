import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

async function run(...args: string[]): Promise<string[]> {
  const program = fileURLToPath(new URL("./end-while-declaring.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], { timeout: 60_000 });
  return [stdout, stderr];
}

it("ends a thread that declares functions of the C library, and not the whole process", async () => {
  expect(await run()).toEqual(["ended\n".repeat(12), ""]);
});

it("lets the process exit while threads declare functions, and nothing aborts it", async () => {
  expect(await run("exit")).toEqual(["", ""]);
});
