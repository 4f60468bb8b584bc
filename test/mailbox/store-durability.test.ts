import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/mailbox/index.ts";
import { bytesOf, contentOf, listOf } from "./letters.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

type Child = ChildProcessByStdio<null, Readable, null>;

function start(script: string, args: string[], node: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  const child = spawn(process.execPath, [...node, file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** Kills the child after some acknowledgements. @returns size by id of all that it acknowledged. */
async function killAfter(child: Child, count: number): Promise<Map<string, number>> {
  const exited = once(child, "exit");
  const acknowledged = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [id = "", size] = line.split(" ");
    acknowledged.set(id, Number(size));
    if (acknowledged.size === count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

test("A server that is killed loses no acknowledged message, and none appears but those under way.", async () => {
  const directory = join(temporaryDirectory(), "data");
  const acknowledged = new Map<string, number>();
  for (const round of [1, 2, 3]) {
    const child = start("deliver-until-killed.ts", [directory, String(round)]);
    for (const entry of await killAfter(child, 5 + Math.floor(Math.random() * 120))) acknowledged.set(...entry);

    const store = await openStore(directory);
    const messages = await listOf(store);
    const ids = new Set(messages.map(({ id }) => id));
    expect([...acknowledged.keys()].filter((id) => !ids.has(id))).toEqual([]);
    expect(messages.length - acknowledged.size).toBeLessThanOrEqual(4 * round);
    expect(messages.map(({ uid }) => uid)).toEqual(messages.map((_, index) => index + 1));
    for (const { id, size } of messages) {
      expect(acknowledged.get(id) ?? size).toBe(size);
      expect((await contentOf(store, id)).equals(bytesOf(size))).toBe(true);
    }
    expect(readdirSync(join(directory, "spool"))).toEqual([]);
    const large = messages.filter(({ size }) => size > 65_536).map(({ id }) => `${id}.eml`);
    expect(readdirSync(join(directory, "messages")).sort()).toEqual(large.sort());
    await store.close();
  }
});

test("A message of 100 MB takes no more memory than one of 30 MB.", async () => {
  // With little room for what lives for a moment: on a busy machine the collector lags behind by tens of megabytes.
  const child = start("measure-memory.ts", [join(temporaryDirectory(), "data")], ["--max-semi-space-size=2"]);
  expect(Number(await text(child.stdout))).toBeLessThan(25_000);
});
