/**
 * Coverage as JSON in a file, so that several processes can merge what each has walked. docs/testing.md has the fields.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { array, int, literal, nullable, object, string } from "zod";
import type { CoverageReport } from "./coverage.ts";

const version = 1;

const pair = object({ state: string(), event: string(), walked: int().nonnegative(), impossible: nullable(string()) });
const report = object({
  chart: string(),
  pairs: array(pair),
  missing: array(string()),
  disproved: array(string()),
});
const coverageFile = object({ version: literal(version), charts: array(report) });

/** The file was not written by `writeCoverage`. */
export class CoverageFileError extends Error {
  readonly code = "invalid-coverage";

  constructor(file: string, cause: unknown) {
    super(`${file} is no coverage of version ${version}. Remove it, and walk again.`, { cause });
    this.name = "CoverageFileError";
  }
}

/** Replaces the file, and creates its folders. */
export async function writeCoverage(file: string, charts: readonly CoverageReport[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ version, charts }, null, 2)}\n`);
}

/** @throws CoverageFileError, or the error of node:fs when it cannot be read */
export async function readCoverage(file: string): Promise<CoverageReport[]> {
  const text = await readFile(file, "utf8");
  try {
    return coverageFile.parse(JSON.parse(text)).charts;
  } catch (error) {
    throw new CoverageFileError(file, error);
  }
}
