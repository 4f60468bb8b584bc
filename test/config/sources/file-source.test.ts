import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { take } from "rxjs";
import { expect, onTestFinished, test } from "vitest";
import { RunningDocument } from "../../../src/config/managed/running-document.ts";
import { type FileSourceOptions, fileSource } from "../../../src/config/sources/file-source.ts";
import type { WatchOptions } from "../../../src/config/sources/settled-files.ts";
import type { ConfigurationSource, DocumentRead } from "../../../src/config/sources/source.ts";
import { capOf } from "./conformance.ts";
import { Emissions } from "./emissions.ts";
import { documentWith, publishVolume, replaceFile, temporaryFolder } from "./folders.ts";
import { filesIdle, NO_POLL, SETTLE, SettlingClock } from "./settling-clock.ts";

function runningDocument(file: string): RunningDocument<unknown> {
  return new RunningDocument({ file, keptFile: join(temporaryFolder(), "kept.json") });
}

/** The changes of a document that has been read. */
async function observed(file: string, options: WatchOptions = {}): Promise<Emissions<DocumentRead>> {
  const document = runningDocument(file);
  await document.read().catch(() => {});
  return subscribed(document.changes(options));
}

/** What a file holds, and its changes. */
function observedFromTheStart(file: string, options: FileSourceOptions = {}): Emissions<DocumentRead> {
  return subscribed(fileSource(file, options));
}

function subscribed(source: ConfigurationSource): Emissions<DocumentRead> {
  const emissions = new Emissions(source);
  onTestFinished(() => emissions.subscription.unsubscribe());
  return emissions;
}

/** In time that only the test moves, so that nothing but events of the file system makes the source read. */
async function observedStill(file: string) {
  const clock = new SettlingClock();
  return { clock, emissions: await observed(file, { clock, settle: SETTLE, poll: NO_POLL }) };
}

function fileWith(cap: number): string {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, documentWith(cap));
  return file;
}

test("what a file holds is emitted at once where nothing was loaded from it, and only then", async () => {
  const file = fileWith(1);
  expect(capOf(await observedFromTheStart(file).next())).toBe(1);
  const { clock, emissions } = await observedStill(file);
  expect(emissions.all).toEqual([]);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a document is read as one from its file, by embedders' protocols and with its folder as base", async () => {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, '[{"name": "a", "bind": ["[::]:0"], "protocol": "echo"}]');
  const folder = join(file, "..");
  expect(await observedFromTheStart(file, { protocols: ["echo"] }).next()).toMatchObject({
    kind: "document",
    configuration: { directory: folder, listeners: [{ protocol: "echo" }] },
  });
  expect(await observedFromTheStart(file).next()).toMatchObject({ kind: "rejected", error: { file } });
});

test("a document that is written in pieces is read when it is whole", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  const text = documentWith(23);
  await clock.noticed(() => truncateSync(file));
  for (const piece of [text.slice(0, 9), text.slice(9, 20), text.slice(20)]) {
    await clock.pass(SETTLE / 2 - 10);
    await clock.noticed(() => appendFileSync(file, piece));
  }
  expect(emissions.all).toEqual([]);
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([23]);
});

test("a document whose writer pauses for longer is rejected, and read when it is whole", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  const text = documentWith(23);
  await clock.noticed(() => writeFileSync(file, text.slice(0, 12)));
  await clock.pass(SETTLE);
  await clock.noticed(() => appendFileSync(file, text.slice(12)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual(["invalid-configuration", 23]);
});

test("the same content is not emitted again, nor is what changed back before it settled", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  await clock.noticed(() => replaceFile(file, documentWith(1)));
  await clock.pass(SETTLE);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  await clock.noticed(() => replaceFile(file, documentWith(1)));
  await clock.pass(SETTLE);
  expect(emissions.all).toEqual([]);
});

