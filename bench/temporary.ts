/** Files of a bench, gone when it ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

const inMemory = new Set([0x01021994, 0x858458f6]);

const directories = new Set<string>();
process.on("exit", () => {
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

/** Removed with the process, if not before. */
export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  directories.add(path);
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
      directories.delete(path);
    },
  };
}

/** Whether fsync(2) has an effect there: false for tmpfs and ramfs. */
export async function isDurable({ path }: TemporaryDirectory): Promise<boolean> {
  return !inMemory.has((await statfs(path)).type);
}

/** A key and its certificate in one PEM file: P-256, like Gatehouse's own. Returns its path. */
export async function makeCertificate({ path }: TemporaryDirectory): Promise<string> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
  });
  const file = join(path, "certificate.pem");
  await writeFile(file, `${made.private.trim()}\n${made.cert.trim()}\n`, { mode: 0o600 });
  return file;
}
