/** The generated tests that found the seeded faults. */
import { readFileSync } from "node:fs";
import { faults } from "../test/mutations/faults.ts";
import type { GeneratedBlock } from "./generated-block.ts";
import { markdownTable } from "./markdown-table.ts";

const findings = new URL("../test/mutations/found.json", import.meta.url);

export const mutationTable: GeneratedBlock = {
  file: "docs/testing.md",
  name: "mutations",
  text() {
    const found: Record<string, { file: string; title: string }> = JSON.parse(readFileSync(findings, "utf8"));
    const rows = faults.map(({ name, edits }) => {
      const { file, title } = found[name] ?? { file: "", title: "not found" };
      const places = [...new Set(edits.map((edit) => `\`${edit.file}\``))].join(", ");
      return [name, places, `\`${file}\`: ${title}`];
    });
    return markdownTable(["fault", "in", "found by"], rows);
  },
};