test("each event begins the wait again, also one that leaves the content as it was", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  for (let time = 0; time < 3; time += 1) {
    await clock.noticed(() => replaceFile(file, documentWith(2)));
    await clock.pass(SETTLE - 10);
  }
  expect(emissions.all).toEqual([]);
  await clock.pass(10);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("what happens to other files of the folder is not noticed", async () => {
  const file = fileWith(1);
  const { clock } = await observedStill(file);
  const witness = watch(join(file, ".."));
  onTestFinished(() => witness.close());
  const seen = once(witness, "change");
  writeFileSync(join(file, "..", "busy.log"), "busy");
  await seen;
  // Every watcher of the folder is told of an event in the same turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.waits).toBe(0);
});

test("a file that is replaced again and again is followed", async () => {
  const file = fileWith(1);
  const emissions = await observed(file, { settle: 10 });
  for (const cap of [2, 3, 4]) {
    replaceFile(file, documentWith(cap));
    expect(capOf(await emissions.next())).toBe(cap);
  }
});

test("twenty quick changes are one, and the last content is emitted", async () => {
  const file = fileWith(1);
  const emissions = await observed(file, { settle: 60 });
  for (let cap = 2; cap <= 21; cap += 1) {
    if (cap % 2 === 0) replaceFile(file, documentWith(cap));
    else writeFileSync(file, documentWith(cap));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await emissions.until((read) => capOf(read) === 21);
  // One, unless the machine was too busy to write for longer than it takes to settle.
  expect(emissions.all.length).toBeLessThanOrEqual(5);
  expect(emissions.all.map(capOf)).not.toContain("invalid-configuration");
});

test("a file that is away for a moment is waited for", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  await clock.noticed(() => rmSync(file));
  await clock.pass(SETTLE - 10);
  await clock.noticed(() => writeFileSync(file, documentWith(2)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a file that stays away is rejected once, and read when it is back", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  await clock.noticed(() => rmSync(file));
  await clock.pass(10 * SETTLE);
  expect(emissions.all).toMatchObject([
    { kind: "rejected", error: { file, issues: [{ message: expect.stringContaining("there is no such file") }] } },
  ]);
  await clock.noticed(() => writeFileSync(file, documentWith(1)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual(["invalid-configuration", 1]);
});

test("a file is found when its folder is made, removed and made again", async () => {
  const folder = join(temporaryFolder(), "etc", "gatehouse");
  const file = join(folder, "gatehouse.json");
  const emissions = await observed(file, { settle: 10 });
  for (const cap of [2, 3]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, documentWith(cap));
    await emissions.until((read) => capOf(read) === cap);
    rmSync(join(folder, ".."), { recursive: true });
    await emissions.until((read) => read.kind === "rejected");
  }
});

test("a folder that is renamed and replaced is followed", async () => {
  const root = temporaryFolder();
  for (const [folder, cap] of [["gatehouse", 1] as const, ["new", 2] as const]) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, "gatehouse.json"), documentWith(cap));
  }
  const file = join(root, "gatehouse", "gatehouse.json");
  const { clock, emissions } = await observedStill(file);
  await clock.noticed(() => {
    renameSync(join(root, "gatehouse"), join(root, "old"));
    renameSync(join(root, "new"), join(root, "gatehouse"));
  });
  await clock.pass(SETTLE);
  await clock.noticed(() => replaceFile(file, documentWith(3)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2, 3]);
});

test("a mounted volume that is swapped by its link is followed", async () => {
  const volume = temporaryFolder();
  publishVolume(volume, "2026_01", { "gatehouse.json": documentWith(1) });
  symlinkSync("..data/gatehouse.json", join(volume, "gatehouse.json"));
  const emissions = await observed(join(volume, "gatehouse.json"), { settle: 10 });
  for (const cap of [2, 3, 4]) {
    publishVolume(volume, `2026_0${cap}`, { "gatehouse.json": documentWith(cap) });
    const read = await emissions.next();
    expect(read).toMatchObject({ configuration: { directory: volume, system: { maxConnections: cap } } });
    rmSync(join(volume, `..2026_0${cap - 1}`), { recursive: true });
  }
});

test("a folder that is a link is followed to where it leads next, and so is the file there", async () => {
  const root = temporaryFolder();
  for (const [release, cap] of [["one", 1] as const, ["two", 2] as const]) {
    mkdirSync(join(root, release));
    writeFileSync(join(root, release, "gatehouse.json"), documentWith(cap));
  }
  symlinkSync("one", join(root, "current"));
  const emissions = await observed(join(root, "current", "gatehouse.json"), { settle: 10 });
  symlinkSync("two", join(root, "next"));
  renameSync(join(root, "next"), join(root, "current"));
  expect(capOf(await emissions.next())).toBe(2);
  writeFileSync(join(root, "two", "gatehouse.json"), documentWith(3));
  expect(capOf(await emissions.next())).toBe(3);
});

test("polling finds what no event tells: a folder further up that was renamed", async () => {
  const root = temporaryFolder();
  for (const [folder, cap] of [["etc", 1] as const, ["etc.new", 2] as const]) {
    mkdirSync(join(root, folder, "gatehouse"), { recursive: true });
    writeFileSync(join(root, folder, "gatehouse", "gatehouse.json"), documentWith(cap));
  }
  const emissions = await observed(join(root, "etc", "gatehouse", "gatehouse.json"), { settle: 10, poll: 50 });
  renameSync(join(root, "etc"), join(root, "etc.old"));
  renameSync(join(root, "etc.new"), join(root, "etc"));
  await emissions.until((read) => capOf(read) === 2);
});

test("a polled change has to settle too", async () => {
  const root = temporaryFolder();
  for (const [folder, text] of [
    ["etc", documentWith(1)] as const,
    ["etc.new", documentWith(2).slice(0, 10)] as const,
  ]) {
    mkdirSync(join(root, folder, "gatehouse"), { recursive: true });
    writeFileSync(join(root, folder, "gatehouse", "gatehouse.json"), text);
  }
  const file = join(root, "etc", "gatehouse", "gatehouse.json");
  const clock = new SettlingClock();
  const emissions = await observed(file, { clock, settle: SETTLE, poll: 1_000 });
  await filesIdle();
  // Of this no event tells.
  renameSync(join(root, "etc"), join(root, "etc.old"));
  renameSync(join(root, "etc.new"), join(root, "etc"));
  await clock.pass(1_000);
  await clock.pass(SETTLE / 2);
  writeFileSync(file, documentWith(2));
  await clock.pass(SETTLE / 2);
  expect(emissions.all).toEqual([]);
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a device is never waited for", async () => {
  if (process.platform === "win32") return;
  expect(await observedFromTheStart("/dev/null").next()).toMatchObject({
    kind: "rejected",
    error: { message: expect.stringContaining("it is a device; name a regular file") },
  });
});

test("what was replaced between its reading and the subscription is emitted", async () => {
  const file = fileWith(1);
  const document = runningDocument(file);
  await document.read();
  replaceFile(file, documentWith(2));
  expect(capOf(await subscribed(document.changes({ settle: 10 })).next())).toBe(2);
});

test("what somebody else has read meanwhile is what counts as known", async () => {
  const file = fileWith(1);
  const document = runningDocument(file);
  await document.read();
  const clock = new SettlingClock();
  const emissions = subscribed(document.changes({ clock, settle: SETTLE, poll: NO_POLL }));
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  expect((await document.read()).system.maxConnections).toBe(2);
  await clock.pass(SETTLE);
  expect(emissions.all).toEqual([]);
  // Back to what was loaded first, which is not what is in force any more.
  await clock.noticed(() => replaceFile(file, documentWith(1)));
  await clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([1]);
});

test("unsubscribing leaves no timer behind", async () => {
  const file = fileWith(1);
  const { clock, emissions } = await observedStill(file);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  expect(clock.pendingTimers).toBe(2);
  emissions.subscription.unsubscribe();
  expect(clock.pendingTimers).toBe(0);
});

test("an observer may leave at its first document", async () => {
  const clock = new SettlingClock();
  const first = new Emissions(fileSource(fileWith(1), { clock, poll: NO_POLL }).pipe(take(1)));
  await first.next();
  await filesIdle();
  expect(first).toMatchObject({ all: [{ kind: "document" }], end: "completed" });
  expect(clock.pendingTimers).toBe(0);
});

test("a process whose only subscription ends has no handle left, and ends", async () => {
  const file = fileWith(1);
  const modules = ["sources/file-source.ts"].map((name) =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../../src/config", name)).href),
  );
  const script = `
    const [{ fileSource }] = await Promise.all([${modules.join()}].map((module) => import(module)));
    const file = ${JSON.stringify(file)};
    const before = process.getActiveResourcesInfo().toSorted();
    const { promise, resolve } = Promise.withResolvers();
    const subscription = fileSource(file).subscribe(resolve);
    await promise;
    const during = process.getActiveResourcesInfo();
    subscription.unsubscribe();
    // A closed handle is gone at the end of a turn of the event loop, which is after that turn's immediates.
    setImmediate(() => setImmediate(() => {
      const after = process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate").toSorted();
      process.stdout.write(JSON.stringify({ before, during, after }));
    }));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill();
  });
  const chunks: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  const [code] = await once(child, "close");
  const { before, during, after } = JSON.parse(chunks.join(""));
  expect(during).toEqual(expect.arrayContaining(["FSEventWrap", "Timeout"]));
  expect(after).toEqual(before);
  expect(code).toBe(0);
});
