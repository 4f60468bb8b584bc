import { expect, test } from "vitest";
import type { z } from "zod";
import { configurationInput, configurationInputFile } from "../../scripts/configuration-input.ts";
import { insertBlock, MarkersMissingError } from "../../scripts/generated-block.ts";
import { generatedBlocks } from "../../scripts/generated-blocks.ts";
import { documentSchema } from "../../src/config/document/schema.ts";
import type { ConfigurationInput } from "../../src/index.ts";
import { readPage } from "./pages.ts";

test.each(generatedBlocks)("$file has the $name of today; `node scripts/docs.ts` writes it", (block) => {
  const { text } = readPage(block.file);
  expect(insertBlock(text, block)).toBe(text);
});

test("a page without the markers of a block is an error that says which lines to add", () => {
  const block = { file: "docs/a.md", name: "b", text: () => "c" };
  expect(() => insertBlock("# A\n", block)).toThrow(MarkersMissingError);
  expect(insertBlock("<!-- generated: b -->\nold\n<!-- end of b -->\n", block)).toBe(
    "<!-- generated: b -->\nc\n<!-- end of b -->\n",
  );
});

test("the type of the document is that of today; `node scripts/docs.ts` writes it", () => {
  expect(configurationInput()).toBe(readPage(configurationInputFile).text);
});

/** Compiles while whatever has the type also has the schema's own, which knows no names in sets. */
type ReadOnly<T> = T extends object ? { readonly [Key in keyof T]: ReadOnly<T[Key]> } : T;
const asSchema = (input: ConfigurationInput): ReadOnly<z.input<typeof documentSchema>> => input;

test("every document of the type is one for the schema, and a typo does not compile", () => {
  expect(asSchema([{ name: "smtp", bind: ["127.0.0.1:0"] }])).toHaveLength(1);
  // @ts-expect-error A typo.
  expect(documentSchema.safeParse(asSchema([{ name: "smtp", bind: ["127.0.0.1:0"], maxConnection: 1 }])).success).toBe(
    false,
  );
});
