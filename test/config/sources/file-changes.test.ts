import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fileChanges } from "../../../src/config/sources/file-changes.ts";
import type { WatchOptions } from "../../../src/config/sources/settled-files.ts";
import { Emissions } from "./emissions.ts";
import { publishVolume, replaceFile, temporaryFolder } from "./folders.ts";
import { NO_POLL, SETTLE, SettlingClock } from "./settling-clock.ts";

function observed(files: readonly string[], options: WatchOptions): Emissions<string> {
  const emissions = new Emissions(fileChanges(files, options));
  onTestFinished(() => emissions.subscription.unsubscribe());
  return emissions;
}

function certificateFiles(folder = temporaryFolder()) {
  const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  writeFileSync(certificate, "certificate 1");
  writeFileSync(key, "key 1");
  const clock = new SettlingClock();
  const emissions = observed([certificate, key], { clock, settle: SETTLE, poll: NO_POLL });
  return { certificate, key, clock, emissions };
}

test("only the file whose content has changed is emitted", async () => {
  const { certificate, key, clock, emissions } = certificateFiles();
  await clock.noticed(() => replaceFile(certificate, "certificate 2"));
  await clock.noticed(() => replaceFile(key, "key 1"));
  clock.pass(SETTLE);
  expect(emissions.all).toEqual([certificate]);
});

test("a certificate waits for its key, so that nobody reads the one without the other", async () => {
  const { certificate, key, clock, emissions } = certificateFiles();
  await clock.noticed(() => replaceFile(certificate, "certificate 2"));
  clock.pass(SETTLE - 10);
  await clock.noticed(() => replaceFile(key, "key 2"));
  clock.pass(SETTLE - 10);
  expect(emissions.all).toEqual([]);
  clock.pass(10);
  expect(emissions.all).toEqual([certificate, key]);
});

test("a file that goes and comes back is emitted each time", async () => {
  const { certificate, clock, emissions } = certificateFiles();
  await clock.noticed(() => rmSync(certificate));
  clock.pass(SETTLE);
  await clock.noticed(() => writeFileSync(certificate, "certificate 1"));
  clock.pass(SETTLE);
  expect(emissions.all).toEqual([certificate, certificate]);
});

test("files in different folders are watched, each path once and as it was given", async () => {
  const [one, other] = [join(temporaryFolder(), "a"), join(temporaryFolder(), "b")];
  const emissions = observed([one, other, one], { settle: 10 });
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
  const emissions = observed(files, { settle: 10 });
  publishVolume(volume, "2", { "tls.crt": "certificate 2", "tls.key": "key 2" });
  expect([await emissions.next(), await emissions.next()]).toEqual(files);
});

test("no files are no changes", () => {
  expect(observed([], {})).toMatchObject({ all: [], end: undefined });
});
