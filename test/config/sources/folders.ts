import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that goes when the test does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-sources-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A document that is told from others by its cap. */
export function documentWith(maxConnections: number): string {
  return JSON.stringify({ SystemSettings: { maxConnections } });
}

/** As editors and deployment tools do: the new file takes the place of the old one in one step. */
export function replaceFile(file: string, content: string): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** As the kubelet does with a mounted ConfigMap: a new folder, then one rename of the link that leads to it. */
export function publishVolume(volume: string, version: string, files: Readonly<Record<string, string>>): void {
  const folder = join(volume, `..${version}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  symlinkSync(`..${version}`, join(volume, "..data_tmp"));
  renameSync(join(volume, "..data_tmp"), join(volume, "..data"));
}
