import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("ends a thread that declares functions of the C library, and not the whole process", async () => {
  const program = fileURLToPath(new URL("./end-while-declaring.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
  expect([stdout, stderr]).toEqual(["ended\n".repeat(12), ""]);
});
