/** docs/benchmarks.md: a block for each workload, and one with every goal, collected from the others. */
import { readFileSync, writeFileSync } from "node:fs";
import { insertBlock } from "../scripts/generated-block.ts";
import { markdownTable } from "../scripts/markdown-table.ts";
import { describeMachine } from "./machine.ts";
import { workloads } from "./workloads.ts";

const file = "docs/benchmarks.md";
const path = new URL(`../${file}`, import.meta.url);

/** Replaces the figures of one workload, and updates the summary. @throws MarkersMissingError */
export function writeFigures(name: string, markdown: string): void {
  const text = `\`npm run bench -- ${name}\` on ${describeMachine()}:\n\n${markdown}`;
  const page = insertBlock(readFileSync(path, "utf8"), { file, name, text: () => text });
  writeFileSync(path, insertBlock(page, { file, name: "goals", text: () => goalsOf(page) }));
}

/** Every row of the page that has a goal; the figures of different workloads may be from different runs. */
function goalsOf(page: string): string {
  const rows = workloads.flatMap(({ name }) => {
    const begin = page.indexOf(`<!-- generated: ${name} -->`);
    const block = page.slice(begin, page.indexOf(`<!-- end of ${name} -->`));
    return begin < 0 ? [] : rowsWithGoal(block).map((cells) => [`\`${name}\``, ...cells]);
  });
  return markdownTable(["workload", "measured", "figure", "against", "ratio", "goal", ""], rows);
}

/** Cells as `describeFindings` writes them, the figure with its unit; the last cell says whether the goal is met. */
function rowsWithGoal(block: string): string[][] {
  let unit = "";
  return block.split("\n").flatMap((line) => {
    const [measured = "", figure = "", ...cells] = line.slice(2, -2).split(" | ");
    if (measured === "measured") unit = figure;
    return / (?:\*\*not met\*\*|met|too noisy to say) \|$/.test(line)
      ? [[measured, `${figure} ${unit}`, ...cells]]
      : [];
  });
}
