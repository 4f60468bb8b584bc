/** The command as the package has it, which `npm run build` makes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isBuilt } from "../docs/outside-project.ts";
import { serve } from "./command.ts";
import { run } from "./programs.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const dist = join(import.meta.dirname, "../../dist");
const entry = join(dist, "cli.js");

test.skipIf(!isBuilt())("in a few files it finds its threads, its pages and its version", async () => {
  const document = {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [
      { name: "smtp", bind: ["127.0.0.1:0"], useTls: false },
      { name: "web", protocol: "http", bind: ["127.0.0.1:0"], useTls: false },
    ],
  };
  const server = await serve(document, undefined, { entry, args: ["--workers", "2"] });
  const dialogue = await openDialogue(server.port("smtp"));
  expect(dialogue.greeting).toMatch(/^220 localhost/);
  const page = await fetch(`http://127.0.0.1:${server.port("web")}/console/`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>Gatehouse")]);
  const { version } = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
  expect((await run(process.execPath, [entry, "--version"])).stdout).toBe(`${version}\n`);
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
});
