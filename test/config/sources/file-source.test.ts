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
import { type FileSourceOptions, fileSource } from "../../../src/config/sources/file-source.ts";
import type { DocumentRead } from "../../../src/config/sources/source.ts";
import { capOf } from "./conformance.ts";
import { Emissions } from "./emissions.ts";
import { documentWith, publishVolume, replaceFile, temporaryFolder } from "./folders.ts";
import { NO_POLL, SETTLE, SettlingClock } from "./settling-clock.ts";

function observed(file: string, options: FileSourceOptions = {}): Emissions<DocumentRead> {
  const emissions = new Emissions(fileSource(file, options));
  onTestFinished(() => emissions.subscription.unsubscribe());
  return emissions;
}

/** In time that only the test moves, so that nothing but events of the file system makes the source read. */
function observedStill(file: string) {
  const clock = new SettlingClock();
  return { clock, emissions: observed(file, { clock, settle: SETTLE, poll: NO_POLL }) };
}

function fileWith(cap: number): string {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, documentWith(cap));
  return file;
}

test("the first reading is emitted only when asked for", async () => {
  const file = fileWith(1);
  expect(observed(file, { immediate: true }).all.map(capOf)).toEqual([1]);
  const { clock, emissions } = observedStill(file);
  expect(emissions.all).toEqual([]);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a document is read as one from its file, by embedders' protocols and with its folder as base", () => {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, '[{"name": "a", "bind": ["[::]:0"], "protocol": "echo"}]');
  const folder = join(file, "..");
  expect(observed(file, { immediate: true, protocols: ["echo"] }).all).toMatchObject([
    { kind: "document", configuration: { directory: folder, listeners: [{ protocol: "echo" }] } },
  ]);
  expect(observed(file, { immediate: true }).all).toMatchObject([{ kind: "rejected", error: { file } }]);
});

test("a document that is written in pieces is read when it is whole", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  const text = documentWith(23);
  await clock.noticed(() => truncateSync(file));
  for (const piece of [text.slice(0, 9), text.slice(9, 20), text.slice(20)]) {
    clock.pass(SETTLE / 2 - 10);
    await clock.noticed(() => appendFileSync(file, piece));
  }
  expect(emissions.all).toEqual([]);
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([23]);
});

test("a document whose writer pauses for longer is rejected, and read when it is whole", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  const text = documentWith(23);
  await clock.noticed(() => writeFileSync(file, text.slice(0, 12)));
  clock.pass(SETTLE);
  await clock.noticed(() => appendFileSync(file, text.slice(12)));
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual(["invalid-configuration", 23]);
});

test("the same content is not emitted again, nor is what changed back before it settled", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  await clock.noticed(() => replaceFile(file, documentWith(1)));
  clock.pass(SETTLE);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  await clock.noticed(() => replaceFile(file, documentWith(1)));
  clock.pass(SETTLE);
  expect(emissions.all).toEqual([]);
});

test("each event begins the wait anew, also one that leaves the content as it was", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  for (let time = 0; time < 3; time += 1) {
    await clock.noticed(() => replaceFile(file, documentWith(2)));
    clock.pass(SETTLE - 10);
  }
  expect(emissions.all).toEqual([]);
  clock.pass(10);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("what happens to other files of the folder is not noticed", async () => {
  const file = fileWith(1);
  const { clock } = observedStill(file);
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
  const emissions = observed(file, { settle: 10 });
  for (const cap of [2, 3, 4]) {
    replaceFile(file, documentWith(cap));
    expect(capOf(await emissions.next())).toBe(cap);
  }
});

test("twenty quick changes are one, and the last content is emitted", async () => {
  const file = fileWith(1);
  const emissions = observed(file, { settle: 60 });
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
  const { clock, emissions } = observedStill(file);
  await clock.noticed(() => rmSync(file));
  clock.pass(SETTLE - 10);
  await clock.noticed(() => writeFileSync(file, documentWith(2)));
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a file that stays away is rejected once, and read when it is back", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  await clock.noticed(() => rmSync(file));
  clock.pass(10 * SETTLE);
  expect(emissions.all).toMatchObject([
    { kind: "rejected", error: { file, issues: [{ message: expect.stringContaining("there is no such file") }] } },
  ]);
  await clock.noticed(() => writeFileSync(file, documentWith(1)));
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual(["invalid-configuration", 1]);
});

test("a file is found when its folder is made, removed and made again", async () => {
  const folder = join(temporaryFolder(), "etc", "gatehouse");
  const file = join(folder, "gatehouse.json");
  const emissions = observed(file, { settle: 10 });
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
  const { clock, emissions } = observedStill(file);
  await clock.noticed(() => {
    renameSync(join(root, "gatehouse"), join(root, "old"));
    renameSync(join(root, "new"), join(root, "gatehouse"));
  });
  clock.pass(SETTLE);
  await clock.noticed(() => replaceFile(file, documentWith(3)));
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2, 3]);
});

