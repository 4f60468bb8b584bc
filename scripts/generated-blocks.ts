/** Everything in the docs that is generated from the code. */
import { charts } from "./charts.ts";
import { fieldTables } from "./field-tables.ts";
import type { GeneratedBlock } from "./generated-block.ts";
import { mutationTable } from "./mutation-table.ts";
import { tables } from "./tables.ts";

export const generatedBlocks: readonly GeneratedBlock[] = [...charts, ...fieldTables, ...tables, mutationTable];
