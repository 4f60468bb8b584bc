/** The command whose output nobody reads, or cannot be written. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { askControl } from "../../src/control/control-client.ts";
import type { StatusReport } from "../../src/control/reports.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { documentFile, entryPoint } from "./command.ts";
import { openDialogue } from "./smtp-dialogue.ts";

function opened(path: string, flags: number): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** A pipe that is full already, and that nobody reads. */
function fullPipe(): number {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  const reader = opened(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const filler = opened(path, constants.O_WRONLY | constants.O_NONBLOCK);
  for (const size of [4_096, 1]) {
    try {
      while (writeSync(filler, "x".repeat(size)) > 0);
    } catch {
      // Full.
    }
  }
  expect(readSync(reader, Buffer.alloc(0))).toBe(0);
  return opened(path, constants.O_WRONLY);
}

/** A pipe whose reader has left. */
function brokenPipe(): number {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = opened(path, constants.O_WRONLY);
  closeSync(reader);
  return writer;
}

const fullDisk = (): number => opened("/dev/full", constants.O_WRONLY);

/** Asks the server itself: its log says nothing here. */
async function running(data: string): Promise<StatusReport> {
  for (;;) {
    const answer = await askControl(data, { method: "GET", path: "/status" }).catch(() => null);
    if (answer && (answer.body as StatusReport).state === "running") return answer.body as StatusReport;
    await pause(20);
  }
}

describe("gatehouse serve", () => {
  test.each([
    ["readers that stand still", fullPipe, fullPipe],
    ["a full disk, and a reader that has left", fullDisk, brokenPipe],
  ])("serves, and ends in order with 0, with %s behind its output", async (_, stdout, stderr) => {
    const data = temporaryDirectory();
    const file = await documentFile({
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [{ name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
    });
    const args = [entryPoint, "serve", "--config", file, "--data", data, "--log-level", "debug"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", stdout(), stderr()] });
    const end = once(child, "exit");
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await end;
    });
    const { listeners } = await running(data);
    const port = Number(listeners[0]?.addresses[0]?.split(":").at(-1));
    for (let count = 0; count < 20; count += 1) {
      const dialogue = await openDialogue(port);
      expect(await dialogue.ask("QUIT")).toMatch(/^221 /);
    }
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
  });
});

describe("a command that ends by itself", () => {
  test("minds no reader that leaves early", async () => {
    const child = spawn(process.execPath, [entryPoint, "schema"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const words = text(child.stderr);
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(await words).toBe("");
  });

  test("says that its output could not be written, and fails", async () => {
    const child = spawn(process.execPath, [entryPoint, "schema"], { stdio: ["ignore", fullDisk(), "pipe"] });
    const words = child.stderr ? text(child.stderr) : "";
    expect(await once(child, "exit")).toEqual([74, null]);
    expect(await words).toMatch(/^What was to be printed could not be written: ENOSPC.*\n$/);
  });
});
