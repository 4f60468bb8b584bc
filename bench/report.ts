/** The findings of a workload as Markdown. */
import { markdownTable } from "../scripts/markdown-table.ts";
import { describeGoal, judge, type Verdict } from "./goal.ts";
import { ratios, spread } from "./statistics.ts";
import type { Findings, Row, Table } from "./workload.ts";

export function describeFindings({ tables, text, notes = [] }: Findings): string {
  const parts = tables.map(describeTable);
  if (text !== undefined) parts.push(text);
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join("\n"));
  return parts.join("\n\n");
}

function describeTable({ unit, digits = 1, rows }: Table): string {
  const cells = ({ measured, samples, against, goal }: Row): string[] => [
    measured,
    spread(samples, digits),
    against ? `${against.name}: ${spread(against.samples, digits)}` : "",
    against ? `${spread(ratios(samples, against.samples), 2)}` : "",
    goal ? describeGoal(goal) : "",
    goal ? marks[judge(goal, { samples, against })] : "",
  ];
  return markdownTable(["measured", unit, "against", "ratio", "goal", ""], rows.map(cells));
}

/** A missed goal catches the eye. */
const marks: Readonly<Record<Verdict, string>> = {
  met: "met",
  "not met": "**not met**",
  "too noisy to say": "too noisy to say",
};
