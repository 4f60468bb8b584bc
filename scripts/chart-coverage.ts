/**
 * Walks our own charts, and reports which pairs of a state and an event were walked on real sockets: as text, as JSON and as
 * coloured diagrams. `node scripts/chart-coverage.ts [test files]`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { charts, svg } from "../src/inspect/index.ts";
import {
  Coverage,
  coverageMarks,
  coverageSummary,
  coverageText,
  mergeCoverage,
  readCoverage,
  writeCoverage,
} from "../src/testing/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "coverage", "charts");
/** The files that the test runner's processes leave, one each. */
const parts = join(folder, "parts");

const files = process.argv.slice(2);
await rm(folder, { recursive: true, force: true });
await mkdir(parts, { recursive: true });
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const walks = spawn(process.execPath, [vitest, "run", ...(files.length > 0 ? files : ["test/model"])], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, CHART_COVERAGE: parts },
});
const [code] = await once(walks, "close");

const machines = new Map(Object.values(charts).map((machine) => [machine.id, machine]));
const walked = await Promise.all((await readdir(parts)).map((file) => readCoverage(join(parts, file))));
// A chart that no test walks is in the report, too.
const unwalked = [...machines.values()].map((machine) => new Coverage().report(machine));
const reports = mergeCoverage([...unwalked, ...walked.flat()]);
await rm(parts, { recursive: true });

await writeCoverage(join(folder, "coverage.json"), reports);
await writeFile(join(folder, "coverage.txt"), `${reports.map(coverageText).join("\n\n")}\n`);
for (const [id, machine] of machines) {
  const report = reports.find(({ chart }) => chart === id);
  if (report) await writeFile(join(folder, `${id}.svg`), await svg(machine, { marks: coverageMarks(machine, report) }));
}
const where = relative(process.cwd(), folder) || ".";
process.stdout.write(`${reports.map(coverageSummary).join("\n")}\n\n`);
process.stdout.write(`${where}: coverage.txt, coverage.json, and a coloured diagram of each chart\n`);
process.exitCode = code === 0 ? 0 : 1;
