/** Writes the parts of the docs that are generated from the code: charts and tables. `node scripts/docs.ts` */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { insertBlock } from "./generated-block.ts";
import { generatedBlocks } from "./generated-blocks.ts";

for (const block of generatedBlocks) {
  const file = fileURLToPath(new URL(`../${block.file}`, import.meta.url));
  const before = readFileSync(file, "utf8");
  const after = insertBlock(before, block);
  if (after === before) continue;
  writeFileSync(file, after);
  process.stdout.write(`${block.file}: ${block.name}\n`);
}
