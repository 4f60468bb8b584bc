import { expect, test } from "vitest";
import { type Page, pages } from "./pages.ts";

const WIDEST = 120;

/** Lines of prose; what cannot be broken is left out: code, tables, and lines that are one link or one code span. */
function proseLines({ text }: Page): string[] {
  const withoutCode = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
  return withoutCode.split("\n").filter((line) => !line.startsWith("|") && /\S \S/.test(unbreakable(line)));
}

/** The line with each link and code span as one word. */
function unbreakable(line: string): string {
  return line.replaceAll(/`[^`]*`|\[[^\]]*\]\([^)]*\)/g, "x");
}

test.each(pages)("prose in $path is wrapped at 120 columns", (page) => {
  expect(proseLines(page).filter((line) => line.length > WIDEST)).toEqual([]);
});
