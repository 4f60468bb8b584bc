import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Page, pages, quotedWords, root } from "./pages.ts";

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

/** What npm packs, besides what package.json names. */
const alwaysPacked = ["README.md", "LICENSE", "package.json"];
const packed: readonly string[] = [
  ...alwaysPacked,
  ...(JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] }).files,
];

function isPacked(path: string): boolean {
  return packed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

test.each(pages)("every link in $path leads to a file that is in the package, too", ({ path, text }) => {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const files = links.filter((link) => !/^(?:https?:|#)/.test(link)).map((link) => link.split("#")[0] ?? "");
  expect(isPacked(path)).toBe(true);
  expect(files.filter((file) => !isPacked(join(dirname(path), file)))).toEqual([]);
});

test.each(pages)("every file of the repository that $path names is there", ({ text }) => {
  const named = quotedWords(text).filter((word) =>
    /^(?:src|test|bench|scripts|examples|docs)\/[\w./-]+\.\w+$/.test(word),
  );
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("every page is linked from the README", () => {
  const readme = pages.find(({ path }) => path === "README.md")?.text ?? "";
  const missing = pages.filter(({ path }) => path !== "README.md" && !readme.includes(`(${path})`));
  expect(missing.map(({ path }) => path)).toEqual([]);
});
