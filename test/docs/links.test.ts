import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Page, pages, root } from "./pages.ts";

/** As hosts of Markdown make them: lower case, spaces to hyphens, other punctuation dropped. */
function anchorsOf(markdown: string): string[] {
  const titles = [...markdown.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)];
  return titles.map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks({ path, text }: Page): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? root + path : join(root, dirname(path), file);
    if (!existsSync(target) || !statSync(target).isFile()) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
  });
}

test.each(pages)("every link in $path leads to a file and a heading that are there", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("every page is linked from the README", () => {
  const readme = pages.find(({ path }) => path === "README.md")?.text ?? "";
  const missing = pages.filter(({ path }) => path !== "README.md" && !readme.includes(`(${path})`));
  expect(missing.map(({ path }) => path)).toEqual([]);
});
