/**
 * What pages load into a browser: a table that is made once, so that no path of a request ever becomes one of the disk.
 * Modules are those of `src/console`, with their types taken away where it runs from source, and those of packages as
 * they are.
 */
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface PageFile {
  readonly contentType: string;
  read(): Promise<Buffer>;
}

/** `.ts` in the repository, `.js` in the package. */
export const moduleEnding = extname(fileURLToPath(import.meta.url));

export const svgType = "image/svg+xml";

const folder = fileURLToPath(new URL("../console/", import.meta.url));

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".svg": svgType,
  [moduleEnding]: "text/javascript; charset=utf-8",
};

const borrowedTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/**
 * What pages take of each package, below its folder. The package of Gatehouse has copies beside the pages' own files: these
 * are a fraction of what would be installed otherwise.
 */
const packages = {
  "lit-html": {
    folder: ".",
    entry: "lit-html.js",
    files: [
      "lit-html.js",
      "async-directive.js",
      "directive.js",
      "directive-helpers.js",
      "directives/live.js",
      "directives/ref.js",
      "directives/repeat.js",
    ],
  },
  uplot: { folder: "dist", entry: "uPlot.esm.js", files: ["uPlot.esm.js", "uPlot.min.css"] },
} as const;

/** Where a page finds the packages that modules name. */
export const importMap = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(packages).flatMap(([name, { entry }]) => [
      [name, `./packages/${name}/${entry}`],
      [`${name}/`, `./packages/${name}/`],
    ]),
  ),
});

/** By the path below the page's own. */
export async function pageFiles(): Promise<[string, PageFile][]> {
  return [...(await ownFiles()), ...(moduleEnding === ".ts" ? packageFiles() : [])];
}

/** A page before its modules are named in it. */
export function pageTemplate(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/** A file of `src/console` as it lies there, with types and all. @throws an error of the file system */
export function readOwnFile(name: string): Promise<Buffer> {
  return readFile(join(folder, name));
}

async function ownFiles(): Promise<[string, PageFile][]> {
  const names = await readdir(folder, { recursive: true });
  return names.flatMap((name): [string, PageFile][] => {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined || name.endsWith(".d.ts")) return [];
    return [[name.replaceAll(sep, "/"), { contentType, read: () => readModule(name) }]];
  });
}

async function readModule(name: string): Promise<Buffer> {
  const content = await readOwnFile(name);
  return extname(name) === ".ts" ? Buffer.from(stripTypeScriptTypes(content.toString())) : content;
}

function packageFiles(): [string, PageFile][] {
  return borrowedFiles().flatMap(({ name, path }): [string, PageFile][] => {
    const contentType = borrowedTypes[extname(name)];
    return contentType === undefined ? [] : [[name, { contentType, read: () => readFile(path) }]];
  });
}

export interface BorrowedFile {
  /** Below the page's own. */
  readonly name: string;
  /** In the repository. */
  readonly path: string;
}

/** What pages take of packages, each with its licence. */
export function borrowedFiles(): readonly BorrowedFile[] {
  const { resolve } = createRequire(import.meta.url);
  return Object.entries(packages).flatMap(([name, { folder: inner, files }]) => {
    const place = join("node_modules", name);
    const entry = resolve(name);
    const root = entry.slice(0, entry.lastIndexOf(place) + place.length);
    return [
      { name: `packages/${name}/LICENSE`, path: join(root, "LICENSE") },
      ...files.map((file) => ({ name: `packages/${name}/${file}`, path: join(root, inner, file) })),
    ];
  });
}
