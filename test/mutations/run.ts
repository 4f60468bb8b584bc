/**
 * Puts each fault into a copy of the tree, and runs the generated tests on it until one fails. Writes what found it to
 * `found.json`, from which the table in docs/testing.md is made. `npm run mutations`, or with words of the faults to try.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fault, faults } from "./faults.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const findingsFile = join(root, "test/mutations/found.json");

interface Found {
  /** The test file of the walks, and the first title that failed. */
  readonly file: string;
  readonly title: string;
}

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), "gatehouse-mutations-"));
  for (const part of ["src", "test", "scripts", "examples", "package.json", "tsconfig.json", "vitest.config.ts"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function putInto(copy: string, { name, edits }: Fault): void {
  for (const { file, search, replace } of edits) {
    const text = readFileSync(join(copy, file), "utf8");
    if (text.split(search).length !== 2) throw new Error(`The fault "${name}" does not apply: see ${file}.`);
    writeFileSync(
      join(copy, file),
      text.replace(search, () => replace),
    );
  }
}

function takeOut(copy: string, { edits }: Fault): void {
  for (const { file } of edits) cpSync(join(root, file), join(copy, file));
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function firstFailure(copy: string, file: string): string | null {
  const output = join(copy, "report.json");
  rmSync(output, { force: true });
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const options = ["--maxWorkers=1", "--bail=1", "--reporter=json", `--outputFile=${output}`, `test/model/${file}`];
  const { status } = spawnSync(process.execPath, [vitest, "run", ...options], {
    ...{ cwd: copy, stdio: "ignore", timeout: 180_000 },
  });
  if (status === 0) return null;
  try {
    const report: Report = JSON.parse(readFileSync(output, "utf8"));
    const failed = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const title = failed.find((one) => one.status === "failed")?.fullName.trim();
    if (title !== undefined) return title;
  } catch {
    return "the run has no end";
  }
  throw new Error("The tests do not run at all with this fault: it is no fault of behaviour.");
}

function findFault(copy: string, fault: Fault): Found | null {
  putInto(copy, fault);
  const first = `${fault.chart}.test.ts`;
  const all = readdirSync(join(copy, "test/model")).filter((file) => file.endsWith(".test.ts"));
  try {
    for (const file of [first, ...all.filter((name) => name !== first)]) {
      const title = firstFailure(copy, file);
      if (title !== null) return { file: `test/model/${file}`, title };
    }
    return null;
  } finally {
    takeOut(copy, fault);
  }
}

const words = process.argv.slice(2);
const wanted = faults.filter(({ name }) => words.every((word) => name.includes(word)));
const before: Record<string, Found> = words.length === 0 ? {} : JSON.parse(readFileSync(findingsFile, "utf8"));
const copy = copyTree();
let survivors = 0;
try {
  for (const fault of wanted) {
    const found = findFault(copy, fault);
    process.stdout.write(`${found ? `found by ${found.file}: ${found.title}` : "NOT FOUND"}: ${fault.name}\n`);
    if (found) before[fault.name] = found;
    else survivors++;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
writeFileSync(findingsFile, `${JSON.stringify(before, null, 2)}\n`);
process.exitCode = survivors === 0 ? 0 : 1;
