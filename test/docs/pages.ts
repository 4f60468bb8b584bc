/** The project's pages, and what is in them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(root + path, "utf8") };
}

export const pages: readonly Page[] = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].map(readPage);

/** The contents of a page's code blocks in a language; those within a list are set back to the margin. */
export function codeBlocks({ text }: Page, language: string): string[] {
  const fences = text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"));
  return [...fences].map(([, margin = "", code = ""]) => code.replaceAll(new RegExp(`^${margin}`, "gm"), ""));
}

/** The cells of all rows of a page's tables whose first column has this title. */
export function tableRows({ text }: Page, title: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of text.split("\n")) {
    const cells = line.startsWith("|") ? cellsOf(line) : null;
    if (cells === null) inside = false;
    else if (cells[0] === title) inside = true;
    else if (inside && !/^-+$/.test(cells[0] ?? "")) rows.push(cells);
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The words that stand in backquotes, outside of code blocks. */
export function quotedWords(text: string): string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, word = ""]) => word);
}
