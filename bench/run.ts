/** `npm run bench -- [workload…] [--quick] [--list]`: measures, prints tables, and writes docs/benchmarks.md. */
import { parseArgs } from "node:util";
import { describeMachine, describePinning, openFilesLimit } from "./machine.ts";
import { writeFigures } from "./page.ts";
import { describeFindings } from "./report.ts";
import type { Effort, Workload } from "./workload.ts";
import { workloads } from "./workloads.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Less load and fewer turns: rougher figures, which are printed and not written to the page. */
    quick: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const effort: Effort = values.quick
  ? { rounds: 3, shortRounds: 5, pick: (_whole, quick) => quick }
  : { rounds: 5, shortRounds: 25, pick: (whole) => whole };

// An exit that others are notified of: servers, programs and temporary files go with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const unknown = positionals.filter((name) => workloads.every((workload) => workload.name !== name));
if (values.list || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no workload "${name}".`);
  console.log(workloads.map(({ name }) => name).join("\n"));
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  await runAll(workloads.filter(({ name }) => positionals.length === 0 || positionals.includes(name)));
}

async function runAll(chosen: readonly Workload[]): Promise<void> {
  console.log(`${describeMachine()}; ${describePinning()}${values.quick ? "; quick" : ""}`);
  for (const workload of chosen) {
    console.log(`\n## ${workload.name}\n`);
    const obstacle = obstacleTo(workload);
    if (obstacle !== null) console.log(`Skipped: ${obstacle}`);
    else if (!(await isMeasured(workload))) process.exitCode = 1;
  }
}

function obstacleTo({ openFiles = 0, missing }: Workload): string | null {
  const limit = openFilesLimit();
  if (limit >= openFiles) return missing?.() ?? null;
  return `It needs ${openFiles} open files in one process, and the limit is ${limit}: raise it with \`ulimit -Hn ${openFiles}\` as root, or in limits.conf(5).`;
}

/** A workload that breaks does not end the others. */
async function isMeasured({ name, run }: Workload): Promise<boolean> {
  const started = performance.now();
  try {
    const findings = await run(effort);
    const markdown = describeFindings(findings);
    console.log(`${markdown}\n\n(${((performance.now() - started) / 1_000).toFixed(0)} s)`);
    if (findings.failure !== undefined) throw new Error(findings.failure);
    if (!values.quick) writeFigures(name, markdown);
    return true;
  } catch (error) {
    console.error(`${name} failed:`, error);
    return false;
  }
}
