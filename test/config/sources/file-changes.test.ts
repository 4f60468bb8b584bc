import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type FileChangesOptions, fileChanges } from "../../../src/config/sources/file-changes.ts";
import { readFileWithin } from "../../../src/files/index.ts";
import { Emissions } from "./emissions.ts";
import { publishVolume, replaceFile, temporaryFolder } from "./folders.ts";
import { filesIdle, NO_POLL, SETTLE, SettlingClock } from "./settling-clock.ts";

async function observed(
  files: readonly string[],
  options: Omit<FileChangesOptions, "limits">,
): Promise<Emissions<string>> {
  const emissions = new Emissions(fileChanges(files, { ...options, limits: { maxSize: 1_000 } }));
  onTestFinished(() => emissions.subscription.unsubscribe());
  await filesIdle();
  return emissions;
}

async function certificateFiles(folder = temporaryFolder()) {
  const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  writeFileSync(certificate, "certificate 1");
  writeFileSync(key, "key 1");
  const clock = new SettlingClock();
  const emissions = await observed([certificate, key], { clock, settle: SETTLE, poll: NO_POLL });
  return { certificate, key, clock, emissions };
}

test("only the file whose content has changed is emitted", async () => {
  const { certificate, key, clock, emissions } = await certificateFiles();
  await clock.noticed(() => replaceFile(certificate, "certificate 2"));
  await clock.noticed(() => replaceFile(key, "key 1"));
  await clock.pass(SETTLE);
  expect(emissions.all).toEqual([certificate]);
});

test("a certificate waits for its key, so that nobody reads the one without the other", async () => {
  const { certificate, key, clock, emissions } = await certificateFiles();
  await clock.noticed(() => replaceFile(certificate, "certificate 2"));
  await clock.pass(SETTLE - 10);
  await clock.noticed(() => replaceFile(key, "key 2"));
  await clock.pass(SETTLE - 10);
  expect(emissions.all).toEqual([]);
  await clock.pass(10);
  expect(emissions.all).toEqual([certificate, key]);
});

test("a file that goes and comes back is emitted each time", async () => {
  const { certificate, clock, emissions } = await certificateFiles();
  await clock.noticed(() => rmSync(certificate));
  await clock.pass(SETTLE);
  await clock.noticed(() => writeFileSync(certificate, "certificate 1"));
  await clock.pass(SETTLE);
  expect(emissions.all).toEqual([certificate, certificate]);
});

test("files in different folders are watched, each path once and as it was given", async () => {
  const [one, other] = [join(temporaryFolder(), "a"), join(temporaryFolder(), "b")];
  const emissions = await observed([one, other, one], { settle: 10 });
  writeFileSync(one, "1");
  expect(await emissions.next()).toBe(one);
  writeFileSync(other, "2");
  expect(await emissions.next()).toBe(other);
});

test("a secret that is mounted and swapped is emitted as a whole", async () => {
  const volume = temporaryFolder();
  publishVolume(volume, "1", { "tls.crt": "certificate 1", "tls.key": "key 1" });
  const files = ["tls.crt", "tls.key"].map((name) => join(volume, name));
  for (const name of ["tls.crt", "tls.key"]) symlinkSync(`..data/${name}`, join(volume, name));
  const emissions = await observed(files, { settle: 10 });
  publishVolume(volume, "2", { "tls.crt": "certificate 2", "tls.key": "key 2" });
  expect([await emissions.next(), await emissions.next()]).toEqual(files);
});

test("no files are no changes", async () => {
  expect(await observed([], {})).toMatchObject({ all: [], end: undefined });
});

test("what was replaced between its loading and the subscription is a change, and so is a return to it", async () => {
  const file = join(temporaryFolder(), "tls.crt");
  writeFileSync(file, "certificate 1");
  const limits = { maxSize: 1_000 };
  const { digest } = await readFileWithin(file, limits);
  writeFileSync(file, "certificate 2");
  const emissions = await observed([file], { settle: 10, loaded: new Map([[file, digest]]) });
  expect(await emissions.next()).toBe(file);
  replaceFile(file, "certificate 1");
  expect(await emissions.next()).toBe(file);
});