test("a mounted volume that is swapped by its link is followed", async () => {
  const volume = temporaryFolder();
  publishVolume(volume, "2026_01", { "gatehouse.json": documentWith(1) });
  symlinkSync("..data/gatehouse.json", join(volume, "gatehouse.json"));
  const emissions = observed(join(volume, "gatehouse.json"), { settle: 10 });
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
  const emissions = observed(join(root, "current", "gatehouse.json"), { settle: 10 });
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
  const emissions = observed(join(root, "etc", "gatehouse", "gatehouse.json"), { settle: 10, poll: 50 });
  renameSync(join(root, "etc"), join(root, "etc.old"));
  renameSync(join(root, "etc.new"), join(root, "etc"));
  await emissions.until((read) => capOf(read) === 2);
});

test("a polled change has to settle too", () => {
  const file = fileWith(1);
  const clock = new SettlingClock();
  const emissions = observed(file, { clock, settle: SETTLE, poll: 1_000 });
  // No turn of the event loop passes here, so no event can come.
  writeFileSync(file, documentWith(2).slice(0, 10));
  clock.pass(1_000);
  clock.pass(SETTLE / 2);
  writeFileSync(file, documentWith(2));
  clock.pass(SETTLE / 2);
  expect(emissions.all).toEqual([]);
  clock.pass(SETTLE);
  expect(emissions.all.map(capOf)).toEqual([2]);
});

test("a pipe is never waited for", () => {
  if (process.platform === "win32") return;
  expect(observed("/dev/null", { immediate: true }).all).toMatchObject([
    { kind: "rejected", error: { message: expect.stringContaining("a pipe or a device") } },
  ]);
});

test("unsubscribing leaves no timer behind", async () => {
  const file = fileWith(1);
  const { clock, emissions } = observedStill(file);
  await clock.noticed(() => replaceFile(file, documentWith(2)));
  expect(clock.pendingTimers).toBe(2);
  emissions.subscription.unsubscribe();
  expect(clock.pendingTimers).toBe(0);
});

test("an observer may leave at its first document", () => {
  const clock = new SettlingClock();
  const first = fileSource(fileWith(1), { clock, poll: NO_POLL, immediate: true }).pipe(take(1));
  expect(new Emissions(first)).toMatchObject({ all: [{ kind: "document" }], end: "completed" });
  expect(clock.pendingTimers).toBe(0);
});

test("a process whose only subscription ends has no handle left, and ends", async () => {
  const file = fileWith(1);
  const modules = ["sources/file-source.ts", "sources/signal-source.ts", "document/read.ts"].map((name) =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../../src/config", name)).href),
  );
  const script = `
    const [{ fileSource }, { signalSource }, { readConfiguration }] = await Promise.all(
      [${modules.join()}].map((module) => import(module)));
    const file = ${JSON.stringify(file)};
    const before = process.getActiveResourcesInfo().toSorted();
    const sources = [fileSource(file, { immediate: true }), signalSource("SIGHUP", () => readConfiguration(file))];
    const subscriptions = sources.map((source) => source.subscribe());
    const during = process.getActiveResourcesInfo();
    for (const subscription of subscriptions) subscription.unsubscribe();
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
