/** The sample units of systemd. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { installed, run } from "../real/programs.ts";
import { root } from "./pages.ts";

const service = readFileSync(`${root}docs/gatehouse.service`, "utf8");
const socket = readFileSync(`${root}docs/gatehouse.socket`, "utf8");

test.skipIf(!installed("systemd-analyze"))("systemd-analyze finds nothing wrong with the sample units", async () => {
  const folder = temporaryDirectory();
  const version = Number(/systemd (\d+)/.exec((await run("systemd-analyze", ["--version"])).stdout)?.[1]);
  // The program is not installed where the tests run, and the type is younger than some distributions.
  const here = service
    .replace("/usr/bin/gatehouse", process.execPath)
    .replace("Type=notify-reload", version < 253 ? "Type=notify" : "$&");
  expect(here).not.toBe(service);
  const files = [join(folder, "gatehouse.service"), join(folder, "gatehouse.socket")];
  writeFileSync(files[0] ?? "", here);
  writeFileSync(files[1] ?? "", socket);
  const { code, stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", ...files]);
  expect({ code, said: (stdout + stderr).split("\n").filter((line) => line.includes("gatehouse")) }).toEqual({
    code: 0,
    said: [],
  });
});

test("the service stops later than the server does by itself", () => {
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(service)?.[1])).toBeGreaterThan(30 + 5);
});
