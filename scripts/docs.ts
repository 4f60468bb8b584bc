/** Writes what is generated from the code: charts and tables in the docs, and the type of the document. `node scripts/docs.ts` */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configurationInput, configurationInputFile } from "./configuration-input.ts";
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

writeFileSync(fileURLToPath(new URL(`../${configurationInputFile}`, import.meta.url)), configurationInput());
