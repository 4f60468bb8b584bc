import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const file = fileURLToPath(new URL("../../examples/echo-model.ts", import.meta.url));
const run = (...options: string[]) => promisify(execFile)(process.execPath, [file, ...options]);

test("the model of the echo example walks every pair, and finds the bug by a script of two lines", async () => {
  expect((await run()).stdout).toContain("echo: 4 of 4 pairs walked");
  const { stdout } = await run("--bug");
  expect(stdout).toContain('await walk(model, [\n  "the client says MUTE",\n  "the client says QUIT",\n]);');
});
