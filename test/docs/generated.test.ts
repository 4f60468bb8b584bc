import { expect, test } from "vitest";
import { insertBlock, MarkersMissingError } from "../../scripts/generated-block.ts";
import { generatedBlocks } from "../../scripts/generated-blocks.ts";
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
